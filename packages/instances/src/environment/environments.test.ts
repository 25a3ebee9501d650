import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { NovaError } from '@nova/core';
import { foldersNamedBy } from './python-checkout.ts';
import { type LoopbackRegistry, startLoopbackRegistry } from './testing/loopback-registry.ts';
import { makePlace, onlyRegistry } from './testing/place.ts';

const tiny = {
  name: 'tiny',
  version: '1.2.3',
  files: {
    'package.json': '{"name":"tiny","version":"1.2.3","main":"index.js"}',
    'index.js': 'module.exports = 42;\n',
  },
};

function lockFor(registry: LoopbackRegistry, name = 'tiny'): string {
  return JSON.stringify({
    name: 'app',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { name: 'app', version: '1.0.0', dependencies: { [name]: '^1.0.0' } },
      [`node_modules/${name}`]: registry.locked(name),
    },
  });
}

const manifest = (name = 'tiny') =>
  JSON.stringify({ name: 'app', version: '1.0.0', scripts: { prepare: 'exit 9' }, dependencies: { [name]: '^1.0.0' } });

function isCode(code: string) {
  return (error: unknown) => error instanceof NovaError && error.code === code;
}

test('a repository without dependencies needs no environment', async () => {
  await using place = makePlace();
  place.commit({ 'package.json': '{"name":"app"}', 'test.js': '', 'lib.py': 'import json\n' });
  const output = await place.environments.prepare(place.input('npm test'), place.context());
  assert.deepEqual(output, { key: null, kinds: [], source: 'none', reused: false, log: null, gaps: [] });
});

test('install scripts run whatever npm thinks of them, and where they are forbidden it says so and what to do', async () => {
  const scripts = { postinstall: 'node make.js' };
  const scripted = {
    name: 'scripted',
    version: '1.0.0',
    files: {
      'package.json': JSON.stringify({ name: 'scripted', version: '1.0.0', scripts }),
      'make.js': "require('node:fs').writeFileSync('made.txt', 'made');",
    },
  };
  await using registry = await startLoopbackRegistry([scripted]);
  const dependencies = { scripted: '1.0.0' };
  const files = {
    'package.json': JSON.stringify({ name: 'app', version: '1.0.0', dependencies }),
    'package-lock.json': JSON.stringify({
      name: 'app',
      version: '1.0.0',
      lockfileVersion: 3,
      packages: {
        '': { name: 'app', version: '1.0.0', dependencies },
        'node_modules/scripted': { ...registry.locked('scripted'), hasInstallScript: true },
      },
    }),
  };
  for (const [ignore, ran] of [
    ['false', true],
    ['true', false],
  ] as const) {
    const env = { ...onlyRegistry(registry.url), npm_config_dangerously_allow_all_scripts: 'false' };
    await using place = makePlace({ env: { ...env, npm_config_ignore_scripts: ignore } });
    place.commit(files);
    const output = await place.environments.prepare(place.input('npm test'), place.context());
    assert.ok(output.key);
    assert.equal(existsSync(join(place.store, output.key, 'npm/node_modules/scripted/made.txt')), ran);
    if (ran) assert.deepEqual(output.gaps, []);
    else
      assert.match(output.gaps.join(), /scripts of scripted@1\.0\.0 did not run: .*`npm ci && npm rebuild .*scripted`/);
  }
});

test('npm packages come from the lockfile, are sealed, reused, and made again when they were changed', async () => {
  await using registry = await startLoopbackRegistry([tiny]);
  await using place = makePlace({ env: onlyRegistry(registry.url) });
  place.commit({ 'package.json': manifest(), 'package-lock.json': lockFor(registry) });
  const first = await place.environments.prepare(place.input('npm test'), place.context());
  assert.equal(first.source, 'lockfile');
  assert.deepEqual(first.kinds, ['npm']);
  assert.deepEqual(first.gaps, []);
  assert.equal(first.reused, false);
  assert.equal(first.log, 'log-1');
  assert.deepEqual(place.leftovers(), []);
  assert.ok(first.key);
  const sealed = join(place.store, first.key, 'npm/node_modules/tiny/index.js');
  assert.equal(statSync(sealed).mode & 0o222, 0);
  const downloads = registry.asked.length;

  const second = await place.environments.prepare(place.input('npm test'), place.context());
  assert.deepEqual(second, { ...first, reused: true });
  assert.equal(registry.asked.length, downloads);

  const laid = await place.environments.mounts(first.key, {
    workspacePath: '/w',
    isolated: true,
    scratch: join(place.root, 'scratch'),
  });
  assert.deepEqual(laid.mounts[0], {
    source: join(place.store, first.key, 'npm/node_modules'),
    target: '/w/node_modules',
    writable: false,
  });
  assert.deepEqual(
    laid.mounts.slice(1).map(({ target, writable }) => [target, writable]),
    [
      ['/w/node_modules/.cache', true],
      ['/w/node_modules/.vite', true],
      ['/w/node_modules/.vite-temp', true],
    ],
  );
  const plain = await place.environments.mounts(first.key, { workspacePath: '/w', isolated: false, scratch: null });
  assert.deepEqual(plain.mounts, []);
  assert.ok(
    plain.links.some(
      ({ path, target }) => path === '/w/node_modules/tiny' && target.endsWith('/npm/node_modules/tiny'),
    ),
  );

  chmodSync(sealed, 0o644);
  appendFileSync(sealed, '// changed\n');
  const third = await place.environments.prepare(place.input('npm test'), place.context());
  assert.equal(third.reused, false);
  assert.equal(readFileSync(sealed, 'utf8'), 'module.exports = 42;\n');
  assert.deepEqual(place.leftovers(), []);
});

