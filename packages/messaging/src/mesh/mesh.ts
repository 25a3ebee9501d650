import type { NovaError } from '@nova/core';
import type { z } from 'zod';

/** Who asks, as a handler sees it. */
export interface MeshCall {
  /** Aborts when the caller cancels this request. A caller that is gone does not cancel: it may come back for the answer. */
  readonly signal: AbortSignal;
  /** Aborts when the caller's connection has ended. */
  readonly gone: AbortSignal;
}

/**
 * Answers the requests of one subject. Parameters come from outside and are unknown until the handler has parsed them. What it
 * throws reaches the caller as a `NovaError` with its code.
 */
export type MeshHandler = (params: unknown, call: MeshCall) => Promise<unknown>;

export interface MeshHealth {
  readonly pid: number;
  readonly uptimeSeconds: number;
}

/** The answering side of a Mesh. */
export interface MeshServer extends AsyncDisposable {
  /**
   * Sends a message to everyone who subscribed to the subject, in order, at most once. Never waits: a subscriber that
   * does not keep up loses messages, nobody else does.
   */
  publish(subject: string, payload: unknown): void;
  /** How many callers are connected. */
  readonly connections: number;
}

/** The asking side of a Mesh. */
export interface MeshConnection extends AsyncDisposable {
  /**
   * Asks and parses the answer. Aborting the signal cancels the request at the other side. Rejects with the handler's
   * own code, or with `mesh.unreachable` (the connection ended; whether it was carried out is not known), `mesh.timeout`
   * (the signal was a time limit), `mesh.protocol` (nobody answers that subject, or not in this shape), `task.cancelled`.
   */
  request<Output>(subject: string, params: unknown, schema: z.ZodType<Output>, signal: AbortSignal): Promise<Output>;
  /**
   * Resolves once messages of the subject will come in. A message of another shape ends the connection with `mesh.protocol`.
   * Disposing the subscription stops the handler.
   */
  subscribe<Payload>(
    subject: string,
    schema: z.ZodType<Payload>,
    handler: (payload: Payload) => void,
  ): Promise<AsyncDisposable>;
  /** Asks the other side whether it lives. */
  health(signal: AbortSignal): Promise<MeshHealth>;
  /** Resolves with the reason when the connection has ended, whoever ended it. */
  readonly closed: Promise<NovaError>;
}
