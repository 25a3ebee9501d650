import { z } from 'zod';
import { errorCodes } from '../errors/nova-error.ts';
import { candidateSchema, findingSchema, suspectSchema, verdictSchema } from './repair.ts';
import { examinedSchema } from './review.ts';
import { isolationSchema, sandboxDriverSchema } from './sandbox.ts';

/** Which waiting task goes first; among equals, who came first. */
export const prioritySchema = z.enum(['low', 'normal', 'high']);
export type Priority = z.infer<typeof prioritySchema>;

/** How bad a finding is, mildest first. */
export const severitySchema = findingSchema.shape.severity;
export type Severity = z.infer<typeof severitySchema>;

/** What every kind of task carries. */
const anyRequest = {
  /** Absolute path of the person's git repository. */
  repository: z.string().min(1),
  sandbox: sandboxDriverSchema.default('bubblewrap'),
  /** Wall time for the whole task, in seconds; reaching it ends the task with what was found. */
  budgetSeconds: z.number().positive().default(900),
  priority: prioritySchema.default('normal'),
  /** Name of the instance that carries it, one task at a time; null: one is made for this task alone. */
  instance: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, 'An instance has a short name of lower-case letters, digits and dashes.')
    .nullable()
    .default(null),
};

/** A failing test to be repaired. */
export const fixRequestSchema = z.object({
  kind: z.literal('fix'),
  ...anyRequest,
  /** A shell command, run at the top of the repository. */
  testCommand: z.string().trim().min(1, 'The test command is empty; name one that shows the failure.'),
  /** How many executions of the test command, or part of it, the task may spend. */
  budgetRuns: z.number().int().positive().default(1500),
  /** Wall time of one execution of the test command, in seconds. */
  testTimeoutSeconds: z.number().positive().default(120),
  /** Memory that one sandbox may use, in MiB; absent: a task's sandboxes share half of the machine's, each at least 1 GiB and at most 8. */
  memoryMebibytes: z.number().int().min(256).optional(),
});
export type FixRequest = z.infer<typeof fixRequestSchema>;

/** Code to be judged by rules, all of it or what changed. */
export const reviewRequestSchema = z.object({
  kind: z.literal('review'),
  ...anyRequest,
  /** A commit or ref of the repository: only what changed since it is reviewed; null: everything. */
  since: z.string().min(1).nullable().default(null),
});
export type ReviewRequest = z.infer<typeof reviewRequestSchema>;

/** What a person hands to the fleet. */
export const taskRequestSchema = z.discriminatedUnion('kind', [fixRequestSchema, reviewRequestSchema]);
export type TaskRequest = z.infer<typeof taskRequestSchema>;

export const stages = [
  'intake',
  'environment',
  'planning',
  'working',
  'testing',
  'review',
  'gate',
  'delivery',
] as const;
export type Stage = (typeof stages)[number];

/** `pausing` and `cancelling`: a person asked for it, and what runs is brought to its end first. */
export const taskStateSchema = z.enum(['queued', 'running', 'pausing', 'paused', 'cancelling', 'finished']);
export type TaskState = z.infer<typeof taskStateSchema>;

export const gateCheckSchema = z.object({ name: z.string(), passed: z.boolean(), detail: z.string() });
export type GateCheck = z.infer<typeof gateCheckSchema>;

/** What decided which dependencies are used; `pinned` are exact versions in files that are no lockfile, such as `requirements.txt`. */
export const dependencySourceSchema = z.enum(['none', 'checkout', 'lockfile', 'pinned', 'manifest']);

/** The end of a task: what was wrong, the change, the evidence, what it cost. */
export const resultSchema = z.object({
  task: z.string(),
  kind: z.enum(['fix', 'review']),
  /** `failed` is a fault of Nova itself, told apart from a bug that could not be repaired; `reviewed` ends a review. */
  outcome: z.enum([
    'delivered',
    'reviewed',
    'refused',
    'not-repaired',
    'gate-failed',
    'environment-failed',
    'cancelled',
    'failed',
  ]),
  code: z.enum(errorCodes).nullable(),
  /** One paragraph for a person. */
  summary: z.string(),
  next: z.string(),
  repository: z.string(),
  base: z
    .object({ head: z.string(), headName: z.string().nullable(), commit: z.string(), dirty: z.boolean() })
    .nullable(),
  environment: z
    .object({
      key: z.string().nullable(),
      kinds: z.array(z.string()),
      source: dependencySourceSchema,
    })
    .nullable(),
  isolation: isolationSchema.nullable(),
  baseline: z
    .object({
      runner: z.string(),
      counted: z.boolean(),
      total: z.number().int(),
      passed: z.number().int(),
      failing: z.array(z.object({ id: z.string(), message: z.string() })),
    })
    .nullable(),
  suspects: z.array(suspectSchema),
  change: z
    .object({
      branch: z.string(),
      commit: z.string(),
      template: z.string(),
      explanation: z.string(),
      paths: z.array(z.string()),
      diff: z.string(),
    })
    .nullable(),
  alternatives: z.array(z.object({ candidate: candidateSchema, diff: z.string() })),
  tried: z.object({ candidates: z.number().int(), verdicts: z.record(z.string(), z.number().int()) }),
  bestVerdict: verdictSchema.nullable(),
  /** What the reviewer found: in the change of a fix, in the code of a review; worst first. */
  review: z.array(findingSchema),
  /** What a review looked at; null for other kinds, and for a review that ended before it looked. */
  examined: examinedSchema.nullable().default(null),
  gate: z.array(gateCheckSchema),
  /** `uncounted` when the command printed no counts. */
  evidence: z.enum(['counted', 'uncounted', 'none']),
  cost: z.object({
    seconds: z.number(),
    runs: z.number().int(),
    attempts: z.number().int(),
    modelTokens: z.number().int(),
    stageSeconds: z.record(z.string(), z.number()),
  }),
  /** What was not done or not enforced, by name. */
  gaps: z.array(z.string()),
});
export type Result = z.infer<typeof resultSchema>;