test("the person's own node_modules is copied when it agrees, and not needed any more afterwards", async () => {
  await using registry = await startLoopbackRegistry([tiny]);
  await using place = makePlace({ env: onlyRegistry(registry.url) });
  const lock = lockFor(registry);
  place.commit({ 'package.json': manifest(), 'package-lock.json': lock });
  const { '': _, ...packages } = JSON.parse(lock).packages;
  place.write({
    'node_modules/.package-lock.json': JSON.stringify({ lockfileVersion: 3, packages }),
    'node_modules/tiny/package.json': tiny.files['package.json'],
    'node_modules/tiny/index.js': tiny.files['index.js'],
    'node_modules/.vite/deps/cached.js': 'stale',
  });
  const output = await place.environments.prepare(place.input('npm test'), place.context());
  assert.equal(output.source, 'checkout');
  assert.equal(registry.asked.length, 0);
  assert.ok(output.key);
  rmSync(join(place.repository, 'node_modules'), { recursive: true });
  const laid = await place.environments.mounts(output.key, { workspacePath: '/w', isolated: true, scratch: null });
  assert.equal(readFileSync(join(laid.mounts[0]?.source ?? '', 'tiny/index.js'), 'utf8'), tiny.files['index.js']);
  assert.equal(existsSync(join(laid.mounts[0]?.source ?? '', '.vite/deps')), false);
});

