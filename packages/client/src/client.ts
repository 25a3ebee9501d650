import { fromErrorRecord, NovaError, type Result, resultSchema, type TaskRequest } from '@nova/core';
import {
  apiVersion,
  appliedSchema,
  leavingSchema,
  problemSchema,
  type ServerState,
  serverStateSchema,
  type TaskSummary,
  taskListSchema,
  taskSummarySchema,
  type WatchItem,
  watchItemSchema,
} from './schemas.ts';

/** One HTTP exchange; how the bytes travel (unix socket, fetch) is the caller's business. */
export interface Transport {
  request(request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
    readonly signal: AbortSignal | null;
  }): Promise<{ readonly status: number; readonly body: AsyncIterable<Uint8Array> }>;
}

/** The typed client of Nova's API, used by every front end. Every method rejects with a `NovaError`. */
export interface Client {
  state(): Promise<ServerState>;
  /** Asks a server that nobody else needs to leave now; false when somebody does. */
  leave(): Promise<boolean>;
  /** Repeating a submission with the same key returns the task that the first one made. */
  submit(request: TaskRequest, key: string): Promise<TaskSummary>;
  tasks(): Promise<readonly TaskSummary[]>;
  task(id: string): Promise<TaskSummary>;
  /** Rejects with `task.state` while the task has not ended. */
  result(id: string): Promise<Result>;
  pause(id: string, reason: string): Promise<TaskSummary>;
  resume(id: string, settle: { readonly callId: string; readonly how: 'done' | 'again' } | null): Promise<TaskSummary>;
  apply(id: string): Promise<{ readonly how: string; readonly head: string }>;
  /** Replays what was recorded after `after`, then follows; ends when the task has ended or paused. */
  watch(id: string, after: number, signal: AbortSignal): AsyncIterable<WatchItem>;
}

export function createClient(transport: Transport): Client {
  async function exchange(method: string, path: string, body: unknown, headers: Record<string, string> = {}) {
    const response = await transport.request({
      method,
      path: `/${apiVersion}${path}`,
      headers: body === null ? headers : { ...headers, 'content-type': 'application/json' },
      body: body === null ? null : JSON.stringify(body),
      signal: null,
    });
    const text = await collect(response.body);
    if (response.status >= 400) throw problem(response.status, text);
    return parseJson(text);
  }

  return {
    state: async () => serverStateSchema.parse(await exchange('GET', '/state', null)),
    leave: async () => leavingSchema.parse(await exchange('POST', '/leave', {})).leaving,
    submit: async (request, key) =>
      taskSummarySchema.parse(await exchange('POST', '/tasks', request, { 'idempotency-key': key })),
    tasks: async () => taskListSchema.parse(await exchange('GET', '/tasks', null)).tasks,
    task: async (id) => taskSummarySchema.parse(await exchange('GET', `/tasks/${segment(id)}`, null)),
    result: async (id) => resultSchema.parse(await exchange('GET', `/tasks/${segment(id)}/result`, null)),
    pause: async (id, reason) =>
      taskSummarySchema.parse(await exchange('POST', `/tasks/${segment(id)}/pause`, { reason })),
    resume: async (id, settle) =>
      taskSummarySchema.parse(await exchange('POST', `/tasks/${segment(id)}/resume`, { settle })),
    apply: async (id) => appliedSchema.parse(await exchange('POST', `/tasks/${segment(id)}/apply`, {})),
    async *watch(id, after, signal) {
      const response = await transport.request({
        method: 'GET',
        path: `/${apiVersion}/tasks/${segment(id)}/watch?after=${after}`,
        headers: {},
        body: null,
        signal,
      });
      if (response.status >= 400) throw problem(response.status, await collect(response.body));
      for await (const line of lines(response.body)) yield watchItemSchema.parse(parseJson(line));
    },
  };
}

/** An id as a part of a path; an empty one would name the list. */
function segment(id: string): string {
  if (id.trim() === '') throw new NovaError('usage.invalid', 'A task id is empty. `nova tasks` lists them.');
  return encodeURIComponent(id);
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NovaError('mesh.protocol', 'The server sent something that is not JSON.', { cause });
  }
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
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
