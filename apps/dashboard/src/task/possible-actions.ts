import type { TaskView } from '@nova/core';

/** What a person can do with a task. */
export const actions = ['pause', 'resume', 'cancel', 'apply', 'fork'] as const;
export type Action = (typeof actions)[number];

type Standing = Pick<TaskView, 'state' | 'outcome' | 'appliedAt' | 'calls' | 'request'>;

/** Why an action makes no sense as the task stands; null when it does. */
export function whyNot(action: Action, task: Standing): string | null {
  switch (action) {
    case 'pause':
      return whyNoPause(task);
    case 'resume':
      return whyNoResume(task);
    case 'cancel':
      if (task.state === 'finished') return 'The task has ended.';
      return task.state === 'cancelling' ? 'It is being cancelled already.' : null;
    case 'apply':
      return whyNoApply(task);
    case 'fork':
      return task.calls.some((call) => call.state === 'finished')
        ? null
        : 'Nothing has come to its end yet that a fork could take over.';
  }
}

function whyNoPause({ state }: Standing): string | null {
  if (state === 'finished') return 'The task has ended.';
  if (state === 'cancelling') return 'It is being cancelled.';
  if (state === 'paused') return 'It is paused already.';
  return state === 'pausing' ? 'It is pausing: what runs is brought to its end first.' : null;
}

function whyNoResume({ state }: Standing): string | null {
  if (state === 'finished') return 'The task has ended.';
  if (state === 'cancelling') return 'It is being cancelled.';
  if (state === 'queued') return 'It waits for its turn and begins by itself.';
  return state === 'running' ? 'It is running.' : null;
}

function whyNoApply({ state, outcome, appliedAt, request }: Standing): string | null {
  if (request.kind === 'review') return 'A review changes nothing, so there is nothing to apply.';
  if (state !== 'finished') return 'There is no delivered change yet.';
  if (outcome !== 'delivered') return 'The task ended without a delivered change.';
  return appliedAt === null ? null : 'The change was applied already.';
}
