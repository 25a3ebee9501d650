import type { NovaError, RepeatClass } from '@nova/core';
import type { z } from 'zod';

/** One effect to be carried out at most once while its outcome is known. */
export interface JournalCall<Output> {
  /** `task/attempt/stage/name/ordinal`, the same on every re-run. */
  readonly callId: string;
  /** What is about to happen, in words for a person. */
  readonly intent: string;
  /** How an effect that was begun and whose outcome is not known may be settled. */
  readonly repeat: RepeatClass;
  /** Everything the outcome depends on, as JSON; a re-run with another input is refused. */
  readonly input: unknown;
  /** The outcome's shape. It is stored as JSON: use null for nothing. */
  readonly schema: z.ZodType<Output>;
  /** Finds out the outcome of an effect that a person declared done; without it, done means null. */
  readonly observe?: (signal: AbortSignal) => Promise<Output>;
}

export type Effect<Output> = (signal: AbortSignal, attempt: number) => Promise<Output>;

/** A place just beside an append of the journal, for exact pauses and kills. */
export interface JournalBoundary {
  /** Ordinal of the entry in its task, from 1; a Started and a Finished are one each. */
  readonly position: number;
  readonly entry: 'started' | 'finished';
  readonly when: 'before' | 'after';
  readonly callId: string;
}

/** What the journal knows of one call. */
export interface JournalEntry {
  readonly callId: string;
  readonly intent: string;
  readonly repeat: RepeatClass;
  /** Blob hash of the input. */
  readonly input: string;
  readonly state: 'started' | 'finished';
  /** How often the effect was begun. */
  readonly attempts: number;
  /** Blob hash of the outcome. */
  readonly output: string | null;
  readonly failure: { readonly code: NovaError['code']; readonly message: string } | null;
  readonly durationMs: number | null;
  /** RFC 3339. */
  readonly startedAt: string;
}

/** The record of a task's effects: intent before, outcome after. */
export interface Journal {
  /**
   * Carries out an effect, or returns (or throws) what was recorded for its call id. An effect that was begun and whose
   * outcome is not known is settled by its repeat class: `pure` runs again, `restore` runs again after the workspace was
   * put back, `unknown` rejects with `journal.outcome_unknown` until a person has settled it. Two runs of one call id at
   * the same time share one effect, under the first one's signal. Also rejects with `journal.input_changed`.
   *
   * What says nothing about the effect itself (a lost sandbox, a full disk, a pause) is thrown and not recorded.
   */
  run<Output>(call: JournalCall<Output>, effect: Effect<Output>, signal: AbortSignal): Promise<Output>;
  /** Records a person's answer to `journal.outcome_unknown`: the effect is `done`, or may be carried out `again`. */
  settle(callId: string, how: 'done' | 'again'): Promise<void>;
  /** Resolves when no call is under way any more, however the ones that were have ended. */
  quiet(): Promise<void>;
  /** Records this failure as the outcome of every call that was begun and has none: nobody will ever carry it out. */
  giveUp(failure: NovaError): Promise<void>;
  /** Every call in the order of its start. */
  entries(): readonly JournalEntry[];
}
