import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { CodeTool } from '@nova/code';
import {
  changePreview,
  outputForwardBytes,
  type RunnerCallResult,
  runnerMethods,
  runnerProtocolVersion,
} from '@nova/core';
import {
  createMessageConnection,
  type MessageConnection,
  SocketMessageReader,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node';
import { type Runner, startRunner } from './compose.ts';

const tool = changePreview.name;
const input = { candidates: [] };
const secret = 'what only the host knows';
const hello = { protocol: runnerProtocolVersion, secret };

describe('runner', () => {
  let root = '';
  let runner: Runner;
  const lines: MessageConnection[] = [];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'nova runner '));
  });
  afterEach(async () => {
    for (const line of lines.splice(0)) line.end();
    await runner[Symbol.asyncDispose]();
    await rm(root, { recursive: true });
  });

  async function start(work: CodeTool, hostLossSeconds = 1000): Promise<void> {
    runner = await startRunner({
      start: {
        socket: join(root, 'runner.sock'),
        workspace: '/workspace',
        secretHash: createHash('sha256').update(secret).digest('hex'),
        commit: 'c0ffee',
        scratch: root,
        temporary: [],
      },
      tools: { [tool]: work },
      environment: { PATH: '/usr/bin', NOVA_RUNNER: '{}' },
      hostLossSeconds,
    });
  }

  async function line(greeting: unknown = hello): Promise<MessageConnection> {
    const socket = connect(join(root, 'runner.sock'));
    await once(socket, 'connect');
    const connection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
    socket.on('error', () => {});
    socket.once('close', () => connection.dispose());
    connection.listen();
    lines.push(connection);
    if (greeting !== null) await connection.sendRequest(runnerMethods.hello, greeting);
    return connection;
  }

  const call = (over: MessageConnection, callId: string, what: unknown = input, name: string = tool) =>
    over.sendRequest<RunnerCallResult>(runnerMethods.call, { callId, tool: name, input: what });

  test('carries a call out once, for everyone who asks, until it is forgotten', async () => {
    let runs = 0;
    const gate = Promise.withResolvers<void>();
    await start(async () => {
      runs += 1;
      await gate.promise;
      return { diffs: [{ candidate: 'a', diff: `run ${runs}` }] };
    });
    const [one, two] = [await line(), await line()];
    const asked = [call(one, 'x'), call(two, 'x')];
    gate.resolve();
    const [first, second] = await Promise.all(asked);
    assert.deepEqual(first, { ok: true, output: { diffs: [{ candidate: 'a', diff: 'run 1' }] }, attachments: {} });
    assert.deepEqual(second, first);
    assert.deepEqual(await call(one, 'x'), first);
    assert.deepEqual(((await one.sendRequest(runnerMethods.hello, hello)) as { calls: string[] }).calls, ['x']);
    await one.sendRequest(runnerMethods.forget, { callId: 'x' });
    await call(two, 'x');
    assert.equal(runs, 2);
  });

  test('keeps the outcome of a call whose asker has gone', async () => {
    const gate = Promise.withResolvers<void>();
    await start(async () => {
      await gate.promise;
      return { diffs: [] };
    });
    const gone = await line();
    const lost = call(gone, 'x').catch(() => 'gone');
    const other = await line();
    gone.end();
    assert.equal(await lost, 'gone');
    gate.resolve();
    assert.equal((await call(other, 'x')).ok, true);
  });

  test('one call after another: a workspace has one writer', async () => {
    let inside = 0;
    await start(async () => {
      inside += 1;
      assert.equal(inside, 1);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      return { diffs: [] };
    });
    const host = await line();
    const results = await Promise.all(['a', 'b', 'c'].map((id) => call(host, id)));
    assert.ok(results.every((result) => result.ok));
  });

  test('cancels a running call and one that waits', async () => {
    const started = Promise.withResolvers<void>();
    await start(async (_, { signal }) => {
      started.resolve();
      await once(signal, 'abort');
      throw new Error('the command was killed');
    });
    const host = await line();
    const results = [call(host, 'a'), call(host, 'b')];
    await started.promise;
    for (const callId of ['b', 'a', 'unknown']) await host.sendRequest(runnerMethods.cancel, { callId });
    for (const result of await Promise.all(results)) assert.equal(!result.ok && result.error.code, 'task.cancelled');
  });

  test('checks what goes in and what comes out', async () => {
    await start(async () => ({ something: 'else' }));
    const host = await line();
    const codes = [];
    for (const result of [
      await call(host, 'a', { candidates: 7 }),
      await call(host, 'b'),
      await call(host, 'c', input, 'no.such'),
      await call(host, 'd', { command: 'x', timeoutSeconds: 1 }, 'tests.run'),
    ]) {
      codes.push(result.ok ? 'ok' : result.error.code);
    }
    assert.deepEqual(codes, ['tool.input', 'tool.failed', 'tool.unknown', 'tool.unknown']);
  });

  test('gives a tool its place, and commands an environment without what is ours', async () => {
    const seen = Promise.withResolvers<unknown>();
    await start(async (_, { workspace, commit, environment, scratch }) => {
      seen.resolve({ workspace, commit, environment, scratch });
      return { diffs: [] };
    });
    await call(await line(), 'a');
    const expected = { workspace: '/workspace', commit: 'c0ffee', environment: { PATH: '/usr/bin' }, scratch: root };
    assert.deepEqual(await seen.promise, expected);
  });

  test('forwards output up to a bound, progress, and file-sized parts beside the outcome', async () => {
    const bytes = Buffer.alloc(outputForwardBytes - 10, 'x');
    await start(async (_, context) => {
      context.progress('half', 1, 2);
      context.output(bytes);
      context.output(bytes);
      context.output(bytes);
      return { diffs: [{ candidate: 'a', diff: context.attach('part', Buffer.from('content')) }] };
    });
    const host = await line();
    let forwarded = 0;
    const said: unknown[] = [];
    host.onNotification(runnerMethods.output, ({ base64 }: { base64: string }) => {
      forwarded += Buffer.from(base64, 'base64').length;
    });
    host.onNotification(runnerMethods.progress, (progress: unknown) => {
      said.push(progress);
    });
    const result = await call(host, 'a');
    assert.equal(forwarded, outputForwardBytes);
    assert.deepEqual(said, [{ callId: 'a', message: 'half', done: 1, total: 2 }]);
    assert.deepEqual(result, {
      ok: true,
      output: { diffs: [{ candidate: 'a', diff: 'attachment:part' }] },
      attachments: { part: Buffer.from('content').toString('base64') },
    });
  });

  test('garbage ends the line it came over, and nothing else', async () => {
    await start(async () => ({ diffs: [] }));
    for (const garbage of [
      'GET / HTTP/1.1\r\n\r\n',
      'Content-Length: nonsense\r\n\r\n{}',
      'Content-Length: 3\r\n\r\n{{{',
      '\0\0\0\0',
    ]) {
      const socket = connect(join(root, 'runner.sock'));
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.resume();
      socket.write(garbage);
      socket.end();
      await once(socket, 'close');
    }
    assert.equal((await call(await line(), 'a')).ok, true);
  });

  test('refuses a host of another version', async () => {
    await start(async () => ({ diffs: [] }));
    await assert.rejects(line({ ...hello, protocol: 99 }), /both must be of one version/);
  });

  test('whoever does not know the secret hears why, hears nothing else, changes nothing, and is cut off', async () => {
    const gate = Promise.withResolvers<void>();
    await start(async (_, context) => {
      context.progress('half', 1, 2);
      context.output(Buffer.from('text'));
      await gate.promise;
      return { diffs: [] };
    });
    const host = await line();
    const running = call(host, 'x');
    const first = [
      { method: runnerMethods.hello, params: { protocol: runnerProtocolVersion } },
      { method: runnerMethods.hello, params: { ...hello, secret: '' } },
      { method: runnerMethods.hello, params: { ...hello, secret: createHash('sha256').update(secret).digest('hex') } },
      { method: runnerMethods.call, params: { callId: 'y', tool, input } },
      { method: runnerMethods.cancel, params: { callId: 'x' } },
      { method: runnerMethods.forget, params: { callId: 'x' } },
      { method: 'runner/other', params: {} },
    ];
    for (const { method, params } of first) {
      const stranger = await line(null);
      let heard = 0;
      stranger.onUnhandledNotification(() => {
        heard += 1;
      });
      const cut = new Promise<void>((resolve) => stranger.onClose(resolve));
      await assert.rejects(stranger.sendRequest(method, params), /hello|secret/, method);
      await cut;
      assert.equal(heard, 0);
    }
    gate.resolve();
    assert.equal((await running).ok, true);
    const { calls } = (await host.sendRequest(runnerMethods.hello, hello)) as { calls: string[] };
    assert.deepEqual(calls, ['x']);
  });

  test('is abandoned when no host has come, and when the last one has gone', async () => {
    await start(async () => ({ diffs: [] }), 0.05);
    await runner.abandoned;
  });

  test('is not abandoned while a host is there', async () => {
    await start(async () => ({ diffs: [] }), 0.05);
    const host = await line();
    let abandoned = false;
    void runner.abandoned.then(() => {
      abandoned = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.equal(abandoned, false);
    host.end();
    await runner.abandoned;
  });
});
