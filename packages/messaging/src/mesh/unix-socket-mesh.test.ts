import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { NovaError } from '@nova/core';
import fc from 'fast-check';
import { z } from 'zod';
import { coded } from '../ledger/contract.ts';
import { connectMesh } from './connect-mesh.ts';
import type { MeshConnection, MeshHandler } from './mesh.ts';
import { meshHandler, serveMesh } from './unix-socket-mesh.ts';

const never = new AbortController().signal;

class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'nova-mesh-'));
  readonly socket = join(this.path, 'run', 'host.sock');

  serve(handlers: Readonly<Record<string, MeshHandler>> = { echo }) {
    return serveMesh({ socket: this.socket, handlers });
  }

  connect(): Promise<MeshConnection> {
    return connectMesh({ socket: this.socket, signal: never });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

const echo: MeshHandler = async (params) => params;

/** A handler that tells when it was reached and then waits for its signal, or for the caller to be gone. */
function waiting() {
  const reached = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<unknown>();
  const gone = Promise.withResolvers<void>();
  const handler: MeshHandler = (_params, call) => {
    reached.resolve();
    call.gone.addEventListener('abort', () => gone.resolve());
    return new Promise((_resolve, reject) => {
      call.signal.addEventListener('abort', () => {
        cancelled.resolve(call.signal.reason);
        reject(call.signal.reason);
      });
    });
  };
  return { handler, reached: reached.promise, cancelled: cancelled.promise, gone: gone.promise };
}

describe('unix socket mesh: request and reply', () => {
  it('answers several callers at once, whatever JSON they send', async () => {
    using folder = new Folder();
    await using server = await folder.serve();
    await using one = await folder.connect();
    await using two = await folder.connect();
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const expected: unknown = JSON.parse(JSON.stringify(value));
        const answers = await Promise.all([one, two].map((mesh) => mesh.request('echo', value, z.unknown(), never)));
        assert.deepEqual(answers, [expected, expected]);
      }),
      { numRuns: 50 },
    );
    assert.equal(server.connections, 2);
    assert.equal((await one.health(never)).pid, process.pid);
  });

  it('carries 20 MB there and back', async () => {
    using folder = new Folder();
    await using _server = await folder.serve();
    await using mesh = await folder.connect();
    const large = 'ä'.repeat(10 * 1024 * 1024);
    assert.ok((await mesh.request('echo', { large }, z.object({ large: z.string() }), never)).large === large);
  });

  it('brings a failure across with its code, message and details', async () => {
    using folder = new Folder();
    const handlers: Record<string, MeshHandler> = {
      refuse: async () => {
        throw new NovaError('lease.stale', 'Too late.', { details: { token: 3 } });
      },
      crash: async () => {
        throw new TypeError('a bug');
      },
      typed: meshHandler(z.object({ n: z.number() }), async ({ n }) => n + 1),
    };
    await using _server = await folder.serve(handlers);
    await using mesh = await folder.connect();
    await assert.rejects(mesh.request('refuse', {}, z.unknown(), never), (error) => {
      assert.ok(error instanceof NovaError);
      assert.deepEqual([error.code, error.message, error.details], ['lease.stale', 'Too late.', { token: 3 }]);
      return true;
    });
    await assert.rejects(mesh.request('crash', {}, z.unknown(), never), coded('internal'));
    await assert.rejects(mesh.request('typed', { n: 'x' }, z.unknown(), never), coded('mesh.protocol'));
    await assert.rejects(mesh.request('typed', { n: 1 }, z.string(), never), coded('mesh.protocol'));
    await assert.rejects(mesh.request('nobody', {}, z.unknown(), never), coded('mesh.protocol'));
    assert.equal(await mesh.request('typed', { n: 1 }, z.number(), never), 2);
  });

  it('cancels at the other side when the caller aborts, and says timeout when it was one', async () => {
    using folder = new Folder();
    const [first, second] = [waiting(), waiting()];
    await using _server = await folder.serve({ first: first.handler, second: second.handler, echo });
    await using mesh = await folder.connect();
    const stop = new AbortController();
    const request = mesh.request('first', {}, z.unknown(), stop.signal);
    await first.reached;
    stop.abort();
    await assert.rejects(request, coded('task.cancelled'));
    assert.ok(coded('task.cancelled')(await first.cancelled));
    await assert.rejects(mesh.request('second', {}, z.unknown(), AbortSignal.timeout(20)), coded('mesh.timeout'));
    await second.cancelled;
    await assert.rejects(mesh.request('echo', {}, z.unknown(), AbortSignal.abort()), coded('task.cancelled'));
    assert.equal(await mesh.request('echo', 1, z.number(), never), 1);
  });

  it('tells both sides when the other is gone, and does not take that for a cancellation', async () => {
    using folder = new Folder();
    const work = waiting();
    const server = await folder.serve({ work: work.handler });
    const mesh = await folder.connect();
    const request = mesh.request('work', {}, z.unknown(), never);
    await work.reached;
    await mesh[Symbol.asyncDispose]();
    await assert.rejects(request, coded('mesh.unreachable'));
    await work.gone;
    let cancelled = false;
    work.cancelled.then(() => {
      cancelled = true;
    });
    const other = await folder.connect();
    await server[Symbol.asyncDispose]();
    assert.equal((await other.closed).code, 'mesh.unreachable');
    await assert.rejects(other.request('work', {}, z.unknown(), never), coded('mesh.unreachable'));
    assert.equal(cancelled, false);
    assert.equal(existsSync(folder.socket), false);
  });
});

