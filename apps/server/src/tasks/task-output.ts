import { NovaError, type RecordedEvent } from '@nova/core';
import { type Blobs, getJson, type Ledger, taskStream } from '@nova/messaging';
import { z } from 'zod';
import type { HostLink } from '../fleet/host-link.ts';
import { readPiece } from './blob-piece.ts';
import type { TaskBoard } from './task-board.ts';

/** A piece of what the commands of a call have printed. */
export interface CallOutput {
  readonly bytes: Uint8Array;
  /** How many bytes there are so far. */
  readonly size: number;
  /** True when no more will come. */
  readonly ended: boolean;
}

interface TaskOutputParts {
  readonly ledger: Ledger;
  readonly blobs: Blobs;
  readonly board: TaskBoard;
  readonly host: Pick<HostLink, 'output'>;
}

/** Tools name what their commands printed in one of these places of their output. */
const printedSchema = z.object({
  output: z.object({ output: z.string().nullish(), log: z.string().nullish() }),
});

/**
 * Reads what a call prints while it runs, and afterwards from the host as long as that keeps it, then from the blob that its
 * outcome names. Empty when it printed nothing that was kept. Rejects with `task.unknown` when the task has no such call.
 */
export async function readOutput(
  parts: TaskOutputParts,
  id: string,
  callId: string,
  offset: number,
  length: number,
): Promise<CallOutput> {
  const view = await parts.board.get(id);
  const call = view.calls.find((other) => other.callId === callId);
  if (call === undefined) throw new NovaError('task.unknown', `Task ${view.id} has no call ${callId}.`);
  // Found out before the reading, so that an end is only told with everything that came before it.
  const ended = call.state !== 'running' || view.state === 'finished';
  const live = await parts.host.output(callId, offset, length);
  if (live !== null) return { ...live, ended };
  const hash = ended ? await printedBlob(parts, view.id, callId) : null;
  if (hash === null) return { bytes: new Uint8Array(), size: 0, ended };
  return { bytes: await readPiece(parts.blobs, hash, offset, length), size: await parts.blobs.size(hash), ended };
}

async function printedBlob({ ledger, blobs }: TaskOutputParts, task: string, callId: string): Promise<string | null> {
  const finished = (await ledger.read(taskStream(task))).find((event) => isOutcomeOf(event, callId));
  const outcome = finished?.data['output'];
  if (typeof outcome !== 'string') return null;
  const named = printedSchema.safeParse(await getJson(blobs, outcome, z.unknown()));
  return named.success ? (named.data.output.output ?? named.data.output.log ?? null) : null;
}

function isOutcomeOf(event: RecordedEvent, callId: string): boolean {
  return event.type === 'nova.journal.finished' && event.data['callId'] === callId;
}
