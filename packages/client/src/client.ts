import { fromErrorRecord, NovaError, type Result, type TaskRequest } from '@nova/core';
import type { z } from 'zod';
import { type Endpoint, endpoints } from './endpoints.ts';
import {
  apiVersion,
  type EventPage,
  type Fleet,
  problemSchema,
  type ServerState,
  type Settle,
  type TaskPage,
  type TaskQuery,
  type TaskSummary,
  type WatchItem,
} from './schemas.ts';

/** One HTTP exchange; how the bytes travel (unix socket, fetch) is the caller's business. */
export interface Transport {
  request(request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
    readonly signal: AbortSignal | null;
  }): Promise<{
    readonly status: number;
    /** By lower-case name. */
    readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
    readonly body: AsyncIterable<Uint8Array>;
  }>;
}

/** A piece of what the commands of a call print. */
export interface OutputPiece {
  readonly bytes: Uint8Array;
  /** Bytes there are so far. */
  readonly size: number;
  /** True when nothing will be added. */
  readonly ended: boolean;
}

interface Keyed {
  /** Repeating a write with the same key changes nothing and gives the same answer. */
  readonly key: string;
}

interface Reasoned extends Keyed {
  readonly reason: string;
}

interface Piece {
  readonly offset?: number;
  readonly length?: number;
}

/** The typed client of Nova's API, used by every front end. Every method rejects with a `NovaError`. */
export interface Client {
  state(): Promise<ServerState>;
  /** Asks a server that nobody else needs to leave now; false when somebody does. Over the unix socket only. */
  leave(): Promise<boolean>;
  fleet(): Promise<Fleet>;
  submit(request: TaskRequest, options: Keyed): Promise<TaskSummary>;
  tasks(query?: TaskQuery): Promise<TaskPage>;
  task(id: string): Promise<TaskSummary>;
  /** Rejects with `task.state` while the task has not ended. */
  result(id: string): Promise<Result>;
  events(id: string, options: { readonly after: number; readonly limit?: number }): Promise<EventPage>;
  /** What the commands of a call print, from a byte offset; at most 1 MiB at once. */
  output(id: string, callId: string, piece?: Piece): Promise<OutputPiece>;
  /** Content that an event names, from a byte offset; at most 1 MiB at once. */
  blob(hash: string, piece?: Piece): Promise<{ readonly bytes: Uint8Array; readonly size: number }>;
  /** Pauses at the next journal boundary; answers at once, with the task still pausing. */
  pause(id: string, options: Reasoned): Promise<TaskSummary>;
  /** Ends what runs and pauses; answers when that is done. */
  interrupt(id: string, options: Reasoned): Promise<TaskSummary>;
  resume(id: string, options: Keyed & { readonly settle: Settle | null }): Promise<TaskSummary>;
  cancel(id: string, options: Reasoned): Promise<TaskSummary>;
  apply(id: string, options: Keyed): Promise<{ readonly how: string; readonly head: string }>;
  /** A new task that takes over what this one did, up to and including a call. */
  fork(id: string, options: Keyed & { readonly callId: string }): Promise<TaskSummary>;
  /** Replays what was recorded after `after`, then follows; ends when the task has ended or paused. */
  watch(id: string, after: number, signal: AbortSignal): AsyncIterable<WatchItem>;
}

/** What one request of a known operation carries. */
interface Given {
  readonly parameter?: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly key?: string;
  readonly signal?: AbortSignal;
}

type Answering<Answer> = Endpoint & { readonly answer: z.ZodType<Answer> };

