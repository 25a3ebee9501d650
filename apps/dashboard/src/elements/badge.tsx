import type { TaskState } from '@nova/core';

/** What a colour stands for. */
export type Tone = 'running' | 'waiting' | 'paused' | 'good' | 'bad' | 'still';

const stateTones: Readonly<Record<TaskState, Tone>> = {
  queued: 'waiting',
  running: 'running',
  pausing: 'paused',
  paused: 'paused',
  cancelling: 'still',
  finished: 'still',
};
const outcomeTones: Readonly<Record<string, Tone>> = {
  delivered: 'good',
  reviewed: 'good',
  cancelled: 'still',
  refused: 'bad',
  'not-repaired': 'bad',
  'gate-failed': 'bad',
  'environment-failed': 'bad',
  failed: 'bad',
};

interface Standing {
  readonly state: TaskState;
  readonly outcome: string | null;
  readonly appliedAt?: string | null;
}

/** The tone of a task as it stands. */
export function toneOf({ state, outcome }: Standing): Tone {
  return state === 'finished' ? (outcomeTones[outcome ?? ''] ?? 'still') : stateTones[state];
}

/** How a task stands, in its own word: the outcome of an ended one, the state of another. */
export function standing({ state, outcome, appliedAt }: Standing): string {
  if (state !== 'finished') return state;
  const word = (outcome ?? 'finished').replaceAll('-', ' ');
  return appliedAt ? `${word}, applied` : word;
}

/** A word on a ground of its tone. The word carries the meaning; the colour repeats it. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  return (
    <span className="badge" data-tone={tone}>
      {children}
    </span>
  );
}

/** The badge of a task. */
export function TaskBadge({ task }: { readonly task: Standing }) {
  return <Badge tone={toneOf(task)}>{standing(task)}</Badge>;
}
