import { type ErrorCode, errorCodes, recordedEventSchema, taskRequestSchema, taskStateSchema } from '@nova/core';
import { z } from 'zod';

/** The API's version; the first part of every path. */
export const apiVersion = 'v1';

/** RFC 9457 problem details; `code` is Nova's own and what callers branch on. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.enum(errorCodes),
  detail: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type Problem = z.infer<typeof problemSchema>;

export const taskSummarySchema = z.object({
  id: z.string(),
  state: taskStateSchema,
  request: taskRequestSchema,
  submittedAt: z.string(),
  finishedAt: z.string().nullable(),
  stage: z.string().nullable(),
  reason: z.string().nullable(),
  outcome: z.string().nullable(),
  code: z.enum(errorCodes).nullable(),
  appliedAt: z.string().nullable(),
});
export type TaskSummary = z.infer<typeof taskSummarySchema>;

export const taskListSchema = z.object({ tasks: z.array(taskSummarySchema) });

export const serverStateSchema = z.object({ version: z.string(), pid: z.number().int(), dataFolder: z.string() });
export type ServerState = z.infer<typeof serverStateSchema>;

export const leavingSchema = z.object({ leaving: z.boolean() });

export const appliedSchema = z.object({ how: z.string(), head: z.string() });

/** What a watcher receives: recorded events, and passing activity that is worth nothing once shown. */
export const watchItemSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('event'), event: recordedEventSchema }),
  z.object({
    kind: z.literal('activity'),
    callId: z.string(),
    message: z.string().nullable(),
    done: z.number().nullable(),
    total: z.number().nullable(),
    outputBytes: z.number().nullable(),
  }),
]);
export type WatchItem = z.infer<typeof watchItemSchema>;

/** The HTTP status of every code; a new code does not compile until it is mapped. */
export const httpStatus: Readonly<Record<ErrorCode, number>> = {
  'usage.invalid': 400,
  'folder.unusable': 503,
  'repository.missing': 422,
  'repository.empty': 422,
  'repository.submodules': 422,
  'repository.lfs': 422,
  'repository.unreadable': 422,
  'tests.none': 422,
  'tests.pass': 422,
  'tests.timeout': 422,
  'tests.unstable': 422,
  'tests.unloadable': 422,
  'repair.none': 422,
  'review.rejected': 422,
  'gate.failed': 422,
  'environment.unsupported': 422,
  'environment.install_failed': 422,
  'environment.corrupt': 500,
  'sandbox.unavailable': 503,
  'sandbox.lost': 503,
  'sandbox.limit': 422,
  'tool.unknown': 500,
  'tool.input': 400,
  'tool.failed': 500,
  'ledger.conflict': 409,
  'ledger.key_reused': 409,
  'ledger.corrupt': 500,
  'ledger.locked': 503,
  'ledger.closed': 503,
  'blob.missing': 500,
  'blob.corrupt': 500,
  'journal.input_changed': 409,
  'journal.outcome_unknown': 409,
  'lease.stale': 409,
  'bundle.rejected': 422,
  'branch.moved': 409,
  'apply.conflict': 409,
  'mesh.unreachable': 503,
  'mesh.timeout': 504,
  'mesh.protocol': 502,
  'task.unknown': 404,
  'task.state': 409,
  'task.paused': 409,
  'task.cancelled': 409,
  'budget.exhausted': 422,
  'disk.full': 507,
  internal: 500,
};
