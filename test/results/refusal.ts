import { type Result, resultSchema } from '@nova/core';

/** A Result that says as little as one can, with what a test needs of it. */
export function refusal(changes: Partial<Result> = {}): Result {
  return resultSchema.parse({
    task: 't1',
    kind: 'fix',
    outcome: 'refused',
    code: null,
    summary: '',
    next: '',
    repository: '/r',
    base: null,
    environment: null,
    isolation: null,
    baseline: null,
    suspects: [],
    change: null,
    alternatives: [],
    tried: { candidates: 0, verdicts: {} },
    bestVerdict: null,
    review: [],
    gate: [],
    evidence: 'none',
    cost: { seconds: 0, runs: 0, attempts: 0, modelTokens: 0, stageSeconds: {} },
    gaps: [],
    ...changes,
  });
}
