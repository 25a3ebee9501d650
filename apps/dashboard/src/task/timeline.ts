import { type CallView, foldReplay, type RecordedEvent, type StageView, type TaskView } from '@nova/core';
import { nameOf } from './call-id.ts';

/** Something that happened to the task as a whole. */
export interface TimelineNote {
  readonly kind: 'note';
  readonly id: string;
  readonly at: string;
  readonly text: string;
}

/** A stage of an attempt with its calls. */
export interface TimelineStage {
  readonly kind: 'stage';
  readonly id: string;
  readonly stage: StageView;
  readonly calls: readonly CallView[];
}

const words: Readonly<Record<string, string>> = {
  submitted: 'Handed in',
  waiting: 'Waits',
  assigned: 'Taken up',
  pausing: 'Pausing',
  paused: 'Paused',
  resumed: 'Resumed',
  cancelling: 'Cancelling',
  finished: 'Finished',
  applied: 'Applied to the checkout',
};

/** What a timeline shows, in the order in which it began: each stage with its calls, and the turns of the whole task. */
export function timelineOf(
  view: TaskView,
  events: readonly RecordedEvent[],
): readonly (TimelineNote | TimelineStage)[] {
  const shown = new Set<StageView>();
  return foldReplay(events).flatMap((moment, index): (TimelineNote | TimelineStage)[] => {
    if (moment.kind === 'turn') {
      const word = words[moment.turn] ?? moment.turn;
      // An instance that was made for this task has the task's name, which says nothing.
      const detail = moment.detail === view.id ? '' : moment.detail;
      // A reason to wait is a sentence of its own.
      const text = detail === '' ? word : moment.turn === 'waiting' ? detail : `${word}: ${detail}`;
      return [{ kind: 'note', id: `note ${index}`, at: moment.at, text }];
    }
    if (moment.kind === 'call') return [];
    const stage = view.stages.find(({ stage: name, attempt }) => name === moment.stage && attempt === moment.attempt);
    if (stage === undefined || shown.has(stage)) return [];
    shown.add(stage);
    const calls = view.calls.filter(({ callId }) => {
      const name = nameOf(callId);
      return name.stage === stage.stage && name.attempt === stage.attempt;
    });
    return [{ kind: 'stage', id: `${stage.attempt} ${stage.stage}`, stage, calls }];
  });
}