describe('unix socket mesh: publish and subscribe', () => {
  const numbered = z.object({ n: z.number() });

  it('delivers to the subscribers of a subject, in order, until they leave', async () => {
    using folder = new Folder();
    await using server = await folder.serve();
    await using one = await folder.connect();
    await using two = await folder.connect();
    const seen: string[] = [];
    const note = (name: string) => (payload: { n: number }) => void seen.push(`${name}${payload.n}`);
    const first = await one.subscribe('activity', numbered, note('a'));
    await using _second = await one.subscribe('activity', numbered, note('b'));
    await using _other = await two.subscribe('else', numbered, note('c'));
    for (let n = 0; n < 3; n++) server.publish('activity', { n });
    // An answer that was sent after the messages comes after them.
    await one.request('echo', 0, z.number(), never);
    await first[Symbol.asyncDispose]();
    server.publish('activity', { n: 9 });
    server.publish('else', { n: 9 });
    await Promise.all([one, two].map((mesh) => mesh.request('echo', 0, z.number(), never)));
    assert.deepEqual(seen.toSorted(), ['a0', 'a1', 'a2', 'b0', 'b1', 'b2', 'b9', 'c9']);
  });

  it('ends the connection of a subscriber that gets a message of another shape', async () => {
    using folder = new Folder();
    await using server = await folder.serve();
    await using mesh = await folder.connect();
    await mesh.subscribe('activity', numbered, () => {});
    server.publish('activity', { n: 'text' });
    assert.equal((await mesh.closed).code, 'mesh.protocol');
  });

  it('drops messages for a subscriber that does not read, and serves the others', async () => {
    using folder = new Folder();
    await using server = await folder.serve();
    const deaf = connect(folder.socket);
    await once(deaf, 'connect');
    deaf.write(frame({ jsonrpc: '2.0', id: 1, method: 'mesh/subscribe', params: { subject: 'activity' } }));
    await once(deaf, 'data');
    deaf.pause();
    await using mesh = await folder.connect();
    const all = Promise.withResolvers<void>();
    let received = 0;
    await mesh.subscribe('activity', z.object({ text: z.string() }), () => {
      received += 1;
      if (received === 40) all.resolve();
    });
    const text = 'x'.repeat(1024 * 1024);
    for (let n = 0; n < 40; n++) {
      server.publish('activity', { text });
      await mesh.request('echo', n, z.number(), never);
    }
    await all.promise;
    let bytes = 0;
    let hears = false;
    deaf.on('data', (piece: Buffer) => {
      bytes += piece.length;
      hears ||= piece.includes('the end');
    });
    deaf.resume();
    while (!hears) {
      server.publish('activity', { text: 'the end' });
      await mesh.request('echo', 0, z.number(), never);
    }
    assert.ok(bytes > 0 && bytes < 20 * 1024 * 1024, `${bytes} bytes were kept for it`);
    deaf.destroy();
  });
});

