import {
  errorCodes,
  type FleetView,
  findingCountsSchema,
  recordedEventSchema,
  stages,
  taskRequestSchema,
  taskStateSchema,
  type TaskSummary as View,
} from '@nova/core';
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
  stage: z.enum(stages).nullable(),
  attempt: z.number().int().nullable(),
  instance: z.string().nullable(),
  origin: z.object({ task: z.string(), callId: z.string() }).nullable(),
  reason: z.string().nullable(),
  outcome: z.string().nullable(),
  code: z.enum(errorCodes).nullable(),
  findings: findingCountsSchema.nullable().default(null),
  appliedAt: z.string().nullable(),
  position: z.number().int(),
}) satisfies z.ZodType<View>;
export type TaskSummary = z.infer<typeof taskSummarySchema>;

/** Which tasks of the list are wanted; `cursor` is the `next` of the page before. */
export const taskQuerySchema = z.strictObject({
  state: taskStateSchema.optional(),
  kind: z.enum(['fix', 'review']).optional(),
  /** Part of the id, the repository's path, the test command or the instance's name; case does not matter. */
  text: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});
export type TaskQuery = Omit<z.input<typeof taskQuerySchema>, 'limit'> & { readonly limit?: number };

/** One page, newest first; `next` is null on the last one, `total` counts all that match. */
export const taskPageSchema = z.object({
  tasks: z.array(taskSummarySchema),
  next: z.string().nullable(),
  total: z.number().int(),
});
export type TaskPage = z.infer<typeof taskPageSchema>;

/** `next` is the position to ask on from; null when nothing more is recorded yet. */
export const eventPageSchema = z.object({ events: z.array(recordedEventSchema), next: z.number().int().nullable() });
export type EventPage = z.infer<typeof eventPageSchema>;

const instanceViewSchema = z.object({
  name: z.string(),
  task: z.string().nullable(),
  since: z.string(),
  ended: z.number().int(),
});

/** The view of the fleet, as `foldFleet` makes it. */
export const fleetViewSchema = z.object({
  open: z.array(taskSummarySchema),
  ended: z.array(taskSummarySchema),
  instances: z.array(instanceViewSchema),
  states: z.record(taskStateSchema, z.number().int()),
  outcomes: z.record(z.string(), z.number().int()),
  position: z.number().int(),
}) satisfies z.ZodType<FleetView>;

/** What the machine that serves has and has left. */
export const machineSchema = z.object({
  cores: z.number().int(),
  /** Mean number of runnable processes over the last minute. */
  load: z.number(),
  memoryBytes: z.number(),
  memoryAvailableBytes: z.number(),
  diskBytes: z.number(),
  diskAvailableBytes: z.number(),
});
export type Machine = z.infer<typeof machineSchema>;

/** `position` is where a live subscription to the fleet goes on. */
export const fleetSchema = z.object({ fleet: fleetViewSchema, position: z.number().int(), machine: machineSchema });
export type Fleet = z.infer<typeof fleetSchema>;

export const serverStateSchema = z.object({
  version: z.string(),
  pid: z.number().int(),
  dataFolder: z.string(),
  startedAt: z.string(),
  /** Where the dashboard is; null when the server listens on its unix socket only. */
  url: z.string().nullable(),
});
export type ServerState = z.infer<typeof serverStateSchema>;

/** What a server that listens on TCP writes into its data folder. */
export const serverInfoSchema = z.object({
  pid: z.number().int(),
  port: z.number().int(),
  url: z.string(),
  startedAt: z.string(),
});
export type ServerInfo = z.infer<typeof serverInfoSchema>;

export const leavingSchema = z.object({ leaving: z.boolean() });

export const appliedSchema = z.object({ how: z.string(), head: z.string() });

export const reasonSchema = z.strictObject({ reason: z.string().max(500).default('A person asked for it.') });

/** What happened to the call whose outcome is unknown. */
export const settleSchema = z.strictObject({ callId: z.string(), how: z.enum(['done', 'again']) });
export type Settle = z.infer<typeof settleSchema>;

export const resumeSchema = z.strictObject({ settle: settleSchema.nullable().default(null) });

/** The last call of the origin whose outcome the new task takes over. */
export const forkSchema = z.strictObject({ callId: z.string().min(1) });

/** Passing news of a running call. */
const activity = {
  callId: z.string(),
  message: z.string().nullable(),
  done: z.number().nullable(),
  total: z.number().nullable(),
  outputBytes: z.number().nullable(),
};

/** What a watcher receives: recorded events, and passing activity that is worth nothing once shown. */
export const watchItemSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('event'), event: recordedEventSchema }),
  z.object({ kind: z.literal('activity'), ...activity }),
]);
export type WatchItem = z.infer<typeof watchItemSchema>;

/** What a live subscription is about: the whole fleet, or one task. */
export const topicSchema = z.union([z.literal('fleet'), z.templateLiteral(['task/', z.string().min(1)])]);
export type Topic = z.infer<typeof topicSchema>;

/** Events of the topic strictly after the position `after` are sent. */
export const subscribeSchema = z.object({ topic: topicSchema, after: z.number().int().nonnegative() });

export const unsubscribeSchema = z.object({ topic: topicSchema });

/** The answer to `subscribe` and `unsubscribe`; `position` is that of the ledger's last event. */
export const subscribedSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), position: z.number().int() }),
  z.object({ ok: z.literal(false), problem: problemSchema }),
]);
export type Subscribed = z.infer<typeof subscribedSchema>;

export const liveEventsSchema = z.object({ topic: topicSchema, events: z.array(recordedEventSchema) });

export const liveActivitySchema = z.object({ topic: topicSchema, ...activity });
export type LiveActivity = z.infer<typeof liveActivitySchema>;

/** The reader was too slow: the subscription has ended, and nothing after `position` was sent. */
export const gapSchema = z.object({ topic: topicSchema, position: z.number().int() });
