import { type EventData, type EventType, eventCatalogue, type RecordedEvent } from '@nova/core';
import type { JournalEntry } from './journal.ts';

type Settlement = EventData<'nova.journal.settled'>['how'];

/** A call as its events tell it; changed only by the fold. */
export interface FoldedCall extends JournalEntry {
  readonly startedEvent: string;
  readonly settlements: readonly Settlement[];
}

/** A pure fold of a task's stream into its calls. Events it has seen, and those of other kinds, change nothing. */
export class JournalFold {
  readonly calls = new Map<string, FoldedCall>();
  /** Started and Finished events so far. */
  count = 0;
  version = 0;

  apply(event: RecordedEvent): void {
    if (event.streamversion <= this.version) return;
    this.version = event.streamversion;
    if (isOf(event, 'nova.journal.started')) this.#start(event);
    else if (isOf(event, 'nova.journal.finished')) this.#finish(event.data);
    else if (isOf(event, 'nova.journal.settled')) this.#settle(event.data);
  }

  #start(event: RecordedEvent & { data: EventData<'nova.journal.started'> }): void {
    const { callId, intent, repeat, input } = event.data;
    this.count += 1;
    this.calls.set(callId, {
      callId,
      intent,
      repeat,
      input,
      state: 'started',
      attempts: 1,
      output: null,
      failure: null,
      durationMs: null,
      startedAt: event.time,
      startedEvent: event.id,
      settlements: [],
    });
  }

  #finish({ callId, output, failure, durationMs }: EventData<'nova.journal.finished'>): void {
    this.count += 1;
    const call = this.calls.get(callId);
    if (call !== undefined) this.calls.set(callId, { ...call, state: 'finished', output, failure, durationMs });
  }

  #settle({ callId, how }: EventData<'nova.journal.settled'>): void {
    const call = this.calls.get(callId);
    if (call === undefined) return;
    const begunAgain = how === 'ran-again' || how === 'restored';
    this.calls.set(callId, {
      ...call,
      attempts: call.attempts + (begunAgain ? 1 : 0),
      settlements: [...call.settlements, how],
    });
  }
}

/** The ledger's door has checked the data of known types at their present version. */
function isOf<Type extends EventType>(
  event: RecordedEvent,
  type: Type,
): event is RecordedEvent & { data: EventData<Type> } {
  return event.type === type && event.schemaversion === eventCatalogue[type].version;
}
