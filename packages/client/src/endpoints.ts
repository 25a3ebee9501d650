import { fixRequestSchema, resultSchema, reviewRequestSchema } from '@nova/core';
import { z } from 'zod';
import {
  appliedSchema,
  eventPageSchema,
  fleetSchema,
  forkSchema,
  leavingSchema,
  reasonSchema,
  resumeSchema,
  serverStateSchema,
  taskPageSchema,
  taskQuerySchema,
  taskSummarySchema,
  watchItemSchema,
} from './schemas.ts';

/** The most bytes that one request for output or a blob gets. */
export const longestPiece = 1024 * 1024;

/** One operation of the API: what it takes and what it answers. Server, client and OpenAPI document are made from it. */
export interface Endpoint<Query extends z.ZodType = z.ZodType, Body extends z.ZodType = z.ZodType> {
  readonly method: 'get' | 'post';
  /** Below the version; parameters as `:name`. */
  readonly path: string;
  /** One sentence for the OpenAPI document. */
  readonly summary: string;
  readonly query: Query;
  /** Null for an operation without a body. */
  readonly body: Body | null;
  readonly status: number;
  /** The shape of a JSON answer or of each line of an NDJSON one; null for bytes. */
  readonly answer: z.ZodType | null;
  readonly media: 'application/json' | 'application/x-ndjson' | 'application/octet-stream' | 'text/plain';
  /** True for what writes: it needs an Idempotency-Key, and repeating it gives the same answer. */
  readonly keyed: boolean;
  /** True for what only the unix socket offers. */
  readonly local: boolean;
}

// A field that nobody knows is a misspelt one more often than not: it is refused, not left out.
const nothing = z.strictObject({});
const submission = z.discriminatedUnion('kind', [fixRequestSchema.strict(), reviewRequestSchema.strict()]);
const piece = {
  offset: z.coerce.number().int().nonnegative().default(0),
  length: z.coerce.number().int().min(1).max(longestPiece).default(longestPiece),
};
const after = z.coerce.number().int().nonnegative().default(0);

const get = {
  method: 'get',
  query: nothing,
  body: null,
  status: 200,
  media: 'application/json',
  keyed: false,
  local: false,
} as const;
const post = { ...get, method: 'post', body: nothing, keyed: true } as const;

/** Every operation of the API, by name. */
export const endpoints = {
  state: {
    ...get,
    path: '/state',
    summary: 'The server: its version, process and addresses.',
    answer: serverStateSchema,
  },
  openapi: { ...get, path: '/openapi.json', summary: 'This document.', answer: z.record(z.string(), z.unknown()) },
  fleet: {
    ...get,
    path: '/fleet',
    summary: 'What the whole fleet does now, and the machine it does it on.',
    answer: fleetSchema,
  },
  tasks: {
    ...get,
    path: '/tasks',
    summary: 'The tasks, newest first, a page at a time.',
    query: taskQuerySchema,
    answer: taskPageSchema,
  },
  submit: {
    ...post,
    path: '/tasks',
    summary: 'Hands a task to the fleet.',
    body: submission,
    status: 202,
    answer: taskSummarySchema,
  },
  task: {
    ...get,
    path: '/tasks/:id',
    summary: 'One task; a unique beginning of its id is enough, and `latest` names the newest.',
    answer: taskSummarySchema,
  },
  events: {
    ...get,
    path: '/tasks/:id/events',
    summary: 'What was recorded of a task, from a position on.',
    query: z.strictObject({ after, limit: z.coerce.number().int().min(1).max(1000).default(500) }),
    answer: eventPageSchema,
  },
  result: { ...get, path: '/tasks/:id/result', summary: 'The Result of a task that has ended.', answer: resultSchema },
  output: {
    ...get,
    path: '/tasks/:id/output',
    summary: 'What the commands of one call print, also while it runs; Nova-Size and Nova-Ended say how far it is.',
    query: z.strictObject({ call: z.string().min(1), ...piece }),
    answer: null,
    media: 'application/octet-stream',
  },
  outputFile: {
    ...get,
    path: '/tasks/:id/output.txt',
    summary: 'All that the commands of one call have printed so far, however long, as a file to keep.',
    query: z.strictObject({ call: z.string().min(1) }),
    answer: null,
    media: 'text/plain',
  },
  blob: {
    ...get,
    path: '/blobs/:hash',
    summary: 'Content that an event of a task names; Nova-Size is its whole length.',
    query: z.strictObject(piece),
    answer: null,
    media: 'application/octet-stream',
  },
  watch: {
    ...get,
    path: '/tasks/:id/watch',
    summary: 'What was recorded after a position, then what happens, until the task has ended or paused.',
    query: z.strictObject({ after }),
    answer: watchItemSchema,
    media: 'application/x-ndjson',
  },
  pause: {
    ...post,
    path: '/tasks/:id/pause',
    summary: 'Pauses a task at its next journal boundary; what runs comes to its end.',
    body: reasonSchema,
    answer: taskSummarySchema,
  },
  interrupt: {
    ...post,
    path: '/tasks/:id/interrupt',
    summary: 'Ends what a task runs, and pauses it.',
    body: reasonSchema,
    answer: taskSummarySchema,
  },
  resume: {
    ...post,
    path: '/tasks/:id/resume',
    summary: 'Goes on with a task that is paused or pausing.',
    body: resumeSchema,
    answer: taskSummarySchema,
  },
  cancel: {
    ...post,
    path: '/tasks/:id/cancel',
    summary: 'Ends a task and every process of it; what was found is kept in its Result.',
    body: reasonSchema,
    answer: taskSummarySchema,
  },
  apply: {
    ...post,
    path: '/tasks/:id/apply',
    summary: 'Merges a delivered branch into what the person has checked out.',
    answer: appliedSchema,
  },
  fork: {
    ...post,
    path: '/tasks/:id/fork',
    summary: 'Makes a new task that takes over what a recorded one did up to and including a call.',
    body: forkSchema,
    status: 202,
    answer: taskSummarySchema,
  },
  leave: {
    ...post,
    path: '/leave',
    summary: 'Asks a server that nobody else needs to leave.',
    answer: leavingSchema,
    keyed: false,
    local: true,
  },
} as const satisfies Record<string, Endpoint>;

export type EndpointName = keyof typeof endpoints;
