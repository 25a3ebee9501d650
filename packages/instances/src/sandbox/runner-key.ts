import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { readIfThere, writeWhole } from '../supervision/atomic-file.ts';

const runnerKeySchema = z.object({
  /** Said to the runner, which knows its hash only; the code under test reaches the runner's socket, but not this. */
  secret: z.string().min(32),
  /** File number of the socket before any code under test ran: it could put a socket of its own in its place. */
  socket: z.string().nullable(),
});

/** What a host needs to speak to one runner. */
export type RunnerKey = z.infer<typeof runnerKeySchema>;

export function createRunnerKey(): RunnerKey {
  return { secret: randomBytes(32).toString('hex'), socket: null };
}

/** What the runner is told of the secret. */
export function secretHash(key: RunnerKey): string {
  return createHash('sha256').update(key.secret).digest('hex');
}

/** Keeps the key for a later host, readable by this user only. */
export function saveRunnerKey(path: string, key: RunnerKey): Promise<void> {
  return writeWhole(path, JSON.stringify(key));
}

/** The key that an earlier host kept; null when there is none. */
export async function readRunnerKey(path: string): Promise<RunnerKey | null> {
  const text = await readIfThere(path);
  if (text === null) return null;
  try {
    return runnerKeySchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
