import { type ErrorCode, isInterruption, type Stage, toNovaError } from '@nova/core';
import { isWindUp } from '../base/wind-up.ts';
import type { FixStateValue } from './fix-state.ts';
import type { Ending } from './records.ts';

/** Records that a stage began and ended, for people; `seconds` may be read back for the report. */
export interface StageLog {
  started(attempt: number, stage: Stage): Promise<void>;
  finished(attempt: number, stage: Stage, summary: string): Promise<void>;
}

/** `keep` holds on to what the stage has found so far, for the Result, should it fail later on. */
export type StageWork<State = FixStateValue> = (
  state: State,
  keep: (update: Partial<State>) => void,
) => Promise<{ update: Partial<State>; summary: string }>;

/** A node of the graph: records the borders of its stage, and turns a coded failure into the task's ending. */
export function recordedStage<State extends { readonly attempt: number }>(
  name: Stage,
  work: StageWork<State>,
  stageLog: StageLog,
  end: (ending: Ending) => Promise<Partial<State>>,
): (state: State) => Promise<Partial<State>> {
  return async (state: State): Promise<Partial<State>> => {
    await stageLog.started(state.attempt, name);
    let kept: Partial<State> = {};
    try {
      const { update, summary } = await work(state, (found) => {
        kept = { ...kept, ...found };
      });
      await stageLog.finished(state.attempt, name, summary);
      return update;
    } catch (thrown) {
      const error = toNovaError(thrown);
      if (isInterruption(error.code) && !isWindUp(error)) throw error;
      await stageLog.finished(state.attempt, name, error.message);
      const ending = await end({ outcome: outcomeFor(name, error.code), code: error.code, message: error.message });
      return { ...kept, ...ending };
    }
  };
}

function outcomeFor(stage: Stage, code: ErrorCode): Ending['outcome'] {
  if (code === 'task.cancelled') return 'cancelled';
  if (code.startsWith('tool.') || code.startsWith('blob.')) return 'failed';
  if (code.startsWith('environment.') || code === 'sandbox.unavailable') return 'environment-failed';
  if (code === 'gate.failed' || code === 'review.rejected' || code === 'bundle.rejected') return 'gate-failed';
  if (stage === 'planning' || stage === 'working' || code === 'repair.none') return 'not-repaired';
  return 'refused';
}
