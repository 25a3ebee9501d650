import { z } from 'zod';

export const sandboxDriverSchema = z.enum(['bubblewrap', 'none']);
export type SandboxDriverName = z.infer<typeof sandboxDriverSchema>;

export const sandboxLimitsSchema = z.object({
  memoryBytes: z.number().int().positive(),
  processes: z.number().int().positive(),
  /** Wall time of one tool call, in seconds. */
  callSeconds: z.number().positive(),
});
export type SandboxLimits = z.infer<typeof sandboxLimitsSchema>;

/**
 * A sandbox described so fully that the host can make it again: the same id names the same sandbox
 * while it lives, and a fresh one from the same tree after it has died.
 */
export const sandboxSpecSchema = z.object({
  id: z.string(),
  task: z.string(),
  role: z.enum(['work', 'sibling', 'review', 'gate', 'install']),
  /** Mirror that holds `commit`; see `workspace.capture`. */
  mirror: z.string(),
  /** The commit checked out in the sandbox's own clone. */
  commit: z.string(),
  environment: z.string().nullable(),
  /**
   * Absolute path at which an isolating driver shows the clone: the person's own repository path, so that
   * absolute paths in virtual environments and stack traces hold.
   */
  path: z.string(),
  driver: sandboxDriverSchema,
  limits: sandboxLimitsSchema,
});
export type SandboxSpec = z.infer<typeof sandboxSpecSchema>;

/** What the kernel really gave; `missing` says in words what is not enforced. */
export const isolationSchema = z.object({
  driver: sandboxDriverSchema,
  isolated: z.boolean(),
  network: z.enum(['none', 'registries', 'host']),
  memory: z.enum(['cgroup-v2', 'cgroup-v1', 'none']),
  processes: z.enum(['cgroup-v2', 'cgroup-v1', 'none']),
  missing: z.array(z.string()),
});
export type Isolation = z.infer<typeof isolationSchema>;
