import {
  type Clock,
  type EventData,
  type EventType,
  eventCatalogue,
  fromErrorRecord,
  isInterruption,
  NovaError,
  toNovaError,
} from '@nova/core';
import { type Blobs, getJson, hashJson, putJson } from '../blobs/blobs.ts';
import type { AppendOutcome, Ledger } from '../ledger/ledger.ts';
import type { Effect, Journal, JournalBoundary, JournalCall, JournalEntry } from './journal.ts';
import { type FoldedCall, JournalFold } from './journal-fold.ts';

export interface JournalOptions {
  readonly ledger: Pick<Ledger, 'append' | 'read'>;
  readonly blobs: Blobs;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** The task's id; its stream is `task/<id>`. */
  readonly task: string;
  readonly actor: string;
  readonly tenant: string;
  /** W3C trace context of the task, carried by every entry. */
  readonly traceparent?: string;
  /**
   * Awaited before and after every append. It may throw to stop the task: harmless before a Started and after a Finished; between
   * the two, the call counts as begun with its outcome not known.
   */
  readonly onBoundary?: (boundary: JournalBoundary) => Promise<void> | void;
  /** Puts the workspace back to where it was before a call of class `restore`. */
  readonly restore?: (callId: string) => Promise<void>;
}

/** The stream that holds everything recorded about a task. */
export function taskStream(task: string): string {
  return `task/${task}`;
}

/** Reads a task's stream and continues its journal where it ended. */
export async function createJournal(options: JournalOptions): Promise<Journal> {
  const journal = new LedgerJournal(options);
  await journal.catchUp();
  return journal;
}

class LedgerJournal implements Journal {
  readonly #options: JournalOptions;
  readonly #stream: string;
  readonly #fold = new JournalFold();
  readonly #underWay = new Map<string, { readonly input: string; readonly outcome: Promise<unknown> }>();
  /** Ordinal of the last entry that was recorded or is being recorded. */
  #issued = 0;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#stream = taskStream(options.task);
  }

  async catchUp(): Promise<void> {
    for (const event of await this.#options.ledger.read(this.#stream, { fromVersion: this.#fold.version + 1 })) {
      this.#fold.apply(event);
    }
    this.#issued = Math.max(this.#issued, this.#fold.count);
  }

  async run<Output>(call: JournalCall<Output>, effect: Effect<Output>, signal: AbortSignal): Promise<Output> {
    const input = hashJson(call.input);
    const shared = this.#underWay.get(call.callId);
    if (shared !== undefined) {
      refuseOtherInput(call.callId, shared.input, input);
      return call.schema.parse(await shared.outcome);
    }
    const outcome = this.#carryOut(call, input, effect, signal);
    this.#underWay.set(call.callId, { input, outcome });
    try {
      return await outcome;
    } finally {
      this.#underWay.delete(call.callId);
    }
  }

  async settle(callId: string, how: 'done' | 'again'): Promise<void> {
    await this.catchUp();
    const known = this.#fold.calls.get(callId);
    if (known === undefined || known.state === 'finished') {
      throw new NovaError(
        'task.state',
        `The call ${callId} is not waiting for an answer: ${known === undefined ? 'it was never begun' : 'its outcome is recorded'}. Nothing was changed.`,
        { details: { callId } },
      );
    }
    await this.#recordSettlement(known, how);
  }

  async quiet(): Promise<void> {
    while (this.#underWay.size > 0)
      await Promise.allSettled([...this.#underWay.values()].map(({ outcome }) => outcome));
  }

  async giveUp(failure: NovaError): Promise<void> {
    await this.catchUp();
    for (const { callId, state } of this.entries()) {
      if (state === 'started') await this.#finish(callId, this.#options.clock.monotonic(), null, failure);
    }
  }

  entries(): readonly JournalEntry[] {
    return [...this.#fold.calls.values()].map(({ startedEvent: _event, settlements: _settlements, ...entry }) => entry);
  }

  async #carryOut<Output>(
    call: JournalCall<Output>,
    input: string,
    effect: Effect<Output>,
    signal: AbortSignal,
  ): Promise<Output> {
    // What is finished stays so, whatever was recorded since: a resumed task walks over thousands of such calls.
    if (this.#fold.calls.get(call.callId)?.state !== 'finished') await this.catchUp();
    const known = this.#fold.calls.get(call.callId);
    if (known !== undefined) refuseOtherInput(call.callId, known.input, input);
    if (known?.state === 'finished') return this.#recall(call, known);
    refuseAborted(signal);
    const begin = known === undefined ? await this.#begin(call) : await this.#beginAgain(call, known);
    return this.#perform(call, begin === 'observe' ? observation(call) : effect, signal);
  }

  async #begin(call: JournalCall<unknown>): Promise<'effect' | 'observe'> {
    const input = await putJson(this.#options.blobs, call.input);
    const { callId, intent, repeat } = call;
    const data = { task: this.#options.task, callId, intent, repeat, input };
    const { repeated } = await this.#entry('started', callId, null, data);
    const known = this.#fold.calls.get(callId);
    // Another journal of this task was first; its effect counts as begun.
    return repeated && known !== undefined ? this.#beginAgain(call, known) : 'effect';
  }

  /** Settles a call that was begun: its earlier effect may or may not have happened. */
  async #beginAgain(call: JournalCall<unknown>, known: FoldedCall): Promise<'effect' | 'observe'> {
    if (known.repeat === 'unknown') {
      const answer = known.settlements.at(-1);
      if (answer === 'done') return 'observe';
      if (answer !== 'again') throw outcomeUnknown(known);
    }
    if (known.repeat === 'restore') {
      const { restore } = this.#options;
      if (restore === undefined)
        throw new NovaError('internal', `Nothing can restore the workspace of ${call.callId}.`);
      await restore(call.callId);
    }
    await this.#recordSettlement(known, known.repeat === 'restore' ? 'restored' : 'ran-again');
    return 'effect';
  }

  async #perform<Output>(call: JournalCall<Output>, effect: Effect<Output>, signal: AbortSignal): Promise<Output> {
    const attempt = this.#fold.calls.get(call.callId)?.attempts ?? 1;
    const begun = this.#options.clock.monotonic();
    let output: Output;
    try {
      output = await effect(signal, attempt);
    } catch (thrown) {
      const failure = toNovaError(thrown);
      refuseAborted(signal);
      if (isInterruption(failure.code)) throw failure;
      await this.#finish(call.callId, begun, null, failure);
      throw failure;
    }
    const parsed = call.schema.safeParse(output);
    if (!parsed.success) {
      const failure = new NovaError(
        'tool.failed',
        `${call.intent}: the outcome is not of its shape. ${parsed.error.message}`,
      );
      await this.#finish(call.callId, begun, null, failure);
      throw failure;
    }
    const hash = await putJson(this.#options.blobs, parsed.data);
    await this.#finish(call.callId, begun, hash, null);
    // Through JSON and back, so that the first run and every re-run give the same value.
    return getJson(this.#options.blobs, hash, call.schema);
  }

  async #recall<Output>(call: JournalCall<Output>, known: FoldedCall): Promise<Output> {
    if (known.failure !== null) throw fromErrorRecord(known.failure);
    if (known.output === null)
      throw new NovaError('ledger.corrupt', `The call ${call.callId} has neither outcome nor failure.`);
    return getJson(this.#options.blobs, known.output, call.schema);
  }

  async #finish(callId: string, begun: number, output: string | null, failure: NovaError | null): Promise<void> {
    const cause = this.#fold.calls.get(callId)?.startedEvent ?? null;
    const record = failure?.toRecord();
    await this.#entry('finished', callId, cause, {
      task: this.#options.task,
      callId,
      output,
      failure:
        record === undefined
          ? null
          : { code: record.code, message: record.message, ...(record.details && { details: record.details }) },
      durationMs: this.#options.clock.monotonic() - begun,
    });
  }

  async #entry<Entry extends 'started' | 'finished'>(
    entry: Entry,
    callId: string,
    cause: string | null,
    data: EventData<`nova.journal.${Entry}`>,
  ): Promise<AppendOutcome> {
    this.#issued += 1;
    const position = this.#issued;
    let outcome: AppendOutcome;
    try {
      await this.#options.onBoundary?.({ position, entry, when: 'before', callId });
      outcome = await this.#append(`nova.journal.${entry}`, `${callId}/${entry}`, cause, data);
    } catch (error) {
      this.#issued -= 1;
      throw error;
    }
    await this.#options.onBoundary?.({ position, entry, when: 'after', callId });
    return outcome;
  }

  async #recordSettlement(known: FoldedCall, how: EventData<'nova.journal.settled'>['how']): Promise<void> {
    const { callId, settlements, startedEvent } = known;
    const data = { task: this.#options.task, callId, how };
    await this.#append('nova.journal.settled', `${callId}/settled/${settlements.length + 1}`, startedEvent, data);
  }

  async #append<Type extends EventType>(
    type: Type,
    name: string,
    cause: string | null,
    data: EventData<Type>,
  ): Promise<AppendOutcome> {
    const { ledger, task, tenant, actor } = this.#options;
    const event = {
      type,
      schemaVersion: eventCatalogue[type].version,
      data: data as Readonly<Record<string, unknown>>,
      tenant,
      actor,
      cause,
      traceparent: this.#options.traceparent ?? null,
    };
    const outcome = await ledger.append(this.#stream, [event], {
      expectedVersion: 'any',
      key: `journal/${task}/${name}`,
    });
    await this.catchUp();
    return outcome;
  }
}

