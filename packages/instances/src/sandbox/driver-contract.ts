import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { identify } from '../supervision/processes.ts';
import type { SandboxDriver, SandboxStart } from './driver.ts';

/** Host pids of processes that carry this text in their command line. */
export async function processesWith(token: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const line = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(token) && (await identify(Number(entry))) !== null) found.push(Number(entry));
  }
  return found;
}

/** Resolves once `look` yields something; a test that waits forever shows what it waits for. */
export async function until<Found>(look: () => Promise<Found | null | false>): Promise<Found> {
  for (;;) {
    const found = await look();
    if (found !== null && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What every driver must do, whatever its walls are. */
export function describeSandboxDriver(name: string, create: (records: string) => SandboxDriver): void {
  describe(`sandbox driver ${name}`, () => {
    let root = '';
    let driver: SandboxDriver;
    let token = '';
    beforeEach(async () => {
      root = await mkdtemp(join(tmpdir(), 'nova driver\n'));
      driver = create(join(root, 'records'));
      token = `token-${randomUUID()}`;
      await mkdir(join(root, 'shared'));
    });
    afterEach(() => rm(root, { recursive: true }));

    const request = (script: string, change: Partial<SandboxStart> = {}): SandboxStart => ({
      id: 'task one\nwork/1',
      command: ['/bin/sh', '-c', script, token],
      workingFolder: join(root, 'shared'),
      environment: { PATH: '/usr/bin:/bin', GIVEN: 'a value\nof two lines' },
      mounts: [{ source: join(root, 'shared'), target: join(root, 'shared'), writable: true }],
      limits: { memoryBytes: 256 * 1024 * 1024, processes: 64, callSeconds: 60 },
      log: join(root, 'log'),
      ...change,
    });
    const log = () => readFile(join(root, 'log'), 'utf8');
    const records = async () => (await readdir(join(root, 'records'))).filter((file) => file.endsWith('.json'));

    test('runs a command with exactly the given environment and reports how it ended', async () => {
      await using sandbox = await driver.start(request('env -0 | tr "\\0" "|"; echo; pwd; echo problem >&2; exit 7'));
      assert.deepEqual(await sandbox.ended, { exitCode: 7, signal: null, limit: null });
      const said = await log();
      assert.match(said, /GIVEN=a value\nof two lines\|/);
      assert.match(said, /problem/);
      assert.ok(said.includes(join(root, 'shared')));
      assert.doesNotMatch(said, /HOME=|USER=|SHLVL=/);
      assert.deepEqual(await records(), []);
    });

    test('says what isolates it', async () => {
      await using sandbox = await driver.start(request('sleep 1000'));
      assert.equal(sandbox.isolation.driver, driver.name);
      assert.equal(sandbox.isolation.isolated, driver.traits.isolates);
      if (!driver.traits.isolates) assert.match(sandbox.isolation.missing.join(' '), /nothing is isolated/);
    });

    test('end() finds what left its parent, its session and its environment', async () => {
      const daemon = (prefix: string) => `(setsid ${prefix} /bin/sh -c "touch up-$1; sleep 1000; :" ${token} &) `;
      const script = [daemon('').replace('$1', 'a'), daemon('setsid').replace('$1', 'b'), 'sleep 1000; :'].join('; ');
      await using sandbox = await driver.start(request(script));
      await until(async () => (await readdir(join(root, 'shared'))).length === 2);
      assert.ok((await processesWith(token)).length >= 3);
      await sandbox.end();
      assert.deepEqual(await processesWith(token), []);
      await sandbox.end();
    });

    test('daemons end with the command that left them', async () => {
      await using sandbox = await driver.start(
        request(`(setsid /bin/sh -c "touch up; sleep 1000; :" ${token} &); while [ ! -e up ]; do sleep 0.01; done`),
      );
      assert.equal((await sandbox.ended).exitCode, 0);
      assert.deepEqual(await processesWith(token), []);
    });

    test('a fork bomb is held and ended', async (context) => {
      await using sandbox = await driver.start(request('touch up; f() { f | f & }; f; sleep 1000'));
      if (sandbox.isolation.processes === 'none') return context.skip('this machine gives no process limit');
      await until(async () => (await readdir(join(root, 'shared'))).length === 1);
      assert.ok((await processesWith(token)).length <= 64);
      await sandbox.end();
      assert.deepEqual(await processesWith(token), []);
    });

    test('too much memory ends the command, and the end says so', async (context) => {
      const hungry = request('x=$(head -c 400000000 /dev/zero | tr "\\0" a); echo unreachable "$x"');
      await using sandbox = await driver.start(hungry);
      if (sandbox.isolation.memory === 'none') return context.skip('this machine gives no memory limit');
      const end = await sandbox.ended;
      assert.equal(end.limit, 'memory');
      assert.doesNotMatch(await log(), /unreachable/);
    });

    test('another host adopts it by its record, and ends it', async () => {
      await using sandbox = await driver.start(request('sleep 1000; :'));
      const later = create(join(root, 'records'));
      const adopted = await later.adopt(sandbox.id);
      assert.ok(adopted);
      assert.deepEqual(adopted.isolation, sandbox.isolation);
      await adopted.end();
      await sandbox.ended;
      assert.deepEqual(await processesWith(token), []);
      assert.equal(await later.adopt(sandbox.id), null);
    });

    test('a record whose number belongs to another process now harms nobody', async () => {
      const sandbox = await driver.start(request('sleep 1000; :'));
      const [file] = await records();
      assert.ok(file);
      const path = join(root, 'records', file);
      const record = JSON.parse(await readFile(path, 'utf8')) as { processes: { pid: number; startTime: string }[] };
      await sandbox.end();
      const stranger = spawn('sleep', ['1000']);
      try {
        await once(stranger, 'spawn');
        const processes = record.processes.map((one) => ({ ...one, pid: stranger.pid }));
        await writeFile(path, JSON.stringify({ ...record, processes }));
        assert.equal(await driver.adopt(sandbox.id), null);
        assert.ok(await identify(stranger.pid ?? 0));
      } finally {
        stranger.kill('SIGKILL');
      }
      assert.deepEqual(await records(), []);
    });

    test('a start cut short before its processes were recorded is cleared away', async () => {
      const sandbox = await driver.start(request('sleep 1000; :'));
      const [file] = await records();
      assert.ok(file);
      const path = join(root, 'records', file);
      const record = JSON.parse(await readFile(path, 'utf8')) as object;
      await writeFile(path, JSON.stringify({ ...record, processes: null }));
      assert.equal(await driver.adopt(sandbox.id), null);
      assert.deepEqual(await processesWith(token), []);
      await sandbox.ended;
    });

    test('a start that fails leaves nothing', async () => {
      const impossible = request('exit 0', { workingFolder: join(root, 'absent') });
      await assert.rejects(driver.start(impossible), { code: 'sandbox.unavailable' });
      assert.deepEqual(await records(), []);
      assert.deepEqual(await processesWith(token), []);
    });
  });
}
