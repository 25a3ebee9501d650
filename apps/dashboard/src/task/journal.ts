import { foldReplay, type RecordedEvent, type ReplayedCall } from '@nova/core';
import { nameOf } from './call-id.ts';

/** What is recorded of each call, by call id, in the order in which the calls were begun. */
export type CallRecords = ReadonlyMap<string, ReplayedCall>;

/** The calls in a task's events. */
export function callRecords(events: readonly RecordedEvent[]): CallRecords {
  const calls = foldReplay(events).filter((moment) => moment.kind === 'call');
  return new Map(calls.map((call) => [call.callId, call]));
}

/** Blob hashes of the outcomes of a tool's finished calls, in order; of one stage when it is named. */
export function outcomesOf(records: CallRecords, tool: string, stage?: string): readonly string[] {
  return [...records.values()].flatMap(({ callId, output }) => {
    const name = nameOf(callId);
    if (output === null || name.tool !== tool || (stage !== undefined && name.stage !== stage)) return [];
    return [output];
  });
}

/** The call that a paused task asks a person about: it was begun, its outcome is unknown, and it must not happen twice. */
export function openQuestion(records: CallRecords, reason: string | null): string | null {
  if (!reason?.startsWith('journal.outcome_unknown')) return null;
  const open = [...records.values()].filter((call) => call.repeat === 'unknown' && call.endedAt === null);
  return open.at(-1)?.callId ?? null;
}
