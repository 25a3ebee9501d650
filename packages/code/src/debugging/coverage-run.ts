import type { TestCase, TestReport } from '@nova/core';
import type { TestCoverage } from '../evidence/probe.ts';
import type { TestBench, TestRun } from '../evidence/test-run.ts';
import type { WorkingTree } from '../workspace/working-tree.ts';

interface CoverageRequest {
  readonly command: string;
  readonly timeoutMs: number;
  readonly failing: readonly TestCase[];
  /** Wall time for all runs together. */
  readonly seconds: number;
  /** A run of the same command on the same files without coverage, when there was one. */
  readonly known: TestRun | null;
}

interface GatheredCoverage {
  readonly coverage: readonly TestCoverage[];
  readonly reports: readonly TestReport[];
  readonly runs: number;
  readonly notes: readonly string[];
}

/** What recording costs at most, as seen: counters and the watching of asynchronous work slow a test run down. */
const expectedSlowdown = 6;
/** One run never takes more of the time that is left than this, so that a narrower one still can. */
const shareOfOneRun = 0.6;
/** Passing tests of other files only sharpen the picture; they get no more than this. */
const shareOfOthers = 0.25;

/** More passing tests than this add time and next to nothing to the order of suspects; a sample stands for them. */
const passingTestsEnough = 300;

/**
 * Records which statements the failing tests and some passing tests executed, within the time. All tests at once where
 * that is cheap; else the failing tests' files first, whose passing tests are the nearest to the failure, then the single
 * failing tests when their files take too long, and of the other files what still fits.
 */
export async function gatherCoverage(
  request: CoverageRequest,
  tree: WorkingTree,
  bench: TestBench,
): Promise<GatheredCoverage> {
  const deadline = performance.now() + request.seconds * 1000;
  const left = () => Math.max(0, deadline - performance.now());
  const notes: string[] = [];
  const reports: TestReport[] = [];
  const coverage = new Map<string | null, TestCoverage>();
  let runs = 0;
  const { known } = request;
  const most = known?.report.timedOut ? timeUntilHung(known.report) : request.timeoutMs;
  const passing = known ? known.report.tests.length - request.failing.length : 0;
  const limit =
    passing > passingTestsEnough
      ? { coverageLimit: { always: request.failing.map((test) => test.id), others: passingTestsEnough / passing } }
      : {};
  const record = async (command: string, share: number): Promise<TestRun> => {
    const timeoutMs = Math.max(1000, Math.min(most, request.timeoutMs, left() * share));
    const run = await bench.run({ command, timeoutMs, coverage: true, ...limit });
    await tree.restore();
    runs += run.executions;
    reports.push(run.report);
    for (const entry of run.coverage) if (!coverage.has(entry.test)) coverage.set(entry.test, entry);
    return run;
  };
  const gathered = () => ({ coverage: [...coverage.values()], reports, runs, notes });

  if (known?.report.timedOut) {
    notes.push('The tests do not end on the base; what they executed until they hung was recorded.');
    await record(request.command, 1);
    return gathered();
  }
  const widths = known ? await known.focus(request.failing) : [];
  const files = new Set(request.failing.map((test) => test.file));
  const others = known?.report.tests.some((test) => !files.has(test.file)) ?? true;
  const cheap = !known || known.report.durationMs * expectedSlowdown < left() * shareOfOthers;
  if (widths.length === 0 || !others || cheap) {
    const run = await record(request.command, widths.length === 0 && known ? 1 : shareOfOneRun);
    if (!run.report.timedOut) return gathered();
    notes.push('Recording the coverage of all tests took too long; only a part of the tests was recorded.');
    const narrower = widths.length > 0 ? widths : await run.focus(request.failing);
    // What a stopped run left belongs to no test for sure.
    if (narrower.length > 0) coverage.clear();
    await narrowing(narrower, record, left);
    return gathered();
  }
  const done = await narrowing(widths, record, left);
  if (done && left() > 2000) {
    const run = await record(request.command, shareOfOthers);
    if (run.report.timedOut) notes.push('The coverage of passing tests in other files was recorded only in part.');
  }
  return gathered();
}

/** A run that hangs shows all it will ever show soon after its last finished test. */
function timeUntilHung(report: TestReport): number {
  const finished = report.tests.reduce((sum, test) => sum + test.durationMs, 0);
  return 5000 + finished * expectedSlowdown;
}

/** The files as a whole, then the narrower commands until one ends in time. */
async function narrowing(
  commands: readonly string[],
  record: (command: string, share: number) => Promise<TestRun>,
  left: () => number,
): Promise<boolean> {
  for (const command of commands.toReversed()) {
    if (left() < 1000) return false;
    const { report } = await record(command, shareOfOneRun);
    if (!report.timedOut && report.tests.some((test) => test.status === 'failed')) return true;
  }
  return false;
}
