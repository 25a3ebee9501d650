import type { Result, ReviewRequest } from '@nova/core';
import { z } from 'zod';
import type { Brief } from '../base/brief.ts';
import { readGround, readIfReached } from './closing.ts';
import { type Ending, examinedRecord, type Records } from './records.ts';
import type { ReviewStateValue } from './review-state.ts';

/** Puts the Result of a review together from what its stages recorded. */
export async function reviewReport(
  brief: Brief<ReviewRequest>,
  records: Records,
  state: ReviewStateValue,
): Promise<Result> {
  const { ending, captured, base, environment, gaps } = await readGround(records, state);
  const unprepared = await readIfReached(records, state.unprepared, z.string());
  const examined = await readIfReached(records, state.examined, examinedRecord);
  return {
    task: brief.task,
    kind: 'review',
    outcome: ending.outcome,
    code: ending.code,
    summary: ending.message,
    next: nextStep(ending, (examined?.findings.length ?? 0) > 0),
    repository: brief.request.repository,
    base,
    environment,
    isolation: examined?.isolation ?? null,
    baseline: null,
    suspects: [],
    change: null,
    alternatives: [],
    tried: { candidates: 0, verdicts: {} },
    bestVerdict: null,
    review: examined?.findings ?? [],
    examined: examined && { ...examined.examined, since: captured?.since ?? null },
    gate: [],
    evidence: 'none',
    cost: {
      seconds: brief.budget.secondsSpent,
      runs: brief.budget.runsSpent,
      attempts: state.attempt,
      modelTokens: 0,
      stageSeconds: {},
    },
    gaps: [
      ...(unprepared === null
        ? []
        : [`without the dependencies, which types come from them is not known: ${unprepared}`]),
      ...gaps,
      ...(examined?.gaps ?? []),
      ...(examined?.isolation?.missing ?? []),
    ],
  };
}

function nextStep(ending: Ending, found: boolean): string {
  switch (ending.outcome) {
    case 'reviewed':
      return found
        ? 'Nothing was changed. Look at the findings, worst first; a comment that the named engine knows silences one that is meant.'
        : 'Nothing was changed, and there is nothing to do.';
    case 'cancelled':
      return 'Nothing was changed. Run the same command again for a review.';
    case 'environment-failed':
      return 'See what `nova doctor` says is missing, then run the same command again.';
    case 'failed':
      return 'This is a fault of Nova itself; the logs in the data folder say more. Your repository is as it was.';
    default:
      return 'Mend what the summary names, then run the same command again.';
  }
}
