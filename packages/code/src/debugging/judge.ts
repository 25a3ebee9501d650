import { failingTests, isRepaired, type TestCase, type TestReport } from '@nova/core';

/** What the base showed, against which a candidate is judged. */
export interface Baseline {
  readonly failing: readonly TestCase[];
  /** Ids of tests that passed in the whole run. */
  readonly passed: ReadonlySet<string>;
}

/** Ids of target tests that a run does not show as repaired. */
export function unrepaired(target: readonly string[], baseline: Baseline, report: TestReport): string[] {
  const byId = new Map(baseline.failing.map((test) => [test.id, test]));
  return target.filter((id) => !isRepaired(id, byId.get(id), report));
}

/** Tests that the base did not fail and this run does, and tests that passed on the base and did not pass now. */
export function regressions(baseline: Baseline, report: TestReport): string[] {
  const known = new Set(baseline.failing.map((test) => test.id));
  const passing = new Set(report.tests.filter((test) => test.status === 'passed').map((test) => test.id));
  const broken = failingTests(report).filter((id) => !known.has(id));
  const lost = [...baseline.passed].filter((id) => !passing.has(id));
  return [...new Set([...broken, ...lost])];
}