test('without a lockfile the manifest decides and the gap is named', async () => {
  await using registry = await startLoopbackRegistry([tiny]);
  await using place = makePlace({ env: onlyRegistry(registry.url) });
  place.commit({ 'package.json': manifest(), '.npmrc': 'registry=http://elsewhere.invalid/\nlegacy-peer-deps=true\n' });
  const output = await place.environments.prepare(place.input('npm test'), place.context());
  assert.equal(output.source, 'manifest');
  assert.match(output.gaps.join('\n'), /not reproducible: no lockfile/);
  assert.match(output.gaps.join('\n'), /left out of the repository's \.npmrc.*registry/);
});

test('peer dependencies that contradict each other are not enforced, and that is named', async () => {
  const plugin = {
    name: 'plugin',
    version: '1.0.0',
    files: { 'package.json': '{"name":"plugin","version":"1.0.0","peerDependencies":{"tiny":"^2.0.0"}}' },
  };
  await using registry = await startLoopbackRegistry([tiny, plugin]);
  await using place = makePlace({ env: onlyRegistry(registry.url) });
  place.commit({
    'package.json': '{"name":"app","version":"1.0.0","dependencies":{"tiny":"^1.0.0","plugin":"^1.0.0"}}',
  });
  const output = await place.environments.prepare(place.input('npm test'), place.context());
  assert.match(output.gaps.join('\n'), /peer dependencies contradict/);
  assert.ok(output.key);
  assert.ok(existsSync(join(place.store, output.key, 'npm/node_modules/plugin/package.json')));
});

test('two preparations of one need do the work once', async () => {
  await using registry = await startLoopbackRegistry([tiny]);
  await using place = makePlace({ env: onlyRegistry(registry.url) });
  place.commit({ 'package.json': manifest(), 'package-lock.json': lockFor(registry) });
  const outputs = await Promise.all(
    [1, 2, 3].map(() => place.environments.prepare(place.input('npm test'), place.context())),
  );
  assert.equal(new Set(outputs.map(({ key }) => key)).size, 1);
  assert.equal(outputs.filter(({ reused }) => !reused).length, 1);
  assert.equal(registry.asked.filter((path) => path.endsWith('.tgz')).length, 1);
  assert.deepEqual(place.leftovers(), []);
});

test('a failed install shows the end of its log and leaves nothing', async () => {
  await using registry = await startLoopbackRegistry([tiny]);
  await using place = makePlace({ env: onlyRegistry(registry.url) });
  place.commit({ 'package.json': manifest('absent') });
  writeFileSync(join(place.root, 'home/.npmrc'), `//127.0.0.1:${registry.port}/:_authToken=planted-credential\n`);
  await assert.rejects(place.environments.prepare(place.input('npm test'), place.context()), (error) => {
    assert.ok(error instanceof NovaError);
    assert.equal(error.code, 'environment.install_failed');
    assert.match(error.message, /404[\s\S]*absent/);
    assert.match(error.message, /Next: Run `npm install`/);
    assert.match(error.message, new RegExp(`You hold credentials for 127\\.0\\.0\\.1:${registry.port}`));
    assert.equal(error.details?.['log'], 'log-1');
    assert.doesNotMatch(error.message + place.logs.join(), /planted-credential/);
    assert.deepEqual(registry.credentials, []);
    return true;
  });
  assert.deepEqual(place.leftovers(), []);
});

test('cancelling ends the install and leaves nothing', async () => {
  await using registry = await startLoopbackRegistry([tiny]);
  await using place = makePlace({ env: onlyRegistry(registry.url) });
  place.commit({ 'package.json': manifest(), 'package-lock.json': lockFor(registry) });
  const held = Promise.withResolvers<void>();
  registry.hold = held.promise;
  const controller = new AbortController();
  const context = {
    signal: controller.signal,
    progress: (message: string) => message.startsWith('installing (') && controller.abort(),
  };
  await assert.rejects(place.environments.prepare(place.input('npm test'), context), isCode('task.cancelled'));
  held.resolve();
  assert.deepEqual(place.leftovers(), []);
  assert.equal(
    existsSync(join(place.root, 'records/none')) && execFileSync('ls', [join(place.root, 'records/none')]).length > 0,
    false,
  );
});

test('what no tool at hand can install is refused with the way out', async () => {
  await using place = makePlace();
  place.commit({ 'package.json': manifest(), 'yarn.lock': '# yarn lockfile v1\n' });
  await assert.rejects(
    place.environments.prepare(place.input('yarn test'), place.context()),
    isCode('environment.unsupported'),
  );
  place.write({ 'node_modules/tiny/package.json': tiny.files['package.json'] });
  assert.equal((await place.environments.prepare(place.input('yarn test'), place.context())).source, 'checkout');
  place.commit({ 'package.json': '{ broken' });
  await assert.rejects(
    place.environments.prepare(place.input('npm test'), place.context()),
    isCode('environment.unsupported'),
  );
});

test('workspace members and nested node_modules keep working from a copy', async () => {
  await using place = makePlace();
  place.commit({
    'package.json': '{"name":"root","private":true,"workspaces":["packages/*"],"devDependencies":{"tiny":"^1.0.0"}}',
    'packages/a/package.json': '{"name":"a","version":"1.0.0","dependencies":{"tiny":"^2.0.0"}}',
    'packages/a/index.js': '',
  });
  place.write({
    'node_modules/tiny/package.json': tiny.files['package.json'],
    'packages/a/node_modules/tiny/package.json': '{"name":"tiny","version":"2.1.0"}',
  });
  symlinkSync('../packages/a', join(place.repository, 'node_modules/a'));
  const output = await place.environments.prepare(place.input('npm test'), place.context());
  assert.equal(output.source, 'checkout');
  assert.ok(output.key);
  const isolated = await place.environments.mounts(output.key, { workspacePath: '/w', isolated: true, scratch: null });
  assert.deepEqual(
    isolated.mounts.map(({ target }) => target),
    ['/w/node_modules', '/w/packages/a/node_modules'],
  );
  const plain = await place.environments.mounts(output.key, { workspacePath: '/w', isolated: false, scratch: null });
  assert.deepEqual(
    plain.links.find(({ path }) => path === '/w/node_modules/a'),
    { path: '/w/node_modules/a', target: '/w/packages/a' },
  );
});

test('Python packages are installed into a virtual environment that works where it is sealed', async () => {
  const thing = { name: 'thing', version: '1.0', files: { 'thing.py': 'ANSWER = 42\n' } };
  await using registry = await startLoopbackRegistry([], [thing]);
  await using place = makePlace({ env: onlyRegistry(registry.url) });
  place.commit({
    'requirements.txt': '# exact\nthing==1.0\n--index-url http://elsewhere.invalid/simple\n-e .\n',
    'pyproject.toml': '[project]\nname = "app"\nversion = "1.5"\n[project.scripts]\napp = "app:main"\n',
    'src/app/__init__.py': 'def main():\n    print("ran")\n',
  });
  const output = await place.environments.prepare(place.input('python3 -m unittest'), place.context());
  assert.equal(output.source, 'pinned');
  assert.deepEqual(output.kinds, ['python']);
  assert.match(output.gaps.join('\n'), /--index-url/);
  assert.ok(output.key);
  const laid = await place.environments.mounts(output.key, {
    workspacePath: place.repository,
    isolated: false,
    scratch: null,
  });
  assert.match(laid.variables['PYTHONPATH'] ?? '', /\/repository\/src:/);
  const python = join(laid.pathEntries[0] ?? '', 'python');
  const printed = execFileSync(python, ['-c', 'import thing, sys; print(thing.ANSWER, sys.prefix)']).toString().trim();
  assert.equal(printed, `42 ${laid.variables['VIRTUAL_ENV']}`);

  const env = { ...laid.variables, PATH: [...laid.pathEntries, '/usr/bin', '/bin'].join(':') };
  const version = 'import importlib.metadata as m; print(m.version("app"))';
  assert.equal(execFileSync('python', ['-c', version], { env }).toString().trim(), '1.5');
  assert.equal(execFileSync('app', [], { env }).toString().trim(), 'ran');

  // The same environment as the person's own, moved into the checkout.
  const own = join(place.repository, '.venv');
  cpSync(laid.variables['VIRTUAL_ENV'] ?? '', own, { recursive: true, verbatimSymlinks: true });
  const copied = await place.environments.prepare(place.input('python3 -m unittest'), place.context());
  assert.equal(copied.source, 'checkout');
  assert.ok(copied.key);
  const shown = await place.environments.mounts(copied.key, {
    workspacePath: place.repository,
    isolated: true,
    scratch: null,
  });
  assert.ok(shown.mounts.some(({ target }) => target === own));
  assert.equal(shown.variables['VIRTUAL_ENV'], own);

  // Running something in it must not make it another environment.
  mkdirSync(join(own, 'lib/__pycache__'), { recursive: true });
  writeFileSync(join(own, 'lib/__pycache__/x.pyc'), '');
  const again = await place.environments.prepare(place.input('python3 -m unittest'), place.context());
  assert.deepEqual(again, { ...copied, reused: true });

  // A command names the environment by its place in the checkout; what was installed instead must be there too.
  rmSync(join(own, 'bin/python'));
  const other = await place.environments.prepare(place.input('./.venv/bin/python -m unittest'), place.context());
  assert.equal(other.source, 'pinned');
  assert.ok(other.key);
  const isolated = await place.environments.mounts(other.key, { workspacePath: '/w', isolated: true, scratch: null });
  assert.ok(isolated.mounts.some(({ target, writable }) => target === '/w/.venv' && !writable));
  for (const key of [copied.key, other.key]) {
    const workspacePath = join(place.root, `workspace-${key.slice(0, 6)}`);
    const plain = await place.environments.mounts(key, { workspacePath, isolated: false, scratch: null });
    for (const { path, target } of plain.links) {
      mkdirSync(dirname(path), { recursive: true });
      symlinkSync(target, path);
    }
    const python = join(workspacePath, '.venv/bin/python');
    const found = execFileSync(python, ['-c', 'import thing, sys; print(thing.ANSWER, sys.prefix)']).toString().trim();
    assert.equal(found, `42 ${join(workspacePath, '.venv')}`);
    // No script may start the interpreter of the person's own checkout.
    for (const name of readdirSync(join(workspacePath, '.venv/bin'))) {
      const script = readFileSync(join(workspacePath, '.venv/bin', name));
      if (script.subarray(0, 2).toString() === '#!') assert.ok(!script.includes(own), name);
    }
  }
});

test('folders whose programs a command starts are found by their names', () => {
  assert.deepEqual(foldersNamedBy('cd x && A=1 ./.venv/bin/pytest -q; tools/env-3.11/bin/python a.py'), [
    '.venv',
    'tools/env-3.11',
  ]);
  assert.deepEqual(foldersNamedBy('/usr/bin/python3 ../venv/bin/pytest bin/test --x=bin/y'), []);
});

test('a sweep removes what killed preparations left and nothing else', async () => {
  await using place = makePlace();
  for (const name of ['.making-0123456789ab-1999999.5.abcdef01-01234567', '.removing-x-1']) {
    mkdirSync(join(place.store, name, 'deep'), { recursive: true });
    chmodSync(join(place.store, name, 'deep'), 0o555);
  }
  symlinkSync('1999999.5.abcdef01', join(place.store, 'abc.lock'));
  mkdirSync(join(place.store, 'kept'));
  assert.equal(await place.environments.sweep(), 1);
  assert.deepEqual(place.leftovers(), ['kept']);
});
