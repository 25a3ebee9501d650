import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { inspectNpmCheckout } from './npm-checkout.ts';
import { readNpmProjects } from './npm-project.ts';

type Files = Readonly<Record<string, string>>;

async function judge(committed: Files, installed: Files, prepare: (repository: string) => void = () => undefined) {
  const repository = mkdtempSync(join(tmpdir(), 'nova-checkout-'));
  try {
    for (const [path, text] of Object.entries(installed)) {
      mkdirSync(dirname(join(repository, path)), { recursive: true });
      writeFileSync(join(repository, path), text);
    }
    prepare(repository);
    const read = async (path: string) => (committed[path] === undefined ? null : Buffer.from(committed[path]));
    const [project] = await readNpmProjects(Object.keys(committed), read, 'npm test');
    assert.ok(project);
    return await inspectNpmCheckout(repository, project);
  } finally {
    rmSync(repository, { recursive: true, force: true });
  }
}

const packages = { 'node_modules/tiny': { version: '1.2.3', integrity: 'sha512-right' } };
const committed = {
  'package.json': '{"dependencies":{"tiny":"^1.0.0"}}',
  'package-lock.json': JSON.stringify({ lockfileVersion: 3, packages: { '': {}, ...packages } }),
};
const installed = {
  'node_modules/.package-lock.json': JSON.stringify({ packages }),
  'node_modules/tiny/package.json': '{"version":"1.2.3"}',
};
const recorded = (entry: object) => ({
  ...installed,
  'node_modules/.package-lock.json': JSON.stringify({ packages: { 'node_modules/tiny': entry } }),
});

test('an install that agrees with the lockfile is usable', async () => {
  assert.deepEqual(await judge(committed, installed), { usable: true, folders: [''], gaps: [] });
});

test('an install that differs from the lockfile is not, and the reason names the package', async () => {
  const bad: readonly [Files, RegExp][] = [
    [{}, /no node_modules/],
    [recorded({ version: '1.0.0', integrity: 'sha512-right' }), /tiny is 1\.0\.0/],
    [recorded({ version: '1.2.3', integrity: 'sha512-wrong' }), /another content/],
    [recorded({ version: '1.2.3', integrity: 'sha512-right', os: [`!${process.platform}`] }), /another platform/],
    [{ ...installed, 'node_modules/.package-lock.json': '{"packages":{}}' }, /not installed/],
    [{ ...installed, 'node_modules/tiny/package.json': '{' }, /damaged/],
    [{ ...installed, 'node_modules/tiny/package.json': '{"version":"1.2.4"}' }, /1\.2\.4, though npm recorded 1\.2\.3/],
    [{ ...installed, 'node_modules/tiny/build/Release/addon.node': 'MZ, not for this machine' }, /another machine/],
    [{ 'node_modules/tiny/package.json': '{"version":"1.2.3"}' }, /not installed by npm/],
  ];
  for (const [files, reason] of bad) {
    const verdict = await judge(committed, files);
    assert.match(verdict.usable ? 'usable' : verdict.reason, reason);
  }
});

test('a link that leaves the repository makes an install unusable, one inside it does not', async () => {
  const link = (target: string) => (repository: string) => symlinkSync(target, join(repository, 'node_modules/linked'));
  assert.equal((await judge(committed, installed, link('/etc'))).usable, false);
  assert.equal((await judge(committed, installed, link('../../elsewhere'))).usable, false);
  assert.equal((await judge(committed, installed, link('../packages/own'))).usable, true);
});

test('optional packages may be missing, and extra ones are named', async () => {
  const optional = {
    ...committed,
    'package-lock.json': JSON.stringify({
      packages: { '': {}, ...packages, 'node_modules/maybe': { version: '1.0.0', optional: true } },
    }),
  };
  assert.equal((await judge(optional, installed)).usable, true);
  const extra = {
    ...installed,
    'node_modules/.package-lock.json': JSON.stringify({
      packages: { ...packages, 'node_modules/more': { version: '1.0.0' } },
    }),
  };
  const verdict = await judge(committed, extra);
  assert.match(verdict.usable ? verdict.gaps.join() : '', /node_modules\/more/);
});

test('without a lockfile that npm reads, declared ranges decide', async () => {
  const manifest = { 'package.json': '{"devDependencies":{"tiny":"^1.0.0"}}', 'pnpm-lock.yaml': '' };
  assert.equal((await judge(manifest, { 'node_modules/tiny/package.json': '{"version":"1.9.0"}' })).usable, true);
  assert.equal((await judge(manifest, { 'node_modules/tiny/package.json': '{"version":"2.0.0"}' })).usable, false);
  assert.equal((await judge(manifest, { 'node_modules/other/package.json': '{}' })).usable, false);
});

test('a lockfile of the first version is compared by its nested places', async () => {
  const old = {
    ...committed,
    'package-lock.json': JSON.stringify({
      lockfileVersion: 1,
      dependencies: {
        tiny: { version: '1.2.3', integrity: 'sha512-right', dependencies: { deep: { version: '3.0.0' } } },
      },
    }),
  };
  const verdict = await judge(old, installed);
  assert.match(verdict.usable ? '' : verdict.reason, /node_modules\/tiny\/node_modules\/deep is not installed/);
});
