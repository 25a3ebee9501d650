import { z } from 'zod';
import { errorCodes } from '../errors/nova-error.ts';
import { findingCountsSchema } from '../vocabulary/review.ts';
import { stages, taskRequestSchema } from '../vocabulary/task.ts';

const failure = z.object({ code: z.enum(errorCodes), message: z.string(), details: z.unknown().optional() });

/** Every event type Nova records, with the shape of its data at the current schema version. */
export const eventCatalogue = {
  'nova.task.submitted': {
    version: 3,
    data: z.object({
      task: z.string(),
      /** Masked as everything in the ledger. */
      request: taskRequestSchema,
      /** Blob hash of the request as it was given; null when nothing of it was masked. */
      sealed: z.string().nullable(),
      /** The recorded task this one starts from, and the last of its calls whose outcome it takes over. */
      origin: z.object({ task: z.string(), callId: z.string() }).nullable(),
    }),
  },
  /** Not admitted yet; `reason` says what it waits for. */
  'nova.task.waiting': { version: 1, data: z.object({ task: z.string(), reason: z.string() }) },
  /** Admitted: this instance carries it from now on. */
  'nova.task.assigned': { version: 1, data: z.object({ task: z.string(), instance: z.string() }) },
  /** A person asked for a pause at the next journal boundary. */
  'nova.task.pausing': { version: 1, data: z.object({ task: z.string(), reason: z.string() }) },
  /** A person asked for the end; what was found is kept. */
  'nova.task.cancelling': { version: 1, data: z.object({ task: z.string(), reason: z.string() }) },
  'nova.task.paused': { version: 1, data: z.object({ task: z.string(), reason: z.string() }) },
  'nova.task.resumed': { version: 1, data: z.object({ task: z.string() }) },
  'nova.task.finished': {
    version: 2,
    data: z.object({
      task: z.string(),
      outcome: z.string(),
      code: z.enum(errorCodes).nullable(),
      result: z.string(),
      /** What a review found, for lists; null for every other end, and where an early server recorded it. */
      findings: findingCountsSchema.nullable(),
    }),
  },
  'nova.task.applied': {
    version: 1,
    data: z.object({ task: z.string(), how: z.string(), head: z.string() }),
  },
  'nova.stage.started': {
    version: 1,
    data: z.object({ task: z.string(), attempt: z.number().int(), stage: z.enum(stages) }),
  },
  'nova.stage.finished': {
    version: 1,
    data: z.object({ task: z.string(), attempt: z.number().int(), stage: z.enum(stages), summary: z.string() }),
  },
  'nova.journal.started': {
    version: 1,
    data: z.object({
      task: z.string(),
      callId: z.string(),
      intent: z.string(),
      repeat: z.enum(['pure', 'restore', 'unknown']),
      input: z.string(),
    }),
  },
  'nova.journal.finished': {
    version: 1,
    data: z.object({
      task: z.string(),
      callId: z.string(),
      /** Blob hash of the outcome; null when the call failed. */
      output: z.string().nullable(),
      failure: failure.nullable(),
      durationMs: z.number(),
    }),
  },
  'nova.journal.settled': {
    version: 1,
    data: z.object({ task: z.string(), callId: z.string(), how: z.enum(['ran-again', 'restored', 'done', 'again']) }),
  },
  /** A write was answered; whoever repeats it with the same key gets this answer again. */
  'nova.request.answered': {
    version: 1,
    data: z.object({
      task: z.string(),
      /** SHA-256 of what was asked: method, path and body. */
      asked: z.string(),
      answer: z.unknown(),
    }),
  },
  'nova.lease.granted': {
    version: 1,
    data: z.object({ task: z.string(), workspace: z.string(), token: z.number().int() }),
  },
} as const satisfies Record<string, { version: number; data: z.ZodType }>;

export type EventType = keyof typeof eventCatalogue;
export type EventData<Type extends EventType> = z.infer<(typeof eventCatalogue)[Type]['data']>;
