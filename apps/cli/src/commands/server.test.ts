import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type ServerInfo, serverInfoSchema } from '@nova/client';
import { HeldTask, isRunning, printed } from '../testing/held-task.ts';

interface Up {
  readonly url: string;
  readonly login: string;
  readonly pid: number;
  readonly already: boolean;
}

async function up(held: HeldTask, ...more: string[]): Promise<Up> {
  const ran = await held.run('up', '--port', '0', '--json', ...more);
  assert.equal(ran.code, 0, ran.stderr);
  return JSON.parse(ran.stdout) as Up;
}

function notice(held: HeldTask): ServerInfo {
  return serverInfoSchema.parse(JSON.parse(readFileSync(join(held.place.home, 'run/server.json'), 'utf8')));
}

/** Waits until the next server has taken up the running step, and shows that the command under it is still the first one. */
async function attached(held: HeldTask): Promise<void> {
  for (let begun = 1; begun < 2; ) {
    const moments = JSON.parse((await held.run('replay', 'latest', '--json')).stdout) as { begun?: number }[];
    begun = Math.max(...moments.map((moment) => moment.begun ?? 0));
  }
  const [shell = 0, ...others] = held.runs;
  assert.ok(isRunning(shell));
  assert.deepEqual(others, []);
}

describe('nova up and nova down', () => {
  it('leave a server running that lets in whoever has the link, and end it with its host', async () => {
    using held = new HeldTask();
    const first = await up(held);
    assert.equal(first.already, false);
    assert.equal((await fetch(`${first.url}/v1/state`)).status, 401);
    const login = await fetch(first.login, { redirect: 'manual' });
    assert.ok(login.status >= 300 && login.status < 400, `${login.status}`);
    assert.ok(login.headers.get('set-cookie'));
    const again = await up(held);
    assert.deepEqual({ ...again, dashboard: null }, { ...first, already: true, dashboard: null });
    assert.match((await held.run('up')).stdout, /A server runs already at http/);

    const down = await held.run('down');
    assert.equal(down.code, 0, down.stderr);
    assert.match(down.stdout, /The server was stopped/);
    assert.equal(existsSync(join(held.place.home, 'run/server.json')), false);
    assert.equal(held.place.processes().all.length, 0);
    assert.equal((await held.run('down')).stdout, 'No server runs.\n');
  });

  it('make a new token when its file was removed, after which links and cookies of the old one are worth nothing', async () => {
    using held = new HeldTask();
    const first = await up(held);
    const signIn = async (login: string) =>
      (await fetch(login, { redirect: 'manual' })).headers.get('set-cookie')?.split(';')[0] ?? '';
    const status = async (cookie: string) => (await fetch(`${first.url}/v1/state`, { headers: { cookie } })).status;
    const cookie = await signIn(first.login);
    assert.equal(await status(cookie), 200);

    rmSync(join(held.place.home, 'token'));
    const lost = await held.run('up');
    assert.equal(lost.code, 5, lost.stderr);
    assert.match(lost.stderr, /^auth\.required: .*nova down, nova up\.\n$/);
    assert.equal(await status(cookie), 200, 'the server that runs was left alone');

    await held.run('down');
    const next = await held.run('up', '--port', new URL(first.url).port, '--json');
    assert.equal(next.code, 0, next.stderr);
    const { login } = JSON.parse(next.stdout) as Up;
    assert.notEqual(login, first.login);
    assert.equal(await status(cookie), 401);
    assert.equal((await fetch(first.login, { redirect: 'manual' })).status, 401);
    assert.equal(await status(await signIn(login)), 200);
  });

  it('say when the port is taken, and leave nothing behind', async () => {
    using held = new HeldTask();
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const ran = await held.run('up', '--port', String(port));
    other.close();
    assert.equal(ran.code, 5);
    assert.match(ran.stderr, /listen\.in_use: .*port/);
    assert.equal(held.place.processes().all.length, 0);
  });

  it('take over from a server that was started on the side, under the eyes of whoever follows', async () => {
    using held = new HeldTask();
    const fix = held.place.start(['fix', ...held.request]);
    await held.begun(1);
    const { pid } = await up(held);
    assert.equal(notice(held).pid, pid);
    await attached(held);
    held.letGo();
    const ran = await fix.outcome;
    // What always fails and reports no test cannot be repaired; what counts is that the watching came to the end.
    assert.equal(ran.code, 3, ran.stderr);
    assert.equal((await held.run('tasks', '--state', 'finished')).stdout.split('\n').length, 3);
    assert.deepEqual(held.place.processes().server, [pid]);
  });

  it('bring back, where it was, a server that was killed', async () => {
    using held = new HeldTask();
    const before = await up(held);
    const task = JSON.parse((await held.run('fix', ...held.request, '--detach', '--json')).stdout) as { id: string };
    await held.begun(1);
    const watching = held.place.start(['watch', task.id]);
    if (watching.child.stderr) await printed(watching.child.stderr, 'intake');
    process.kill(before.pid, 'SIGKILL');
    held.letGo();
    assert.equal((await watching.outcome).code, 3);
    assert.equal(notice(held).url, before.url);
    assert.notEqual(notice(held).pid, before.pid);
  });

  it('let tasks go on with the next server, and tell those who watch', async () => {
    using held = new HeldTask();
    await up(held);
    await held.run('fix', ...held.request, '--detach');
    await held.begun(1);
    const watching = held.place.start(['watch', 'latest']);
    if (watching.child.stderr) await printed(watching.child.stderr, 'intake');
    const down = await held.run('down', '--json');
    const { tasks } = JSON.parse(down.stdout) as { tasks: string[] };
    assert.equal(tasks.length, 1);
    const watched = await watching.outcome;
    assert.equal(watched.code, 130);
    assert.match(watched.stderr, /The server was stopped.*goes on with the next one/s);
    // What runs in a sandbox waits a while for the next host.
    const { server, host } = held.place.processes();
    assert.deepEqual([server, host], [[], []]);

    await up(held);
    await attached(held);
    held.letGo();
    assert.equal((await held.run('watch', 'latest', '--quiet')).code, 3);
  });

  it('end the tasks first when asked to', async () => {
    using held = new HeldTask();
    await up(held);
    await held.run('fix', ...held.request, '--detach');
    await held.begun(1);
    const down = await held.run('down', '--cancel');
    assert.equal(down.code, 0, down.stderr);
    assert.match(down.stdout, /Cancelled before: 1 task/);
    assert.equal(held.place.processes().all.length, 0);
    const shown = JSON.parse((await held.run('show', 'latest', '--json')).stdout) as { outcome: string };
    assert.equal(shown.outcome, 'cancelled');
  });
});
