import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { findToolchain } from './toolchain.ts';

describe('toolchain', () => {
  let home = '';
  beforeEach(async () => {
    home = await realpath(await mkdtemp(join(tmpdir(), 'nova tools ')));
  });
  afterEach(() => rm(home, { recursive: true }));

  const installation = () => ({ source: join(home, 'nova'), target: '/opt/nova', writable: false });
  const find = (path: readonly string[], novaNode = process.execPath) =>
    findToolchain({ path: path.join(':'), home, novaNode, installation: installation() });

  async function script(path: string, text: string): Promise<string> {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
    return path;
  }

  test('a version manager script leads to the real installation, and only that is shown', async () => {
    const real = join(home, '.manager', 'versions', '24');
    await mkdir(join(real, 'bin'), { recursive: true });
    await cp(process.execPath, join(real, 'bin', 'node'));
    await script(join(home, '.manager', 'shims', 'node'), `exec '${real}/bin/node' "$@"`);
    const found = await find([join(home, '.manager', 'shims'), '/usr/bin']);
    assert.ok(found.mounts.some(({ source, target, writable }) => source === real && target === real && !writable));
    assert.equal(found.pathEntries[0], join(real, 'bin'));
    assert.ok(found.mounts.every(({ source }) => source !== join(home, '.manager') && source !== home));
  });

  test('npm beside node comes with its package', async () => {
    const real = join(home, 'n');
    const npm = join(real, 'lib', 'node_modules', 'npm');
    await mkdir(join(npm, 'bin'), { recursive: true });
    await mkdir(join(real, 'bin'));
    await cp(process.execPath, join(real, 'bin', 'node'));
    await writeFile(join(npm, 'package.json'), '{}');
    await script(join(npm, 'bin', 'npm-cli.js'), '');
    await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(real, 'bin', 'npm'));
    const found = await find([join(real, 'bin')]);
    assert.deepEqual(
      found.mounts.map(({ source }) => source).filter((source) => source.startsWith(real)),
      [real],
    );
  });

  test('a tool that lives straight in the home folder does not show the home folder', async () => {
    await mkdir(join(home, 'bin'));
    await cp(process.execPath, join(home, 'bin', 'node'));
    const found = await find([join(home, 'bin')]);
    assert.ok(found.mounts.every(({ source }) => source !== home && !home.startsWith(`${source}/`)));
  });

  test('a tool that does not answer, hangs on nothing and breaks nothing', async () => {
    const shims = join(home, 'shims');
    for (const name of ['node', 'npm', 'python3', 'git', 'make']) await script(join(shims, name), 'exit 126');
    const found = await find([shims]);
    assert.ok(!found.pathEntries.includes(shims));
    assert.ok(found.pathEntries.includes('/usr/bin'));
  });

  test("python's own installation is asked for, also behind a virtual environment", async (context) => {
    const python = ['/usr/bin/python3', '/usr/local/bin/python3'].find((path) => {
      try {
        execFileSync(path, ['-c', 'import venv']);
        return true;
      } catch {
        return false;
      }
    });
    if (python === undefined) return context.skip('this machine has no system Python');
    execFileSync(python, ['-m', 'venv', '--without-pip', join(home, 'a venv')]);
    const found = await find([join(home, 'a venv', 'bin')]);
    assert.ok(found.mounts.some(({ source }) => source === join(home, 'a venv')));
    assert.equal(found.pathEntries[0], join(home, 'a venv', 'bin'));
  });

  test("Nova's own node comes last, as the sandbox shows it", async () => {
    const own = join(home, 'nova', 'node_modules', 'node', 'bin');
    await mkdir(own, { recursive: true });
    await cp(process.execPath, join(own, 'node'));
    const found = await find(['/usr/bin'], join(own, 'node'));
    assert.equal(found.novaNode, '/opt/nova/node_modules/node/bin/node');
    assert.equal(found.pathEntries.at(-1), '/opt/nova/node_modules/node/bin');
  });
});
