import { z } from 'zod';
import { isolationSchema, sandboxSpecSchema } from '../vocabulary/sandbox.ts';

/** Server and host: requests on the Mesh subject `host.<name>`; version checked by `hello`. */
export const hostProtocolVersion = 1;

export const hostSubjects = {
  hello: 'host.hello',
  call: 'host.call',
  cancel: 'host.cancel',
  /** What the commands of a call have printed so far. */
  output: 'host.output',
  /** Published by the host: what running calls print and how far they are. */
  activity: 'host.activity',
} as const;

export const hostHelloResult = z.object({ protocol: z.number().int(), pid: z.number().int() });

export const hostCallParams = z.object({
  callId: z.string(),
  tool: z.string(),
  input: z.unknown(),
  sandbox: sandboxSpecSchema.nullable(),
  /** Fencing token of the lease under which the caller works; not part of what makes a call the same call. */
  leaseToken: z.number().int(),
});
export type HostCallParams = z.infer<typeof hostCallParams>;

export const hostCallResult = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    output: z.unknown(),
    /** Set for sandbox calls. */
    isolation: isolationSchema.nullable(),
    memoryKills: z.number().int().default(0),
  }),
  z.object({
    ok: z.literal(false),
    error: z.object({ code: z.string(), message: z.string(), details: z.unknown().optional() }),
  }),
]);
export type HostCallResult = z.infer<typeof hostCallResult>;

export const hostCancelParams = z.object({ callId: z.string() });

export const hostOutputParams = z.object({
  callId: z.string(),
  offset: z.number().int().nonnegative(),
  length: z.number().int().positive(),
});

/** Null when the host keeps nothing of that call. */
export const hostOutputResult = z
  .object({
    base64: z.string(),
    /** Bytes kept so far. */
    size: z.number().int(),
  })
  .nullable();

export const hostActivity = z.object({
  callId: z.string(),
  message: z.string().nullable(),
  done: z.number().nullable(),
  total: z.number().nullable(),
  /** Bytes printed so far by the call's command. */
  outputBytes: z.number().nullable(),
});
export type HostActivity = z.infer<typeof hostActivity>;
