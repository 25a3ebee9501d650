import { z } from 'zod';

/**
 * Host and runner speak JSON-RPC with `Content-Length` frames over a unix socket. The runner listens; the host
 * connects, and connects again after either side's death. A call is named by its call id: asking again for
 * one that runs or has ended attaches to it. A runner without a host for `hostLossSeconds` ends itself.
 *
 * The code under test reaches the socket too. So the first request of a line is `hello` with a secret that only the host has;
 * the runner knows its hash. A line that says anything else first, or another secret, is refused and cut.
 */
export const runnerProtocolVersion = 2;
export const hostLossSeconds = 30;

export const helloParams = z.object({ protocol: z.number().int(), secret: z.string() });
export const helloResult = z.object({ protocol: z.number().int(), pid: z.number().int(), calls: z.array(z.string()) });

/**
 * A tool's output names a file-sized part as the string `attachment:<name>`; the bytes travel beside it, base64, under
 * `<name>`. The host stores them as blobs and puts the hash in the place of the name.
 */
export const attachmentPrefix = 'attachment:';

export const callParams = z.object({ callId: z.string(), tool: z.string(), input: z.unknown() });
export const callResult = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), output: z.unknown(), attachments: z.record(z.string(), z.string()).default({}) }),
  z.object({
    ok: z.literal(false),
    error: z.object({ code: z.string(), message: z.string(), details: z.unknown().optional() }),
  }),
]);
export type RunnerCallResult = z.infer<typeof callResult>;

export const cancelParams = z.object({ callId: z.string() });
/** The host has recorded the outcome; the runner may drop it. */
export const forgetParams = z.object({ callId: z.string() });
/** A chunk of what a command prints; at most `outputForwardBytes` of a call are sent, the rest is counted. */
export const outputParams = z.object({ callId: z.string(), base64: z.string() });
export const outputForwardBytes = 16 * 1024 * 1024;
/** Progress inside a call, for people: `done` of `total` (null when unknown). */
export const progressParams = z.object({
  callId: z.string(),
  message: z.string(),
  done: z.number(),
  total: z.number().nullable(),
});

export const runnerMethods = {
  hello: 'runner/hello',
  call: 'runner/call',
  cancel: 'runner/cancel',
  forget: 'runner/forget',
  output: 'runner/output',
  progress: 'runner/progress',
} as const;

/** What the host tells a runner when it starts it, as JSON in `NOVA_RUNNER`. Paths are as the runner sees them. */
export const runnerStartSchema = z.object({
  socket: z.string(),
  workspace: z.string(),
  /** SHA-256 of the secret that a host says hello with, in hexadecimal: whoever reads it here learns nothing from it. */
  secretHash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Commit that the workspace holds; the runner puts it back after every call. */
  commit: z.string(),
  /** A folder for the runner's own files, empty at start. */
  scratch: z.string(),
  /** Folders for the temporary files of commands; emptied after each. */
  temporary: z.array(z.string()),
});
export type RunnerStart = z.infer<typeof runnerStartSchema>;