export function createClient(transport: Transport): Client {
  async function exchange({ method, path, body }: Endpoint, given: Given) {
    const response = await transport.request({
      method: method.toUpperCase(),
      path: `/${apiVersion}${fill(path, given.parameter)}${queryOf(given.query ?? {})}`,
      headers: {
        ...(body === null ? {} : { 'content-type': 'application/json' }),
        ...(given.key === undefined ? {} : { 'idempotency-key': given.key }),
      },
      body: body === null ? null : JSON.stringify(given.body ?? {}),
      signal: given.signal ?? null,
    });
    if (response.status >= 400) throw problem(response.status, await collectText(response.body));
    return response;
  }

  async function ask<Answer>(endpoint: Answering<Answer>, given: Given = {}): Promise<Answer> {
    const response = await exchange(endpoint, given);
    return parse(endpoint.answer, await collectText(response.body));
  }

  async function piece(endpoint: Endpoint, given: Given): Promise<OutputPiece> {
    const { headers, body } = await exchange(endpoint, given);
    const size = Number(headers['nova-size']);
    if (!Number.isSafeInteger(size)) throw new NovaError('mesh.protocol', 'The server did not say how much there is.');
    return { bytes: await collect(body), size, ended: headers['nova-ended'] !== 'false' };
  }

  return {
    state: () => ask(endpoints.state),
    leave: async () => (await ask(endpoints.leave)).leaving,
    fleet: () => ask(endpoints.fleet),
    submit: (request, { key }) => ask(endpoints.submit, { body: request, key }),
    tasks: (query = {}) => ask(endpoints.tasks, { query: { ...query } }),
    task: (id) => ask(endpoints.task, { parameter: id }),
    result: (id) => ask(endpoints.result, { parameter: id }),
    events: (id, { after, limit }) => ask(endpoints.events, { parameter: id, query: { after, limit } }),
    output: (id, call, range) => piece(endpoints.output, { parameter: id, query: { call, ...range } }),
    blob: (hash, range) => piece(endpoints.blob, { parameter: hash, query: { ...range } }),
    pause: (id, { key, reason }) => ask(endpoints.pause, { parameter: id, body: { reason }, key }),
    interrupt: (id, { key, reason }) => ask(endpoints.interrupt, { parameter: id, body: { reason }, key }),
    resume: (id, { key, settle }) => ask(endpoints.resume, { parameter: id, body: { settle }, key }),
    cancel: (id, { key, reason }) => ask(endpoints.cancel, { parameter: id, body: { reason }, key }),
    apply: (id, { key }) => ask(endpoints.apply, { parameter: id, key }),
    fork: (id, { key, callId }) => ask(endpoints.fork, { parameter: id, body: { callId }, key }),
    async *watch(id, after, signal) {
      const response = await exchange(endpoints.watch, { parameter: id, query: { after }, signal });
      for await (const line of lines(response.body)) yield parse(endpoints.watch.answer, line);
    },
  };
}

/** Where all that a call printed can be had as a file, for a link. */
export function outputFileAddress(task: string, callId: string): string {
  return `/${apiVersion}${fill(endpoints.outputFile.path, task)}${queryOf({ call: callId })}`;
}

/** An id as a part of a path; an empty one would name the list. */
function fill(path: string, parameter: string | undefined): string {
  if (parameter === undefined) return path;
  if (parameter.trim() === '') throw new NovaError('usage.invalid', 'A task id is empty. `nova tasks` lists them.');
  return path.replace(/:\w+/, () => encodeURIComponent(parameter));
}

function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? '' : `?${query}`;
}

function problem(status: number, text: string): NovaError {
  try {
    const parsed = problemSchema.parse(JSON.parse(text));
    return fromErrorRecord({ code: parsed.code, message: parsed.detail, details: parsed.details });
  } catch {
    return new NovaError(
      'mesh.protocol',
      `The server answered ${status} with something that is not Nova's: ${text.slice(0, 200)}`,
    );
  }
}

function parse<Value>(schema: z.ZodType<Value>, text: string): Value {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new NovaError('mesh.protocol', 'The server sent something that is not JSON.', { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new NovaError('mesh.protocol', 'The server sent something else than this version of Nova expects.', {
    cause: parsed.error,
  });
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  const whole = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

async function collectText(body: AsyncIterable<Uint8Array>): Promise<string> {
  return new TextDecoder().decode(await collect(body));
}

async function* lines(body: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const parts = rest.split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part !== '') yield part;
  }
}
