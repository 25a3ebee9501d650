import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, test } from 'node:test';
import { runShell } from './shell.ts';

describe('a command in a shell', () => {
  const request = (command: string, settle: () => Promise<unknown>, abort = new AbortController()) => ({
    command,
    workingFolder: tmpdir(),
    environment: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    timeoutMs: 60_000,
    signal: abort.signal,
    output: () => {},
    settle,
  });

  test('is over only when what it left is settled, also when it was cancelled', async () => {
    let settled = 0;
    const settle = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      settled += 1;
    };
    assert.equal((await runShell(request('exit 3', settle))).exitCode, 3);
    assert.equal(settled, 1);
    const abort = new AbortController();
    const running = runShell({
      ...request('echo up; sleep 1000', settle, abort),
      output: () => abort.abort(),
    });
    await assert.rejects(running, { code: 'task.cancelled' });
    assert.equal(settled, 2);
  });

  test('settles what holds its output before it waits for the end of that', async () => {
    const started = Promise.withResolvers<number>();
    let held = false;
    const settle = async () => {
      // Throws unless the holder is still there.
      held = process.kill(await started.promise, 'SIGKILL');
    };
    // The holder ends the shell once it has left the group.
    const { signal } = await runShell({
      ...request(`setsid sh -c 'echo $$; kill -9 $1; exec sleep 1000' sh $$ & wait`, settle),
      output: (bytes) => started.resolve(Number(Buffer.from(bytes).toString())),
    });
    assert.equal(signal, 'SIGKILL');
    assert.ok(held);
  });

  test('fails when what it left cannot be settled', async () => {
    const settle = async () => {
      throw new Error('it will not go');
    };
    await assert.rejects(runShell(request('exit 0', settle)), /will not go/);
  });
});
