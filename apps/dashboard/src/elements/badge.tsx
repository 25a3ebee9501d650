import { countOf, type FindingCounts, type TaskState } from '@nova/core';

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
  readonly findings?: FindingCounts | null;
}

/** The tone of a task as it stands. */
export function toneOf({ state, outcome, findings }: Standing): Tone {
  // That a review was done says nothing of the code.
  if (outcome === 'reviewed') {
    if (!findings) return 'still';
    return findings.error > 0 ? 'bad' : findings.warning > 0 ? 'waiting' : 'good';
  }
  return state === 'finished' ? (outcomeTones[outcome ?? ''] ?? 'still') : stateTones[state];
}

/** How a task stands, in its own word: the outcome of an ended one, the state of another. */
export function standing({ state, outcome, appliedAt }: Standing): string {
  if (state !== 'finished') return state;
  const word = (outcome ?? 'finished').replaceAll('-', ' ');
  return appliedAt ? `${word}, applied` : word;
}

/** What a review found, in words; empty where that is not known. */
export function findingWords({ findings }: Pick<Standing, 'findings'>): string {
  if (!findings) return '';
  const { error, warning, info } = findings;
  const parts = [
    error > 0 ? countOf(error, 'error') : '',
    warning > 0 ? countOf(warning, 'warning') : '',
    info > 0 ? `${info} info` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'no findings' : parts.join(', ');
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
