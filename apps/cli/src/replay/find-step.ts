import { NovaError, type ReplayedCall, type ReplayedMoment } from '@nova/core';

/** The calls of a replay, by number. */
export function stepsOf(moments: readonly ReplayedMoment[]): readonly ReplayedCall[] {
  return moments.filter((moment) => moment.kind === 'call');
}

/**
 * The call that a person means: its number, its id, or the end of its id without the task. Rejects with `usage.invalid` and
 * what there is.
 */
export function findStep(moments: readonly ReplayedMoment[], task: string, step: string): ReplayedCall {
  const calls = stepsOf(moments);
  const found = /^\d+$/.test(step)
    ? calls.find((call) => call.number === Number(step))
    : calls.find((call) => call.callId === step || call.callId === `${task}/${step}`);
  if (found) return found;
  const range = calls.length === 0 ? 'It has recorded no step yet.' : `Its steps are 1 to ${calls.length}.`;
  throw new NovaError(
    'usage.invalid',
    `Task ${task} has no step ${step}. ${range} \`nova replay ${task}\` prints them.`,
  );
}
