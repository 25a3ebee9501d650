import { type Stage, stages, type TaskSummary } from '@nova/core';
import { toneOf } from '../elements/badge.tsx';

const ofReview: readonly Stage[] = ['intake', 'environment', 'review'];

/** The stages that a kind of task goes through. */
export function stagesOf(kind: TaskSummary['request']['kind']): readonly Stage[] {
  return kind === 'review' ? ofReview : stages;
}

/** How far a task is, as one segment a stage: gone through, the present one, still to come. */
export function StageRail({ task }: { readonly task: TaskSummary }) {
  const all = stagesOf(task.request.kind);
  const at = task.stage === null ? -1 : all.indexOf(task.stage);
  const complete = task.state === 'finished' && (task.outcome === 'delivered' || task.outcome === 'reviewed');
  return (
    <span className="rail" data-tone={toneOf(task)} aria-hidden="true">
      {all.map((stage, index) => (
        <i key={stage} data-part={complete || index < at ? 'gone' : index === at ? 'at' : 'ahead'} />
      ))}
    </span>
  );
}
