import type { ReplayedCall } from '@nova/core';
import { ask } from '../link/server-link.ts';

/** A step with what is recorded of it in full. */
export interface RecordedStep extends ReplayedCall {
  readonly given: unknown;
  /** Null when it failed or did not end. */
  readonly answered: unknown;
}

/** Reads what a step was given and what it answered. */
export async function readStep(call: ReplayedCall): Promise<RecordedStep> {
  return { ...call, given: await readJson(call.input), answered: call.output && (await readJson(call.output)) };
}

async function readJson(hash: string): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  for (let offset = 0, size = 1; offset < size; ) {
    const piece = await ask((client) => client.blob(hash, { offset }));
    pieces.push(piece.bytes);
    offset += piece.bytes.length;
    size = piece.size;
  }
  return JSON.parse(Buffer.concat(pieces).toString());
}
