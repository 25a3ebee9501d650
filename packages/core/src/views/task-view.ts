import type { RecordedEvent } from '../events/envelope.ts';
import type { Stage } from '../vocabulary/task.ts';
import { eventData, submittedSummary, summaryChange, type TaskSummary } from './task-summary.ts';

/** One journaled call as a screen shows it. */
export interface CallView {
  readonly callId: string;
  readonly intent: string;
  readonly state: 'running' | 'finished' | 'failed';
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
export interface TaskView extends TaskSummary {
  /** Id of the event that submitted it: the cause of all that follows. */
  readonly submission: string;
  readonly stages: readonly StageView[];
  readonly calls: readonly CallView[];
  /** Blob hash of the Result. */
  readonly result: string | null;
}

/** Folds one more event into a task's view. Events of other streams and unknown types leave it as it is. */
export function foldTask(view: TaskView | null, event: RecordedEvent): TaskView | null {
  const submitted = submittedSummary(event);
  if (submitted) return { ...submitted, submission: event.id, stages: [], calls: [], result: null };
  if (!view || event.subject !== `task/${view.id}`) return view;
  return { ...view, ...summaryChange(view, event), ...detailChange(view, event), position: event.position };
}

function detailChange(view: TaskView, event: RecordedEvent): Partial<TaskView> {
  const stageStarted = eventData(event, 'nova.stage.started');
  if (stageStarted) {
    const { stage, attempt } = stageStarted;
    return {
      stages: [...view.stages, { stage, attempt, startedAt: event.time, finishedAt: null, summary: null }],
    };
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
    const call = { callId: started.callId, intent: started.intent, state: 'running' } as const;
    return {
      // A resumed task of an early history was never assigned again.
      state: view.state === 'queued' ? 'running' : view.state,
      calls: [...view.calls.filter((other) => other.callId !== started.callId), call],
    };
  }
  const finished = eventData(event, 'nova.journal.finished');
  if (finished) {
    return {
      calls: view.calls.map((call) =>
        call.callId === finished.callId ? { ...call, state: finished.failure ? 'failed' : 'finished' } : call,
      ),
    };
  }
  const ended = eventData(event, 'nova.task.finished');
  return ended ? { result: ended.result } : {};
}
