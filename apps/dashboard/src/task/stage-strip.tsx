import type { Stage, StageView, TaskView } from '@nova/core';
import { elapsed, useNow } from '../elements/time.ts';
import { stagesOf } from '../tasks/stage-rail.tsx';

interface StageStripProps {
  readonly view: TaskView;
  /** In a replay: the moment that is shown. */
  readonly replayedAt?: string;
}

/** The way of a task: every stage with the time it took, the present one growing. */
export function StageStrip({ view, replayedAt }: StageStripProps) {
  const moving = replayedAt === undefined && view.state !== 'finished' && view.state !== 'paused';
  const clock = useNow(moving);
  const now = replayedAt === undefined ? clock : Date.parse(replayedAt);
  const seen = view.stages.map(({ stage }) => stage);
  const expected = stagesOf(view.request.kind);
  const all = [...new Set<Stage>([...expected, ...seen])];
  return (
    <ol className="strip" aria-label="Stages" data-state={view.state}>
      {all.map((stage) => {
        const runs = view.stages.filter((run) => run.stage === stage);
        const part = partOf(runs, view);
        return (
          <li key={stage} data-part={part} {...(part === 'at' ? { 'aria-current': 'step' } : {})}>
            <span className="strip-name">{stage}</span>
            <span className="strip-time small">
              {words(part, runs, view, now)}
              {runs.length > 1 && `, ${runs.length} attempts`}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

type Part = 'gone' | 'at' | 'stopped' | 'ahead';

function partOf(runs: readonly StageView[], view: TaskView): Part {
  const last = runs.at(-1);
  if (last === undefined) return 'ahead';
  if (last.finishedAt === null) return view.state === 'finished' || view.state === 'paused' ? 'stopped' : 'at';
  const isLast = view.stages.at(-1) === last;
  const bad = view.state === 'finished' && view.outcome !== 'delivered' && view.outcome !== 'reviewed';
  return isLast && bad ? 'stopped' : 'gone';
}

function words(part: Part, runs: readonly StageView[], view: TaskView, now: number): string {
  if (part === 'ahead') return view.state === 'finished' ? 'not reached' : 'to come';
  const end = view.finishedAt === null ? now : Date.parse(view.finishedAt);
  const span = runs.reduce(
    // A clock that was set back makes no negative span.
    (sum, run) =>
      sum + Math.max(0, (run.finishedAt === null ? end : Date.parse(run.finishedAt)) - Date.parse(run.startedAt)),
    0,
  );
  if (part === 'stopped' && view.state === 'paused') return 'paused here';
  return part === 'at' ? elapsed(span) : `${(span / 1000).toFixed(1)} s`;
}
