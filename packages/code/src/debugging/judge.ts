import { failingTests, type TestCase, type TestReport } from '@nova/core';
import { exitCodeTest } from '../evidence/test-run.ts';

/** What the base showed, against which a candidate is judged. */
export interface Baseline {
  readonly failing: readonly TestCase[];
  /** Ids of tests that passed in the whole run. */
  readonly passed: ReadonlySet<string>;
}

/**
 * True when a test that failed on the base is repaired. A failure to load or a failing group has no test of its own
 * once it is repaired; then the tests below it must be there, at least one passing and none failing.
 */
export function isRepaired(id: string, before: TestCase | undefined, report: TestReport): boolean {
  if (id === exitCodeTest) return report.exitCode === 0 && !report.timedOut;
  const now = report.tests.find((test) => test.id === id);
  if (now) return now.status === 'passed';
  if (!report.counted) return false;
  const wholeFile = before !== undefined && before.file !== null && before.name === before.file;
  if (before?.file === null && before.name === 'unhandled error') return !report.timedOut && report.exitCode === 0;
  const below = report.tests.filter((test) =>
    wholeFile ? test.file === before.file && test.id !== id : test.id.startsWith(`${id} > `),
  );
  return below.some((test) => test.status === 'passed') && below.every((test) => test.status !== 'failed');
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