function observation<Output>(call: JournalCall<Output>): Effect<Output> {
  return async (signal) => {
    if (call.observe !== undefined) return call.observe(signal);
    const nothing = call.schema.safeParse(null);
    if (nothing.success) return nothing.data;
    throw new NovaError(
      'task.paused',
      `${call.intent} (${call.callId}) was declared done, but the steps after it need its outcome, and it cannot be read back. ` +
        `Nothing was lost. Undo what it did, settle the call as "again", and resume.`,
      { details: { callId: call.callId } },
    );
  };
}

function refuseOtherInput(callId: string, recorded: string, present: string): void {
  if (recorded === present) return;
  throw new NovaError(
    'journal.input_changed',
    `The call ${callId} was recorded with another input than it has now, so its outcome cannot stand for it. ` +
      `Everything recorded is kept. Resume with the version of Nova that began the task, or start a new task.`,
    { details: { callId, recorded, present } },
  );
}

function refuseAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  if (signal.reason instanceof NovaError) throw signal.reason;
  throw new NovaError('task.cancelled', 'The task was cancelled. What was recorded is kept; resume to go on.', {
    cause: signal.reason,
  });
}

function outcomeUnknown(known: FoldedCall): NovaError {
  return new NovaError(
    'journal.outcome_unknown',
    `"${known.intent}" (${known.callId}) was begun at ${known.startedAt} and Nova was interrupted before its outcome was recorded. ` +
      `It may have happened, and it must not happen twice. Look whether it did, then settle the call as "done" (it happened; go on) ` +
      `or as "again" (it did not happen; carry it out), and resume. Everything else is kept.`,
    { details: { callId: known.callId, startedAt: known.startedAt } },
  );
}
