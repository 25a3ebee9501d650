import { foldReplay, type RecordedEvent, type Result, type TaskView } from '@nova/core';

/**
 * What a task cost in the end. Its team counts the time of the calls that answered; the time of those that failed, such as the one
 * that a refusal came from, is known to the journal only.
 */
export function costOf(cost: Result['cost'], view: TaskView, events: readonly RecordedEvent[]): Result['cost'] {
  const stageSeconds: Record<string, number> = {};
  for (const { stage, startedAt, finishedAt } of view.stages) {
    if (finishedAt === null) continue;
    // Times come from a clock that may be set back.
    const seconds = Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
    stageSeconds[stage] = (stageSeconds[stage] ?? 0) + seconds;
  }
  const failedMs = foldReplay(events).reduce(
    (sum, moment) => sum + (moment.kind === 'call' && moment.failure !== null ? (moment.durationMs ?? 0) : 0),
    0,
  );
  return { ...cost, seconds: cost.seconds + failedMs / 1000, stageSeconds };
}
