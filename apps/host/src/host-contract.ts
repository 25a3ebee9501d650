import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type HostCallResult, type SandboxDriverName, testsRun } from '@nova/core';
import { openFolderBlobs } from '@nova/messaging';
import { HostTrial, processesWith, until } from './host-trial.ts';

const codeOf = (result: HostCallResult) => (result.ok ? 'ok' : result.error.code);

function outputOf(result: HostCallResult) {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return testsRun.output.parse(result.output);
}

async function started(driver: SandboxDriverName): Promise<HostTrial> {
  const trial = new HostTrial(driver);
  assert.equal(await trial.start(), null);
  return trial;
}

/** The daemon from its socket down to a command in a sandbox of this driver, with real deaths. */
export function describeHost(driver: SandboxDriverName): void {
  describe(`host with sandbox ${driver}`, () => {
    test('runs a command in a sandbox, says what isolated it, stores its output, and remembers the outcome', async () => {
      await using trial = await started(driver);
      const first = await trial.run('T1/1/a/b/0', 'echo x >> witness; cat file; exit 3');
      assert.ok(first.ok);
      assert.equal(first.isolation?.isolated, driver === 'bubblewrap');
      const output = outputOf(first);
      assert.deepEqual([output.exitCode, output.outputTail], [3, 'content']);
      const blobs = await openFolderBlobs(trial.folder.blobs);
      assert.equal(Buffer.from(await blobs.get(output.output ?? '')).toString(), 'content');
      assert.deepEqual(await trial.run('T1/1/a/b/0', 'echo x >> witness; cat file; exit 3'), first);
      assert.equal(codeOf(await trial.run('T1/1/a/b/0', 'another command')), 'journal.input_changed');
      await trial.end('SIGKILL');
      await trial.start();
      assert.deepEqual(await trial.run('T1/1/a/b/0', 'echo x >> witness; cat file; exit 3'), first);
      assert.equal(readFileSync(join(trial.workspace(), 'witness'), 'utf8'), 'x\n');
    });

    test('kill -9 of the host: the command goes on, and the next host attaches to it by its call id', async () => {
      await using trial = await started(driver);
      const command = 'echo x >> witness; while [ ! -e go ]; do sleep 0.05; done; echo went';
      const broken = trial.run('T1/1/a/b/0', command).catch(() => 'broken');
      await until(() => existsSync(join(trial.workspace(), 'witness')));
      await trial.end('SIGKILL');
      assert.equal(await broken, 'broken');
      await trial.start();
      const again = trial.run('T1/1/a/b/0', command);
      writeFileSync(join(trial.workspace(), 'go'), '');
      assert.match(outputOf(await again).outputTail, /went/);
      assert.equal(readFileSync(join(trial.workspace(), 'witness'), 'utf8'), 'x\n');
    });

    test('kill -9 of the runner: the call is lost, nothing of it stays, and asking again makes a fresh sandbox', async () => {
      await using trial = await started(driver);
      const token = `token-${randomUUID()}`;
      const command = `(setsid sh -c "sleep 1000; :" ${token} &); kill -9 $PPID; sleep 1000`;
      assert.equal(codeOf(await trial.run('T1/1/a/b/0', command)), 'sandbox.lost');
      assert.deepEqual(processesWith(token), []);
      assert.equal(outputOf(await trial.run('T1/1/a/b/1', 'echo fine')).outputTail, 'fine\n');
    });

    test('cancelling ends the whole process tree, and the call may be asked again', async () => {
      await using trial = await started(driver);
      const token = `token-${randomUUID()}`;
      const command = `(setsid sh -c "sleep 1000; :" ${token} &); [ -e again ] && exit 0; touch up; sleep 1000; :`;
      const call = trial.run('T1/1/a/b/0', command);
      await until(() => existsSync(join(trial.workspace(), 'up')));
      await trial.cancel('T1/1/a/b/0');
      assert.equal(codeOf(await call), 'task.cancelled');
      assert.deepEqual(processesWith(token), []);
      writeFileSync(join(trial.workspace(), 'again'), '');
      assert.equal(outputOf(await trial.run('T1/1/a/b/0', command)).exitCode, 0);
      assert.deepEqual(processesWith(token), []);
    });

    test('an asker that aborts cancels; one that only goes away does not', async () => {
      await using trial = await started(driver);
      const command = 'touch up; while [ ! -e go ]; do sleep 0.05; done';
      const call = trial.run('T1/1/a/b/0', command).catch(() => null);
      await until(() => existsSync(join(trial.workspace(), 'up')));
      await trial.disconnect();
      await call;
      await trial.end('SIGTERM');
      await trial.start();
      writeFileSync(join(trial.workspace(), 'go'), '');
      assert.equal(outputOf(await trial.run('T1/1/a/b/0', command)).exitCode, 0);
      const abort = new AbortController();
      const aborted = trial.run('T1/1/a/b/1', 'touch second; sleep 1000', {}, abort.signal);
      await until(() => existsSync(join(trial.workspace(), 'second')));
      abort.abort();
      await assert.rejects(aborted, { code: 'task.cancelled' });
      assert.equal(outputOf(await trial.run('T1/1/a/b/2', 'exit 0')).exitCode, 0);
    });

    test('a call that takes too long is ended with sandbox.limit', async () => {
      await using trial = await started(driver);
      const limits = { memoryBytes: 512 * 1024 * 1024, processes: 128, callSeconds: 1 };
      assert.equal(codeOf(await trial.run('T1/1/a/b/0', 'sleep 1000', { limits })), 'sandbox.limit');
      assert.equal(outputOf(await trial.run('T1/1/a/b/1', 'exit 0', { limits })).exitCode, 0);
    });

    test('a command that needs too much memory is ended, people hear why, the outcome says so, and the sandbox goes on', async (context) => {
      await using trial = await started(driver);
      const limits = { memoryBytes: 300 * 1024 * 1024, processes: 128, callSeconds: 60 };
      const hungry = 'x=$(head -c 900000000 /dev/zero | tr "\\0" a); echo unreachable';
      const result = await trial.run('T1/1/a/b/0', hungry, { limits });
      if (result.ok && result.isolation?.memory === 'none') return context.skip('this machine gives no memory limit');
      assert.equal(outputOf(result).signal, 'SIGKILL');
      assert.ok(result.ok && result.memoryKills > 0);
      assert.ok(trial.activities.some(({ message }) => message?.includes('more memory')));
      const next = await trial.run('T1/1/a/b/1', 'exit 0', { limits });
      assert.equal(outputOf(next).exitCode, 0);
      assert.ok(next.ok && next.memoryKills === 0);
    });

    test('gigabytes of output grow nobody', async () => {
      await using trial = await started(driver);
      const output = outputOf(await trial.run('T1/1/a/b/0', 'head -c 2000000000 /dev/zero'));
      assert.equal(output.outputBytes, 2_000_000_000);
      const peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${trial.pid}/status`, 'utf8'))?.[1]);
      assert.ok(peak < 400_000, `the host grew to ${peak} KiB`);
      assert.ok(trial.activities.some(({ outputBytes }) => (outputBytes ?? 0) > 1_000_000));
    });

    test('what a command prints can be read while it runs, by a later host too, until the task is released', async () => {
      await using trial = await started(driver);
      const command = 'printf first; while [ ! -e go ]; do printf .; sleep 0.05; done; printf second';
      const printed = async (offset = 0) => (await trial.output('T1/1/a/b/0', offset)) ?? { text: '', size: 0 };
      const broken = trial.run('T1/1/a/b/0', command).catch(() => null);
      assert.equal(await trial.output('T1/1/a/b/1', 0), null);
      await until(async () => (await printed()).size > 5);
      assert.match((await printed()).text, /^first\.+$/);
      assert.match((await printed(2)).text, /^rst\.+$/);
      assert.equal((await printed(1_000_000)).text, '');
      await trial.end('SIGKILL');
      await broken;
      await trial.start();
      const before = (await printed()).size;
      const again = trial.run('T1/1/a/b/0', command);
      // A runner tells only what is printed after somebody attached to it.
      await until(async () => (await printed()).size > before);
      writeFileSync(join(trial.workspace(), 'go'), '');
      assert.match(outputOf(await again).outputTail, /second$/);
      assert.match((await printed()).text, /^first\.+second$/);
      await trial.request('T1/1/end/release/0', 'task.release', { task: 'T1' }, null);
      assert.equal(await trial.output('T1/1/a/b/0', 0), null);
    });

    test('two calls at once: one sandbox takes turns, two sandboxes work side by side', async () => {
      await using trial = await started(driver);
      const turn = 'echo in >> log; sleep 0.1; echo out >> log';
      const both = await Promise.all([trial.run('T1/1/a/b/0', turn), trial.run('T1/1/a/b/1', turn)]);
      assert.ok(both.every((result) => result.ok));
      assert.equal(readFileSync(join(trial.workspace(), 'log'), 'utf8'), 'in\nout\nin\nout\n');
      const meet = 'touch here; while [ ! -e go ]; do sleep 0.05; done';
      const sides = ['left', 'right'].map((id) => trial.run(`T1/1/a/${id}/0`, meet, { id }));
      await until(() => ['left', 'right'].every((id) => existsSync(join(trial.workspace(id), 'here'))));
      for (const id of ['left', 'right']) writeFileSync(join(trial.workspace(id), 'go'), '');
      assert.ok((await Promise.all(sides)).every((result) => result.ok));
    });

    test('leftovers of a sandbox that was never whole are gone after a start', async () => {
      const trial = new HostTrial(driver);
      const left = join(trial.folder.instances, 'T9', 'half');
      mkdirSync(join(left, 'workspace'), { recursive: true });
      assert.equal(await trial.start(), null);
      await using _ = trial;
      assert.equal(existsSync(left), false);
    });

    test('kill -9 of the host at any point of making a sandbox leaves a usable one or none', async () => {
      await using trial = await started(driver);
      for (const [index, milliseconds] of [0, 40, 150, 400].entries()) {
        const id = `sandbox-${index}`;
        const callId = `T1/1/a/${id}/0`;
        await trial.spec();
        const broken = trial.run(callId, 'echo x >> witness', { id }).catch(() => null);
        await new Promise((resolve) => setTimeout(resolve, milliseconds));
        await trial.end('SIGKILL');
        await broken;
        assert.equal(await trial.start(), null);
        assert.equal(outputOf(await trial.run(callId, 'echo x >> witness', { id })).exitCode, 0);
        assert.equal(readFileSync(join(trial.workspace(id), 'witness'), 'utf8'), 'x\n');
      }
      const records = join(trial.folder.root, 'sandboxes', driver);
      assert.equal(readdirSync(records).filter((name) => name.endsWith('.json')).length, 4);
    });

    test('a second daemon on the same data folder leaves at once and disturbs nothing', async () => {
      await using trial = await started(driver);
      const second = new HostTrial(driver);
      await using _ = second;
      assert.equal(await second.start({ NOVA_HOME: trial.folder.root }), 1);
      assert.equal(outputOf(await trial.run('T1/1/a/b/0', 'exit 0')).exitCode, 0);
    });

    test('release ends the sandboxes of a task and removes their folders', async () => {
      await using trial = await started(driver);
      const token = `token-${randomUUID()}`;
      const running = trial.run('T1/1/a/b/0', `touch up; sh -c "sleep 1000; :" ${token}`);
      await until(() => existsSync(join(trial.workspace(), 'up')));
      const released = await trial.request('T1/1/end/release/0', 'task.release', { task: 'T1' }, null);
      assert.deepEqual(released, { ok: true, output: { sandboxes: 1 }, isolation: null, memoryKills: 0 });
      assert.equal(codeOf(await running), 'task.cancelled');
      assert.deepEqual(processesWith(token), []);
      assert.equal(existsSync(join(trial.folder.instances, 'T1')), false);
      assert.deepEqual(
        readdirSync(join(trial.folder.root, 'sandboxes', driver)).filter((name) => name.endsWith('.json')),
        [],
      );
    });

    test('ends by itself when nobody is connected and nothing runs', async () => {
      const trial = new HostTrial(driver);
      assert.equal(await trial.start({ NOVA_TEST_IDLE: '2' }), null);
      await using _ = trial;
      await trial.disconnect();
      assert.equal(await trial.end(null), 0);
    });

    test('a tool it does not have, and input that is none', async () => {
      await using trial = await started(driver);
      assert.equal(codeOf(await trial.request('T1/1/a/b/0', 'no.such', {}, null)), 'tool.unknown');
      assert.equal(
        codeOf(await trial.request('T1/1/a/b/1', 'workspace.capture', { repository: 1 }, null)),
        'tool.input',
      );
      assert.equal(
        codeOf(await trial.request('T1/1/a/b/2', 'workspace.capture', {}, await trial.spec())),
        'tool.unknown',
      );
    });
  });
}
