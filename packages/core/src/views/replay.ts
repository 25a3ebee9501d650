import type { ErrorCode } from '../errors/nova-error.ts';
import type { EventData } from '../events/catalogue.ts';
import type { RecordedEvent } from '../events/envelope.ts';
import type { RepeatClass } from '../tools/tool.ts';
import type { Stage } from '../vocabulary/task.ts';
import { eventData } from './task-summary.ts';

/** One journaled call of a recorded task. */
export interface ReplayedCall {
  readonly kind: 'call';
  /** The call's number in its task, from 1, in the order in which the calls were begun. */
  readonly number: number;
  readonly callId: string;
  readonly intent: string;
  readonly repeat: RepeatClass;
  readonly startedAt: string;
  /** Null when no outcome is recorded. */
  readonly endedAt: string | null;
  /** How long it took, in milliseconds; null when no outcome is recorded. */
  readonly durationMs: number | null;
  /** Since when somebody works on it without a stop; null when it has ended, or when the task stands still. */
  readonly since: string | null;
  /** How often its effect was begun; more than 1 after an interruption. */
  readonly begun: number;
  /** Blob hash of the input. */
  readonly input: string;
  /** Blob hash of the outcome; null when it failed or did not end. */
  readonly output: string | null;
  readonly failure: { readonly code: ErrorCode; readonly message: string } | null;
  /** Position of the event with which it ended, else began: the order in which things were over, whatever the clock said. */
  readonly position: number;
}

/** The beginning or the end of a stage. */
export interface ReplayedStage {
  readonly kind: 'stage';
  readonly stage: Stage;
  readonly attempt: number;
  readonly at: string;
  /** What it came to; null at its beginning. */
  readonly summary: string | null;
  readonly position: number;
}

/** A turn of the whole task: submitted, waiting, assigned, pausing, paused, resumed, cancelling, finished, applied. */
export interface ReplayedTurn {
  readonly kind: 'turn';
  readonly turn: string;
  readonly at: string;
  /** The reason, the instance or the outcome; empty when the word says all. */
  readonly detail: string;
  readonly position: number;
}

export type ReplayedMoment = ReplayedCall | ReplayedStage | ReplayedTurn;

/** Folds a task's events into what happened, in the order in which it began. Events of unknown types change nothing. */
export function foldReplay(events: Iterable<RecordedEvent>): readonly ReplayedMoment[] {
  const moments: ReplayedMoment[] = [];
  const places = new Map<string, number>();

  function change(callId: string, edit: (call: ReplayedCall) => Partial<ReplayedCall>): void {
    const place = places.get(callId);
    const call = place === undefined ? undefined : moments[place];
    if (place !== undefined && call?.kind === 'call') moments[place] = { ...call, ...edit(call) };
  }

  for (const event of events) {
    const started = eventData(event, 'nova.journal.started');
    if (started && !places.has(started.callId)) {
      places.set(started.callId, moments.length);
      moments.push(begunCall(started, places.size, event));
      continue;
    }
    const finished = eventData(event, 'nova.journal.finished');
    if (finished) {
      const { output, failure } = finished;
      change(finished.callId, (call) => ({
        output,
        durationMs: durationOf(call, finished, event.time),
        since: null,
        position: event.position,
        endedAt: event.time,
        failure: failure && { code: failure.code, message: failure.message },
      }));
      continue;
    }
    const settled = eventData(event, 'nova.journal.settled');
    if (settled) {
      const again = settled.how === 'ran-again' || settled.how === 'restored';
      if (again) change(settled.callId, (call) => ({ begun: call.begun + 1, since: call.since ?? event.time }));
      continue;
    }
    if (event.type === 'nova.task.paused') {
      // A call that is open now was cut: what it ran has been ended.
      for (const callId of places.keys()) change(callId, () => ({ since: null }));
    }
    const moment = stageMoment(event) ?? turnMoment(event);
    if (moment) moments.push(moment);
  }
  return moments;
}

function begunCall(
  started: EventData<'nova.journal.started'>,
  number: number,
  { time: startedAt, position }: RecordedEvent,
): ReplayedCall {
  const { callId, intent, repeat, input } = started;
  return {
    kind: 'call',
    number,
    callId,
    intent,
    repeat,
    startedAt,
    endedAt: null,
    durationMs: null,
    since: startedAt,
    begun: 1,
    input,
    output: null,
    failure: null,
    position,
  };
}

/**
 * What the journal measured is exact, but only from the moment when the present server began or took over. A call that was
 * begun again counts from its first beginning: what it runs outlives a server, and a server that comes back attaches to it. It counts
 * from the beginning after the last pause where there was one, because a pause ends what is open. A call that was given up was not
 * measured at all.
 */
function durationOf(
  { begun, since }: ReplayedCall,
  { durationMs, failure }: EventData<'nova.journal.finished'>,
  endedAt: string,
): number {
  const isMeasured = begun === 1 && failure?.code !== 'task.cancelled';
  if (isMeasured || since === null) return durationMs;
  // Times come from a clock that may be set back.
  return Math.max(durationMs, Date.parse(endedAt) - Date.parse(since));
}

function stageMoment(event: RecordedEvent): ReplayedStage | null {
  const finished = eventData(event, 'nova.stage.finished');
  const stage = finished ?? eventData(event, 'nova.stage.started');
  if (!stage) return null;
  return {
    kind: 'stage',
    stage: stage.stage,
    attempt: stage.attempt,
    at: event.time,
    summary: finished?.summary ?? null,
    position: event.position,
  };
}

function turnMoment(event: RecordedEvent): ReplayedTurn | null {
  const turn = /^nova\.task\.(.+)$/.exec(event.type)?.[1];
  return turn === undefined
    ? null
    : { kind: 'turn', turn, at: event.time, detail: detailOf(event), position: event.position };
}

function detailOf(event: RecordedEvent): string {
  for (const type of ['nova.task.waiting', 'nova.task.pausing', 'nova.task.paused', 'nova.task.cancelling'] as const) {
    const data = eventData(event, type);
    if (data) return data.reason;
  }
  const finished = eventData(event, 'nova.task.finished');
  if (finished) return finished.code === null ? finished.outcome : `${finished.outcome} · ${finished.code}`;
  const origin = eventData(event, 'nova.task.submitted')?.origin;
  if (origin) return `forked from ${origin.callId}`;
  return eventData(event, 'nova.task.assigned')?.instance ?? eventData(event, 'nova.task.applied')?.how ?? '';
}
