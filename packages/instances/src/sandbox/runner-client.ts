import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import {
  callResult,
  helloResult,
  NovaError,
  outputParams,
  progressParams,
  type RunnerCallResult,
  runnerMethods,
  runnerProtocolVersion,
} from '@nova/core';
import {
  createMessageConnection,
  ErrorCodes,
  type MessageConnection,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node';
import type { RunnerKey } from './runner-key.ts';

/** What calls say while they run. */
export interface RunnerNews {
  output(callId: string, bytes: Uint8Array): void;
  progress(callId: string, message: string, done: number, total: number | null): void;
}

/** A line to one runner. When it breaks, pending calls reject with `RunnerGone`; a new line attaches to them again. */
export interface RunnerClient extends Disposable {
  /** Calls that run or whose outcome waits, at the time of connecting. */
  readonly calls: readonly string[];
  /** The key, with the number of the socket that answered. */
  readonly key: RunnerKey;
  readonly closed: Promise<void>;
  call(callId: string, tool: string, input: unknown): Promise<RunnerCallResult>;
  cancel(callId: string): Promise<void>;
  forget(callId: string): Promise<void>;
}

/** The line broke or what came over it was no message; whether the runner lives is another question. */
export class RunnerGone extends Error {}

/**
 * Connects to the runner that listens at this path of the host. Rejects with `RunnerGone` when nobody listens, with
 * `sandbox.lost` when another socket lies there than the key names, with `sandbox.unavailable` when the runner is of another
 * version or refuses the key.
 */
export async function connectRunner(socketPath: string, key: RunnerKey, news: RunnerNews): Promise<RunnerClient> {
  const { socket, number } = await connectInside(socketPath, key.socket);
  // It may have broken before anybody listened for that.
  if (socket.destroyed) throw new RunnerGone(`The line to ${socketPath} broke at once.`);
  const reader = new SocketMessageReader(socket);
  // Its timer for half a message sets itself anew for ever, also after the line broke, and keeps this process alive.
  reader.partialMessageTimeout = 0;
  const connection = createMessageConnection(reader, new SocketMessageWriter(socket));
  const closed = Promise.withResolvers<void>();
  const cut = (): void => {
    socket.destroy();
  };
  socket.on('error', cut);
  socket.once('close', () => {
    // Disposing rejects what is pending.
    connection.dispose();
    closed.resolve();
  });
  connection.onError(cut);
  connection.onNotification(runnerMethods.output, (params: unknown) => {
    const { success, data } = outputParams.safeParse(params);
    if (success) news.output(data.callId, Buffer.from(data.base64, 'base64'));
    else cut();
  });
  connection.onNotification(runnerMethods.progress, (params: unknown) => {
    const { success, data } = progressParams.safeParse(params);
    if (success) news.progress(data.callId, data.message, data.done, data.total);
    else cut();
  });
  connection.listen();
  const hello = helloResult.safeParse(
    await request(connection, runnerMethods.hello, { protocol: runnerProtocolVersion, secret: key.secret }),
  );
  if (!hello.success || hello.data.protocol !== runnerProtocolVersion) {
    cut();
    throw new NovaError(
      'sandbox.unavailable',
      'The runner in the sandbox is of another version than the host. Nothing ran; restart the host of this version.',
    );
  }
  return {
    calls: hello.data.calls,
    key: { ...key, socket: number },
    closed: closed.promise,
    async call(callId, tool, input) {
      const answer = await request(connection, runnerMethods.call, { callId, tool, input });
      const parsed = callResult.safeParse(answer);
      if (parsed.success) return parsed.data;
      cut();
      throw new RunnerGone('The runner answered with something that is no outcome.');
    },
    async cancel(callId) {
      await request(connection, runnerMethods.cancel, { callId });
    },
    async forget(callId) {
      await request(connection, runnerMethods.forget, { callId });
    },
    [Symbol.dispose]: cut,
  };
}

/** What the library answers itself when the line broke before or under a request. */
const cutWhileAsking: ReadonlySet<number> = new Set([
  ErrorCodes.PendingResponseRejected,
  ErrorCodes.MessageWriteError,
  ErrorCodes.MessageReadError,
  ErrorCodes.ConnectionInactive,
]);

/** Pending requests reject when the line breaks, because the connection is disposed then. */
async function request(connection: MessageConnection, method: string, params: object): Promise<unknown> {
  try {
    return await connection.sendRequest<unknown>(method, params);
  } catch (error) {
    if (error instanceof ResponseError && !cutWhileAsking.has(error.code)) {
      throw new NovaError('sandbox.unavailable', `The runner refused ${method}: ${error.message}`, { cause: error });
    }
    throw new RunnerGone('The line to the runner broke.', { cause: error });
  }
}

/** Linux: opens the name itself, so that a link put in its place is seen; absent from Node's constants. */
const openPathOnly = 0o10000000;

/**
 * Connects to exactly the socket that lies there. The folder belongs to the sandbox, whose code could put a link to somebody
 * else's socket in its place, or a socket of its own: then its number is another one than `expected`, because the runner
 * still holds the first. It also makes the path short: a socket's may have 107 bytes.
 */
async function connectInside(path: string, expected: string | null): Promise<{ socket: Socket; number: string }> {
  let place: Awaited<ReturnType<typeof open>>;
  try {
    place = await open(path, openPathOnly | constants.O_NOFOLLOW);
  } catch (error) {
    throw new RunnerGone(`No runner listens at ${path}.`, { cause: error });
  }
  try {
    const status = await place.stat({ bigint: true });
    const number = String(status.ino);
    if (!status.isSocket()) throw new RunnerGone(`What lies at ${path} is no socket.`);
    if (expected !== null && number !== expected) {
      throw new NovaError(
        'sandbox.lost',
        'The tests put another socket in the place of the one that the runner made, so nothing was said to it. Nothing of the call was kept; the same call makes a fresh sandbox.',
      );
    }
    const socket = connect(`/proc/self/fd/${place.fd}`);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return { socket, number };
  } catch (error) {
    if (error instanceof RunnerGone || error instanceof NovaError) throw error;
    throw new RunnerGone(`No runner answers at ${path}.`, { cause: error });
  } finally {
    await place.close();
  }
}
