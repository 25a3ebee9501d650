import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hostCallResult } from '@nova/core';
import { fileName, readIfThere, writeWhole } from '@nova/instances';
import { z } from 'zod';

const recordSchema = z.object({
  callId: z.string(),
  /** Hash of tool and input: the same id with another input is another call, and a mistake. */
  request: z.string(),
  result: hostCallResult,
});
export type CallRecord = z.infer<typeof recordSchema>;

/** Outcomes of calls on disk, so that a call is not carried out again after anybody's death. */
export class CallRecords {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Null when there is none; a record that cannot be read counts as none. */
  async read(callId: string): Promise<CallRecord | null> {
    const text = await readIfThere(this.#path(callId));
    if (text === null) return null;
    try {
      const record = recordSchema.parse(JSON.parse(text));
      return record.callId === callId ? record : null;
    } catch {
      return null;
    }
  }

  /** Resolves once the record is on stable storage. */
  async write(record: CallRecord): Promise<void> {
    const path = this.#path(record.callId);
    await mkdir(this.#taskFolder(record.callId), { recursive: true, mode: 0o700 });
    await writeWhole(path, JSON.stringify(record));
  }

  /** Drops all outcomes of a task. */
  async forget(task: string): Promise<void> {
    await rm(join(this.#folder, fileName(task)), { recursive: true, force: true });
  }

  #taskFolder(callId: string): string {
    return join(this.#folder, fileName(taskOf(callId)));
  }

  #path(callId: string): string {
    return join(this.#taskFolder(callId), `${createHash('sha256').update(callId).digest('hex')}.json`);
  }
}

/** Call ids begin with their task: `task/attempt/stage/name/ordinal`. */
export function taskOf(callId: string): string {
  return callId.split('/', 1)[0] ?? callId;
}
