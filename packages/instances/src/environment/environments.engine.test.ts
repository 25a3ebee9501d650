import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NovaError } from '@nova/core';
import { createBubblewrapDriver } from '../sandbox/bubblewrap-driver.ts';
import { type LoopbackRegistry, startLoopbackRegistry } from './testing/loopback-registry.ts';
import { makePlace, onlyRegistry, type Place } from './testing/place.ts';

const child = fileURLToPath(new URL('./testing/prepare-child.ts', import.meta.url));

function publish(name: string, files: Record<string, string>, scripts: Record<string, string> = {}) {
  return {
    name,
    version: '1.0.0',
    files: { 'package.json': JSON.stringify({ name, version: '1.0.0', scripts }), ...files },
  };
}

function commitApp(place: Place, registry: LoopbackRegistry, name: string): void {
  const dependencies = { [name]: '1.0.0' };
  place.commit({
    'package.json': JSON.stringify({ name: 'app', version: '1.0.0', dependencies }),
    'package-lock.json': JSON.stringify({
      name: 'app',
      version: '1.0.0',
      lockfileVersion: 3,
      packages: {
        '': { name: 'app', version: '1.0.0', dependencies },
        [`node_modules/${name}`]: { ...registry.locked(name), hasInstallScript: true },
      },
    }),
  });
}

test("real packages come through the person's own registries and work inside a sandbox", async () => {
  // The person's real configuration, not the empty home of the other tests.
  await using place = makePlace({ env: { HOME: process.env['HOME'] ?? '' } });
  place.commit({
    'package.json': '{"name":"app","version":"1.0.0","dependencies":{"is-number":"7.0.0"}}',
    'requirements.txt': 'six==1.16.0\n',
  });
  const output = await place.environments.prepare(place.input('make test', 'bubblewrap'), place.context());
  assert.deepEqual(output.kinds, ['npm', 'python']);
  assert.equal(output.source, 'manifest');
  assert.ok(output.key);
  const scratch = join(place.root, 'scratch');
  const laid = await place.environments.mounts(output.key, {
    workspacePath: place.repository,
    isolated: true,
    scratch,
  });
  const driver = createBubblewrapDriver({ records: join(place.root, 'records/use') });
  const script = [
    'set -e',
    `python -c 'import six; print("six", six.__version__)'`,
    'test -f node_modules/is-number/package.json && echo is-number',
    'echo cached > node_modules/.vite/cache && cat node_modules/.vite/cache',
    'echo x > node_modules/is-number/index.js || echo sealed',
  ].join('\n');
  const sandbox = await driver.start({
    id: 'use',
    command: ['/bin/sh', '-c', script],
    workingFolder: place.repository,
    environment: { PATH: [...laid.pathEntries, '/usr/bin', '/bin'].join(':'), ...laid.variables },
    mounts: [{ source: place.repository, target: place.repository, writable: true }, ...laid.mounts],
    limits: { memoryBytes: 1024 ** 3, processes: 64, callSeconds: 60 },
    log: join(place.root, 'use.log'),
  });
  const end = await sandbox.ended;
  const log = readFileSync(join(place.root, 'use.log'), 'utf8');
  assert.equal(end.exitCode, 0, log);
  assert.match(log, /six 1\.16\.0[\s\S]*is-number[\s\S]*cached[\s\S]*sealed/);
});

test('an install script reaches neither the home folder nor any host but the registry', async () => {
  let reached = 0;
  const witness = createServer((_, answer) => {
    reached += 1;
    answer.end();
  });
  witness.listen(0, '127.0.0.1');
  await once(witness, 'listening');
  const port = (witness.address() as AddressInfo).port;
  const attack = `
    const fs = require('node:fs'), http = require('node:http');
    const tried = {};
    const attempt = (name, action) => { try { tried[name] = String(action()); } catch (error) { tried[name] = 'refused ' + error.code; } };
    const secret = fs.readFileSync('secret-path', 'utf8').trim();
    attempt('home', () => fs.readFileSync(secret));
    attempt('write', () => fs.writeFileSync(secret + '.planted', 'x'));
    attempt('token', () => Object.keys(process.env).filter((name) => /PLANTED_TOKEN/.test(name)).length);
    const finish = () => fs.writeFileSync('tried.json', JSON.stringify(tried));
    const direct = http.get('http://127.0.0.1:${port}/direct', () => { tried.direct = 'reached'; });
    direct.on('error', (error) => {
      tried.direct = 'refused ' + error.code;
      const proxy = new URL(process.env.HTTP_PROXY);
      http.get({ host: proxy.hostname, port: proxy.port, path: 'http://127.0.0.1:${port}/proxied' }, (answer) => {
        tried.proxied = String(answer.statusCode); finish(); process.exit(0);
      }).on('error', (error) => { tried.proxied = error.code; finish(); process.exit(0); });
    });`;
  const probe = makePlace();
  const secret = join(probe.root, 'home/secret');
  const hostile = publish('hostile', { 'attack.js': attack, 'secret-path': secret }, { postinstall: 'node attack.js' });
  await using registry = await startLoopbackRegistry([hostile]);
  await probe[Symbol.asyncDispose]();
  mkdirSync(join(probe.root), { recursive: true });
  await using place = makePlace({ root: probe.root, env: { ...onlyRegistry(registry.url), PLANTED_TOKEN: 'secret' } });
  writeFileSync(secret, 'secret');
  commitApp(place, registry, 'hostile');
  const output = await place.environments.prepare(place.input('npm test', 'bubblewrap'), place.context());
  assert.ok(output.key);
  const tried = JSON.parse(readFileSync(join(place.store, output.key, 'npm/node_modules/hostile/tried.json'), 'utf8'));
  assert.deepEqual(tried, {
    home: 'refused ENOENT',
    write: 'refused ENOENT',
    token: '0',
    direct: 'refused ECONNREFUSED',
    proxied: '403',
  });
  assert.equal(reached, 0);
  assert.equal(existsSync(`${secret}.planted`), false);
  assert.match(output.gaps.join('\n'), new RegExp(`asked for 127\\.0\\.0\\.1:${port} .*refused`));
  witness.close();
  await once(witness, 'close');
  const { removeTree } = await import('./sealing.ts');
  await removeTree(probe.root);
});

