import { z } from 'zod';
import { errorCodes } from '../errors/nova-error.ts';
import { candidateSchema, findingSchema, suspectSchema, verdictSchema } from './repair.ts';
import { isolationSchema, sandboxDriverSchema } from './sandbox.ts';

/** What a person hands to the fleet. */
export const taskRequestSchema = z.object({
  kind: z.literal('fix'),
  /** Absolute path of the person's git repository. */
  repository: z.string().min(1),
  /** A shell command, run at the top of the repository. */
  testCommand: z.string().trim().min(1, 'The test command is empty; name one that shows the failure.'),
  sandbox: sandboxDriverSchema.default('bubblewrap'),
  /** Wall time for the whole task, in seconds; reaching it ends the task with what was found. */
  budgetSeconds: z.number().positive().default(900),
  /** How many executions of the test command, or part of it, the task may spend. */
  budgetRuns: z.number().int().positive().default(1500),
  /** Wall time of one execution of the test command, in seconds. */
  testTimeoutSeconds: z.number().positive().default(120),
});
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

export const taskStateSchema = z.enum(['queued', 'running', 'paused', 'waiting', 'finished']);
export type TaskState = z.infer<typeof taskStateSchema>;

export const gateCheckSchema = z.object({ name: z.string(), passed: z.boolean(), detail: z.string() });
export type GateCheck = z.infer<typeof gateCheckSchema>;

/** The end of a task: what was wrong, the change, the evidence, what it cost. */
export const resultSchema = z.object({
  task: z.string(),
  kind: z.literal('fix'),
  /** `failed` is a fault of Nova itself, told apart from a bug that could not be repaired. */
  outcome: z.enum(['delivered', 'refused', 'not-repaired', 'gate-failed', 'environment-failed', 'cancelled', 'failed']),
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
      source: z.enum(['none', 'checkout', 'lockfile', 'manifest']),
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
  review: z.array(findingSchema),
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
