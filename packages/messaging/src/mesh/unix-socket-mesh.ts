import type { Socket } from 'node:net';
import { NovaError, toNovaError } from '@nova/core';
import {
  type CancellationToken,
  createMessageConnection,
  type MessageConnection,
  ResponseError,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node';
import type { z } from 'zod';
import { BoundedReader } from './bounded-reader.ts';
import type { MeshHandler, MeshServer } from './mesh.ts';
import { handlerFailed, meshMethods, requestParams, subscriptionParams } from './mesh-protocol.ts';
import { listenOnSocket } from './unix-socket.ts';

/** A subscriber with so much unsent loses messages until it has read on. */
const backlogBytes = 8 * 1024 * 1024;

export interface ServeMeshOptions {
  /** Path of the socket file, at most 107 bytes; its folder is made, or must be private already. */
  readonly socket: string;
  readonly handlers: Readonly<Record<string, MeshHandler>>;
}

/**
 * Serves a Mesh on a unix socket for any number of callers. Rejects with `mesh.unreachable` when somebody listens there
 * already. What is not a message ends the connection that it came from, and nothing else.
 */
export async function serveMesh(options: ServeMeshOptions): Promise<MeshServer> {
  const callers = new Set<Caller>();
  const listener = await listenOnSocket(options.socket, (socket) => {
    const caller = new Caller(socket, options.handlers);
    callers.add(caller);
    socket.once('close', () => callers.delete(caller));
  });
  return {
    publish(subject, payload) {
      const listening = [...callers].filter((caller) => caller.listensTo(subject));
      if (listening.length === 0) return;
      const bytes = JSON.stringify(payload)?.length ?? 0;
      for (const caller of listening) caller.deliver(subject, payload, bytes);
    },
    get connections() {
      return callers.size;
    },
    async [Symbol.asyncDispose]() {
      for (const caller of callers) caller.end();
      await listener[Symbol.asyncDispose]();
    },
  };
}

/** Makes a handler of a function with typed parameters; others are refused with `mesh.protocol`. */
export function meshHandler<Params>(
  schema: z.ZodType<Params>,
  answer: (params: Params, call: Parameters<MeshHandler>[1]) => Promise<unknown>,
): MeshHandler {
  return async (params, call) => {
    const parsed = schema.safeParse(params);
    if (parsed.success) return answer(parsed.data, call);
    throw new NovaError(
      'mesh.protocol',
      `The request has parameters of another shape; nothing was done. ${parsed.error.message}`,
    );
  };
}

/** One connected caller, as the server sees it. */
class Caller {
  readonly #socket: Socket;
  readonly #connection: MessageConnection;
  readonly #subjects = new Set<string>();
  readonly #gone = new AbortController();
  /** Of messages; the connection writes one after the other, so the socket's own count shows the first only. */
  #unsentBytes = 0;

  constructor(socket: Socket, handlers: Readonly<Record<string, MeshHandler>>) {
    this.#socket = socket;
    this.#connection = createMessageConnection(new BoundedReader(socket), new SocketMessageWriter(socket));
    // An error event is followed by `close`.
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#gone.abort(
        new NovaError('mesh.unreachable', 'The caller is gone; the answer is not awaited here any more.'),
      );
      this.#connection.dispose();
    });
    this.#connection.onError(() => this.end());
    this.#listen(handlers);
  }

  #listen(handlers: Readonly<Record<string, MeshHandler>>): void {
    for (const [subject, handler] of Object.entries(handlers)) {
      this.#connection.onRequest(subject, async (params: unknown, token: CancellationToken) =>
        this.#answer(handler, params, token),
      );
    }
    this.#connection.onRequest(meshMethods.subscribe, (params: unknown) => this.#enrol(params, true));
    this.#connection.onRequest(meshMethods.unsubscribe, (params: unknown) => this.#enrol(params, false));
    this.#connection.onRequest(meshMethods.health, () => ({ pid: process.pid, uptimeSeconds: process.uptime() }));
    this.#connection.listen();
  }

  async #answer(handler: MeshHandler, wrapped: unknown, token: CancellationToken): Promise<unknown> {
    const cancel = new AbortController();
    const reason = () => new NovaError('task.cancelled', 'The caller cancelled the request.');
    if (token.isCancellationRequested) cancel.abort(reason());
    const registration = token.onCancellationRequested(() => cancel.abort(reason()));
    try {
      const { params } = parseParams(requestParams, wrapped);
      return (await handler(params, { signal: cancel.signal, gone: this.#gone.signal })) ?? null;
    } catch (thrown) {
      throw wireError(toNovaError(thrown));
    } finally {
      registration.dispose();
    }
  }

  #enrol(params: unknown, wanted: boolean): null {
    const { subject } = parseParams(subscriptionParams, params);
    if (wanted) this.#subjects.add(subject);
    else this.#subjects.delete(subject);
    return null;
  }

  listensTo(subject: string): boolean {
    return this.#subjects.has(subject);
  }

  deliver(subject: string, payload: unknown, bytes: number): void {
    if (this.#unsentBytes > backlogBytes) return;
    this.#unsentBytes += bytes;
    this.#connection
      .sendNotification(meshMethods.message, { subject, payload })
      // Fails only when the caller is gone, to whom nothing is owed.
      .catch(() => {})
      .finally(() => {
        this.#unsentBytes -= bytes;
      });
  }

  end(): void {
    this.#socket.destroy();
  }
}

function parseParams<T>(schema: z.ZodType<T>, params: unknown): T {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  throw wireError(new NovaError('mesh.protocol', 'The request is not one of this Mesh; nothing was done.'));
}

function wireError(error: NovaError): ResponseError<unknown> {
  return new ResponseError(handlerFailed, error.message, error.toRecord());
}
