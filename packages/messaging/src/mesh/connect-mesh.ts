import type { Socket } from 'node:net';
import { fromErrorRecord, NovaError } from '@nova/core';
import {
  CancellationTokenSource,
  createMessageConnection,
  ErrorCodes,
  type MessageConnection,
  ResponseError,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node';
import type { z } from 'zod';
import { BoundedReader } from './bounded-reader.ts';
import type { MeshConnection, MeshHealth } from './mesh.ts';
import { errorData, healthResult, meshMethods, messageParams } from './mesh-protocol.ts';
import { connectToSocket } from './unix-socket.ts';

/**
 * Connects to a Mesh that is served on a unix socket. The signal limits the connecting only. Rejects with `mesh.unreachable`
 * when nobody listens, `mesh.timeout` or `task.cancelled` as the signal says.
 */
export async function connectMesh(options: {
  readonly socket: string;
  readonly signal: AbortSignal;
}): Promise<MeshConnection> {
  const { socket, signal } = options;
  if (signal.aborted) throw abortedError(signal, `connecting to ${socket}`);
  const connecting = connectToSocket(socket);
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(abortedError(signal, `connecting to ${socket}`));
  signal.addEventListener('abort', abort, { once: true });
  try {
    return new UnixSocketConnection(await Promise.race([connecting, aborted.promise]), socket);
  } catch (error) {
    connecting.then(
      (late) => late.destroy(),
      () => {},
    );
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

interface Subscription {
  readonly subject: string;
  readonly deliver: (payload: unknown) => void;
}

class UnixSocketConnection implements MeshConnection {
  readonly closed: Promise<NovaError>;
  readonly #path: string;
  readonly #socket: Socket;
  readonly #connection: MessageConnection;
  readonly #subscriptions = new Set<Subscription>();
  #reason: NovaError | null = null;
  #open = true;

  constructor(socket: Socket, path: string) {
    this.#path = path;
    this.#socket = socket;
    this.#connection = createMessageConnection(new BoundedReader(socket), new SocketMessageWriter(socket));
    const closed = Promise.withResolvers<NovaError>();
    this.closed = closed.promise;
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#open = false;
      this.#reason ??= this.#unreachable();
      closed.resolve(this.#reason);
      // Rejects every request that waits for its answer.
      this.#connection.dispose();
    });
    this.#connection.onError(([error]) =>
      this.#end(isCut(error) ? this.#unreachable(error) : this.#protocol('sent what is not a message', error)),
    );
    this.#connection.onNotification(meshMethods.message, (params: unknown) => this.#receive(params));
    this.#connection.listen();
  }

  async request<Output>(
    subject: string,
    params: unknown,
    schema: z.ZodType<Output>,
    signal: AbortSignal,
  ): Promise<Output> {
    const answer = await this.#ask(subject, { params }, signal);
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw this.#protocol(`answered ${subject} in another shape than expected`, parsed.error);
  }

  async health(signal: AbortSignal): Promise<MeshHealth> {
    const parsed = healthResult.safeParse(await this.#ask(meshMethods.health, {}, signal));
    if (parsed.success) return parsed.data;
    throw this.#protocol('does not answer as a Mesh', parsed.error);
  }

  async subscribe<Payload>(
    subject: string,
    schema: z.ZodType<Payload>,
    handler: (payload: Payload) => void,
  ): Promise<AsyncDisposable> {
    const subscription: Subscription = {
      subject,
      deliver: (payload) => {
        const parsed = schema.safeParse(payload);
        if (parsed.success) handler(parsed.data);
        else this.#end(this.#protocol(`published ${subject} in another shape than expected`, parsed.error));
      },
    };
    this.#subscriptions.add(subscription);
    try {
      await this.#ask(meshMethods.subscribe, { subject }, new AbortController().signal);
    } catch (error) {
      this.#subscriptions.delete(subscription);
      throw error;
    }
    return { [Symbol.asyncDispose]: () => this.#unsubscribe(subscription) };
  }

  async #unsubscribe(subscription: Subscription): Promise<void> {
    const { subject } = subscription;
    if (!this.#subscriptions.delete(subscription)) return;
    if (!this.#open || [...this.#subscriptions].some((other) => other.subject === subject)) return;
    // A connection that ends in the meantime has ended the subscription too.
    await this.#ask(meshMethods.unsubscribe, { subject }, new AbortController().signal).catch(() => {});
  }

  #receive(params: unknown): void {
    const message = messageParams.safeParse(params);
    if (!message.success) {
      this.#end(this.#protocol('published what is not a message', message.error));
      return;
    }
    for (const subscription of this.#subscriptions) {
      if (subscription.subject === message.data.subject) subscription.deliver(message.data.payload);
    }
  }

  async #ask(method: string, params: object, signal: AbortSignal): Promise<unknown> {
    if (signal.aborted) throw abortedError(signal, method);
    if (!this.#open) throw this.#reason ?? this.#unreachable();
    const cancellation = new CancellationTokenSource();
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => {
      cancellation.cancel();
      aborted.reject(abortedError(signal, method));
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([this.#send(method, params, cancellation), aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
      cancellation.dispose();
    }
  }

  async #send(method: string, params: object, cancellation: CancellationTokenSource): Promise<unknown> {
    try {
      return await this.#connection.sendRequest<unknown>(method, params, cancellation.token);
    } catch (error) {
      if (!(error instanceof ResponseError)) throw this.#reason ?? this.#unreachable(error);
      const record = errorData.safeParse(error.data);
      if (record.success) throw fromErrorRecord(record.data);
      if (cutWhileAsking.has(error.code)) throw this.#reason ?? this.#unreachable(error);
      throw this.#protocol(error.code === ErrorCodes.MethodNotFound ? `does not answer ${method}` : 'failed', error);
    }
  }

  #end(reason: NovaError): void {
    this.#reason ??= reason;
    this.#socket.destroy();
  }

  #unreachable(cause?: unknown): NovaError {
    return new NovaError(
      'mesh.unreachable',
      `The connection to ${this.#path} has ended. Whether the last request was carried out is not known; connect again and ask.`,
      { cause, details: { socket: this.#path } },
    );
  }

  #protocol(what: string, cause: unknown): NovaError {
    return new NovaError(
      'mesh.protocol',
      `The process that listens at ${this.#path} ${what}. It may be of another version: end it and start it again.`,
      { cause, details: { socket: this.#path } },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }
}

/** What the library answers itself when the connection broke under a request. */
const cutWhileAsking: ReadonlySet<number> = new Set([
  ErrorCodes.PendingResponseRejected,
  ErrorCodes.MessageWriteError,
  ErrorCodes.MessageReadError,
  ErrorCodes.ConnectionInactive,
]);

/** A killed process resets its socket, which surfaces as a reading or writing error; nothing wrong was said. */
function isCut(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}

function abortedError(signal: AbortSignal, what: string): NovaError {
  if (signal.reason instanceof NovaError) return signal.reason;
  if (signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError') {
    return new NovaError('mesh.timeout', `No answer in time (${what}). It may still be carried out; ask again.`, {
      cause: signal.reason,
    });
  }
  return new NovaError('task.cancelled', `Cancelled (${what}). What was recorded is kept; resume to go on.`, {
    cause: signal.reason,
  });
}
