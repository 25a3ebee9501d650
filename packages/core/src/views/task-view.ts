import type { ErrorCode } from '../errors/nova-error.ts';
import { type EventData, type EventType, eventCatalogue } from '../events/catalogue.ts';
import type { RecordedEvent } from '../events/envelope.ts';
import type { Stage, TaskRequest, TaskState } from '../vocabulary/task.ts';

/** One journaled call as a screen shows it. */
export interface CallView {
  readonly callId: string;
  readonly intent: string;
  readonly state: 'running' | 'finished' | 'failed';
  readonly durationMs: number | null;
}

/** One stage of one attempt as a screen shows it. */
export interface StageView {
  readonly stage: Stage;
  readonly attempt: number;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly summary: string | null;
}

/** What a screen shows of a task: a fold of the task's events and of nothing else. */
export interface TaskView {
  readonly id: string;
  readonly request: TaskRequest;
  readonly state: TaskState;
  /** Id of the event that submitted it: the cause of all that follows. */
  readonly submission: string;
  readonly submittedAt: string;
  readonly finishedAt: string | null;
  /** Why it waits, pauses or is cancelled. */
  readonly reason: string | null;
  /** The instance that carries it; null until it is admitted. */
  readonly instance: string | null;
  readonly origin: { readonly task: string; readonly callId: string } | null;
  readonly stages: readonly StageView[];
  readonly calls: readonly CallView[];
  readonly outcome: string | null;
  readonly code: ErrorCode | null;
  /** Blob hash of the Result. */
  readonly result: string | null;
  readonly appliedAt: string | null;
  /** Position of the last event folded in. */
  readonly position: number;
}

/** Reads an event as one of the catalogue; null when it is of another type. */
export function eventData<Type extends EventType>(event: RecordedEvent, type: Type): EventData<Type> | null {
  if (event.type !== type) return null;
  return eventCatalogue[type].data.parse(event.data) as EventData<Type>;
}

/** Folds one more event into a task's view. Events of other streams and unknown types leave it as it is. */
export function foldTask(view: TaskView | null, event: RecordedEvent): TaskView | null {
  const submitted = eventData(event, 'nova.task.submitted');
  if (submitted) {
    return {
      id: submitted.task,
      request: submitted.request,
      state: 'queued',
      submission: event.id,
      submittedAt: event.time,
      finishedAt: null,
      reason: null,
      instance: null,
      origin: submitted.origin,
      stages: [],
      calls: [],
      outcome: null,
      code: null,
      result: null,
      appliedAt: null,
      position: event.position,
    };
  }
  if (!view || event.subject !== `task/${view.id}`) return view;
  return { ...view, ...change(view, event), position: event.position };
}

function change(view: TaskView, event: RecordedEvent): Partial<TaskView> {
  const stageStarted = eventData(event, 'nova.stage.started');
  if (stageStarted) {
    const { stage, attempt } = stageStarted;
    const stageView = { stage, attempt, startedAt: event.time, finishedAt: null, summary: null };
    // Early histories have no assignment: the first stage begins the work.
    return { state: view.state === 'queued' ? 'running' : view.state, stages: [...view.stages, stageView] };
  }
  const stageFinished = eventData(event, 'nova.stage.finished');
  if (stageFinished) {
    return {
      stages: view.stages.map((stage) =>
        stage.stage === stageFinished.stage && stage.attempt === stageFinished.attempt
          ? { ...stage, finishedAt: event.time, summary: stageFinished.summary }
          : stage,
      ),
    };
  }
  const started = eventData(event, 'nova.journal.started');
  if (started) {
    const call = { callId: started.callId, intent: started.intent, state: 'running', durationMs: null } as const;
    return { calls: [...view.calls.filter((other) => other.callId !== started.callId), call] };
  }
  const finished = eventData(event, 'nova.journal.finished');
  if (finished) {
    return {
      calls: view.calls.map((call) =>
        call.callId === finished.callId
          ? { ...call, state: finished.failure ? 'failed' : 'finished', durationMs: finished.durationMs }
          : call,
      ),
    };
  }
  const waiting = eventData(event, 'nova.task.waiting');
  if (waiting) return { state: 'queued', reason: waiting.reason };
  const assigned = eventData(event, 'nova.task.assigned');
  if (assigned) return { state: 'running', reason: null, instance: assigned.instance };
  const pausing = eventData(event, 'nova.task.pausing');
  if (pausing) return { state: 'pausing', reason: pausing.reason };
  const cancelling = eventData(event, 'nova.task.cancelling');
  if (cancelling) return { state: 'cancelling', reason: cancelling.reason };
  const paused = eventData(event, 'nova.task.paused');
  if (paused) return { state: 'paused', reason: paused.reason };
  if (eventData(event, 'nova.task.resumed')) return { state: 'running', reason: null };
  const ended = eventData(event, 'nova.task.finished');
  if (ended) {
    return {
      state: 'finished',
      finishedAt: event.time,
      reason: null,
      outcome: ended.outcome,
      code: ended.code,
      result: ended.result,
    };
  }
  if (eventData(event, 'nova.task.applied')) return { appliedAt: event.time };
  return {};
}