describe('unix socket mesh: the socket', () => {
  it('is private, and refuses a folder that others may enter', async () => {
    using folder = new Folder();
    await using _server = await folder.serve();
    assert.equal(statSync(folder.socket).mode & 0o777, 0o600);
    assert.equal(statSync(join(folder.path, 'run')).mode & 0o777, 0o700);
    const open = join(folder.path, 'open');
    mkdirSync(open);
    chmodSync(open, 0o755);
    await assert.rejects(serveMesh({ socket: join(open, 's'), handlers: {} }), coded('usage.invalid'));
    await assert.rejects(
      serveMesh({ socket: join(folder.path, 'x'.repeat(120)), handlers: {} }),
      coded('usage.invalid'),
    );
  });

  it('is refused while somebody listens, whoever that is, and taken over from the dead', async () => {
    using folder = new Folder();
    await assert.rejects(folder.connect(), coded('mesh.unreachable'));
    const first = await folder.serve();
    await assert.rejects(folder.serve(), coded('mesh.unreachable'));
    await using mesh = await folder.connect();
    assert.equal(await mesh.request('echo', 1, z.number(), never), 1);
    await first[Symbol.asyncDispose]();

    const script = `require('node:net').createServer(() => {}).listen(process.argv[1], () => console.log('listening'))`;
    const child = spawn(process.execPath, ['-e', script, folder.socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    await assert.rejects(folder.serve(), coded('mesh.unreachable'));
    const gone = once(child, 'close');
    child.kill('SIGKILL');
    await gone;
    assert.equal(existsSync(folder.socket), true);
    await assert.rejects(folder.connect(), coded('mesh.unreachable'));
    await using _second = await folder.serve();
    await using again = await folder.connect();
    assert.equal(await again.request('echo', 2, z.number(), never), 2);
  });

  it('lets exactly one of many win that start at the same time on a stale file', async () => {
    using folder = new Folder();
    mkdirSync(join(folder.path, 'run'), { mode: 0o700 });
    writeFileSync(folder.socket, '');
    const starts = await Promise.allSettled(Array.from({ length: 8 }, () => folder.serve()));
    const winners = starts.filter((start) => start.status === 'fulfilled');
    assert.equal(winners.length, 1);
    await using mesh = await folder.connect();
    assert.equal(await mesh.request('echo', 1, z.number(), never), 1);
    for (const winner of winners) await winner.value[Symbol.asyncDispose]();
  });

  it('survives garbage, and so do its other callers', async () => {
    using folder = new Folder();
    await using server = await folder.serve();
    await using mesh = await folder.connect();
    const garbage = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 400 }),
      fc.jsonValue().map((value) => frame(value)),
      fc.constantFrom(
        frame({ jsonrpc: '2.0', method: '$/cancelRequest' }),
        frame({ jsonrpc: '2.0', id: 1, method: 'mesh/subscribe' }),
        frame({ jsonrpc: '2.0', id: 1, method: 'echo', params: [1, 2, 3] }),
        frame({ jsonrpc: '2.0', id: null, result: 1 }),
        Buffer.from('Content-Length: x\r\n\r\n'),
        Buffer.from('Content-Length: 5\r\n\r\nnope!'),
        Buffer.from('Content-Length: -5\r\n\r\n{}'),
        Buffer.from('Content-Nothing\r\n\r\n'),
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(garbage, { minLength: 1, maxLength: 3 }), async (pieces) => {
        const socket = connect(folder.socket);
        const closed = ended(socket);
        socket.end(Buffer.concat(pieces));
        socket.resume();
        await closed;
        assert.equal(await mesh.request('echo', 1, z.number(), never), 1);
      }),
      { numRuns: 150 },
    );
    assert.equal(server.connections, 1);
  });

  it('ends a connection that sends without end what is no message', async () => {
    using folder = new Folder();
    await using _server = await folder.serve();
    const socket = connect(folder.socket);
    const closed = ended(socket);
    const pour = () => {
      while (!socket.destroyed && socket.write(Buffer.alloc(64 * 1024, 120)));
    };
    socket.on('drain', pour);
    pour();
    await closed;
  });

  it('leaves nothing that keeps the process alive when the line breaks in the middle of a message', async () => {
    using folder = new Folder();
    const half = createServer((socket) => {
      socket.on('error', () => {});
      socket.write(frame({ jsonrpc: '2.0', method: 'anything' }).subarray(0, -3), () => socket.destroy());
    });
    mkdirSync(join(folder.path, 'run'), { mode: 0o700 });
    half.listen(folder.socket);
    await once(half, 'listening');
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const mesh = await folder.connect();
    await mesh.closed;
    assert.equal(timers(), before);
    half.close();
  });
});

/** Resolves when the socket is closed, in whatever way. */
function ended(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

function frame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
}