test('a cut connection is a clear failure that leaves nothing, and the next try works', async () => {
  await using registry = await startLoopbackRegistry([publish('plain', { 'index.js': '' })]);
  await using place = makePlace({ env: onlyRegistry(registry.url) });
  commitApp(place, registry, 'plain');
  registry.cutting = true;
  await assert.rejects(
    place.environments.prepare(place.input('npm test', 'bubblewrap'), place.context()),
    (error) => error instanceof NovaError && error.code === 'environment.install_failed',
  );
  assert.deepEqual(place.leftovers(), []);
  assert.deepEqual(readdirSync(join(place.root, 'run')), []);
  registry.cutting = false;
  assert.equal(
    (await place.environments.prepare(place.input('npm test', 'bubblewrap'), place.context())).source,
    'lockfile',
  );
});

function start(
  place: Place,
  registry: LoopbackRegistry,
  driver: string,
  wrapper: readonly string[] = [],
): ChildProcess {
  const [command = '', ...rest] = [...wrapper, process.execPath, child, place.root, registry.url, 'npm test', driver];
  return spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('a kill -9 at any moment leaves a sealed environment or what a sweep removes', async () => {
  for (const moment of ['npm: installing', 'download', 'sealing', 'done']) {
    await using registry = await startLoopbackRegistry([publish('plain', { 'index.js': 'module.exports = 1;\n' })]);
    await using place = makePlace({ env: onlyRegistry(registry.url) });
    commitApp(place, registry, 'plain');
    const held = Promise.withResolvers<void>();
    if (moment === 'download') registry.hold = held.promise;
    const victim = start(place, registry, 'bubblewrap');
    const exited = once(victim, 'exit');
    assert.ok(victim.stdout);
    for await (const line of createInterface({ input: victim.stdout })) {
      assert.ok(!line.startsWith('failed'), line);
      const inDownload = moment === 'download' && registry.asked.some((path) => path.endsWith('.tgz'));
      if (line.startsWith(moment) || inDownload) victim.kill('SIGKILL');
    }
    await exited;
    await place.environments.sweep();
    assert.deepEqual(place.leftovers(), [], moment);
    assert.deepEqual(readdirSync(join(place.root, 'run')), [], moment);
    const records = join(place.root, 'records/bubblewrap');
    assert.deepEqual(
      existsSync(records) ? readdirSync(records).filter((name) => name.endsWith('.json')) : [],
      [],
      moment,
    );
    assert.equal(processesIn(place.root), '', moment);
    held.resolve();
    registry.hold = null;
    const output = await place.environments.prepare(place.input('npm test', 'bubblewrap'), place.context());
    assert.ok(output.key, moment);
    if (moment === 'done') assert.equal(output.reused, true);
  }
});

function processesIn(root: string): string {
  try {
    return execFileSync('pgrep', ['-af', root]).toString();
  } catch {
    return '';
  }
}

test('a full disk is named, and nothing half-made stays on it', async () => {
  // Does not compress, so that what arrives is larger than the disk.
  const noise = Array.from({ length: 120_000 }, () => Math.random().toString(36).slice(2)).join('\n');
  await using registry = await startLoopbackRegistry([publish('large', { 'noise.txt': noise })]);
  await using place = makePlace({ env: onlyRegistry(registry.url) });
  commitApp(place, registry, 'large');
  const script = 'mount -t tmpfs -o size=1m tmpfs "$1" && shift && "$@"; ls -A "$0"';
  const full = start(place, registry, 'none', ['unshare', '-rm', 'sh', '-c', script, place.store, place.store]);
  assert.ok(full.stdout);
  const lines: string[] = [];
  for await (const line of createInterface({ input: full.stdout })) lines.push(line);
  const failure = lines.findIndex((line) => line.startsWith('failed'));
  assert.match(lines[failure] ?? lines.join('\n'), /^failed disk\.full/);
  assert.doesNotMatch(lines.at(-1) ?? '', /^\.making|^[0-9a-f]{40}$/);
});
