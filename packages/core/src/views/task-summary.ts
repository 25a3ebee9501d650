import type { ErrorCode } from '../errors/nova-error.ts';
import { type EventData, type EventType, eventCatalogue } from '../events/catalogue.ts';
import type { RecordedEvent } from '../events/envelope.ts';
import type { FindingCounts } from '../vocabulary/review.ts';
import type { Stage, TaskRequest, TaskState } from '../vocabulary/task.ts';

/** A task in one line of a list: a fold of its `nova.task.*` and `nova.stage.*` events. */
export interface TaskSummary {
  readonly id: string;
  readonly state: TaskState;
  readonly request: TaskRequest;
  readonly submittedAt: string;
  readonly finishedAt: string | null;
  /** The stage that began last, and its attempt. */
  readonly stage: Stage | null;
  readonly attempt: number | null;
  /** The instance that carries it; null until it is admitted. */
  readonly instance: string | null;
  readonly origin: { readonly task: string; readonly callId: string } | null;
  /** Why it waits, pauses or is cancelled. */
  readonly reason: string | null;
  readonly outcome: string | null;
  readonly code: ErrorCode | null;
  /** What a review found; null for every other task, and where an early server recorded it. */
  readonly findings: FindingCounts | null;
  readonly appliedAt: string | null;
  /** Position of the last event folded in. */
  readonly position: number;
}

/** Reads an event as one of the catalogue; null when it is of another type. */
export function eventData<Type extends EventType>(event: RecordedEvent, type: Type): EventData<Type> | null {
  if (event.type !== type) return null;
  return eventCatalogue[type].data.parse(event.data) as EventData<Type>;
}

/** The summary that a submission begins with; null for every other event. */
export function submittedSummary(event: RecordedEvent): TaskSummary | null {
  const submitted = eventData(event, 'nova.task.submitted');
  return (
    submitted && {
      id: submitted.task,
      state: 'queued',
      request: submitted.request,
      submittedAt: event.time,
      finishedAt: null,
      stage: null,
      attempt: null,
      instance: null,
      origin: submitted.origin,
      reason: null,
      outcome: null,
      code: null,
      findings: null,
      appliedAt: null,
      position: event.position,
    }
  );
}

/** What one more event of the task changes in its summary. */
export function summaryChange(summary: TaskSummary, event: RecordedEvent): Partial<TaskSummary> {
  const stage = eventData(event, 'nova.stage.started');
  if (stage) {
    // Early histories have no assignment: the first stage begins the work.
    const state = summary.state === 'queued' ? 'running' : summary.state;
    return { state, stage: stage.stage, attempt: stage.attempt };
  }
  const ended = eventData(event, 'nova.task.finished');
  if (ended) {
    const { outcome, code, findings } = ended;
    return { state: 'finished', finishedAt: event.time, reason: null, outcome, code, findings };
  }
  if (eventData(event, 'nova.task.applied')) return { appliedAt: event.time };
  // What a person wished at the moment it ended came too late.
  if (summary.state === 'finished') return {};
  // Nor can a cancellation be taken back.
  if (summary.state === 'cancelling') return {};
  const waiting = eventData(event, 'nova.task.waiting');
  if (waiting) return { state: 'queued', reason: waiting.reason };
  const assigned = eventData(event, 'nova.task.assigned');
  if (assigned) return { state: 'running', reason: null, instance: assigned.instance };
  const pausing = eventData(event, 'nova.task.pausing');
  // Who stands still already has nothing to bring to an end.
  if (pausing) return summary.state === 'paused' ? {} : { state: 'pausing', reason: pausing.reason };
  const cancelling = eventData(event, 'nova.task.cancelling');
  if (cancelling) return { state: 'cancelling', reason: cancelling.reason };
  const paused = eventData(event, 'nova.task.paused');
  if (paused) return { state: 'paused', reason: paused.reason };
  // It is admitted again, like a new one.
  if (eventData(event, 'nova.task.resumed')) return { state: 'queued', reason: null };
  return {};
}
