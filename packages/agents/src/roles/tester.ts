import {
  countOf,
  exitCodeTest,
  type FixRequest,
  failingTests,
  type Isolation,
  isGreen,
  isUnfinished,
  type MissingImport,
  missingImportSchema,
  NovaError,
  type SandboxSpec,
  type Stage,
  type TestCase,
  type TestReport,
  testCaseSchema,
  testRunnerSchema,
  testsRun,
} from '@nova/core';
import { z } from 'zod';
import type { Brief } from '../base/brief.ts';
import { runsToJudge } from '../budget/run-budget.ts';
import { refuseUnloadable } from './unloadable.ts';

/** What the tests showed before anything was changed. */
export interface Baseline {
  readonly runner: TestReport['runner'];
  readonly counted: boolean;
  readonly total: number;
  readonly passed: number;
  /** Failed in every run: what a repair must turn green. */
  readonly failing: readonly TestCase[];
  /** Passed in one run and failed in another: says nothing about a change. */
  readonly unstable: readonly string[];
  /** Failed every time because they cannot be loaded, for want of something that no edit of the source brings. */
  readonly blocked: readonly TestCase[];
  readonly missing: readonly MissingImport[];
  readonly runs: number;
  readonly outputTail: string;
  /** Seconds after which a run on the base shows no more, because a test does not end; absent: its runs end by themselves. */
  readonly hungAfter?: number | undefined;
}

/** A measured run with what isolated it. */
export interface Measured {
  readonly report: TestReport;
  readonly dirtied: readonly string[];
  readonly missing: readonly MissingImport[];
  readonly isolation: Isolation | null;
  readonly seconds: number;
}

/** What npm, Node, Vitest, Jest, Mocha, pytest and unittest say when there was nothing to run. */
const noTestScript =
  /missing script:? "?test|no test specified|no tests? (?:files? )?(?:were )?found|no tests ran|^Could not find '[^'\n]+'$|^(?:=+ )?\d+ deselected(?:, \d+ warnings?)? in [\d.]+s/im;
const baselineRuns = 2;
/** Of a test that fails every second time, five runs on the base miss three in a hundred. */
const runsToSeeUnstable = 5;

/** Plans and runs tests; never changes code. */
export class TesterAgent {
  readonly #brief: Brief;

  constructor(brief: Brief) {
    this.#brief = brief;
  }

  /** Runs the test command once in the given sandbox. */
  async run(
    attempt: number,
    stage: Stage,
    intent: string,
    sandbox: SandboxSpec,
    timeoutSeconds = this.#brief.request.testTimeoutSeconds,
  ): Promise<Measured> {
    const { desk, budget, request } = this.#brief;
    if (budget.reserve(1) === 0) {
      throw new NovaError(
        'budget.exhausted',
        `The ${request.budgetRuns} test runs of this task are used up; raise --runs.`,
      );
    }
    const acted = await desk.act({
      attempt,
      stage,
      intent,
      tool: testsRun,
      input: { command: request.testCommand, timeoutSeconds },
      sandbox,
    });
    budget.elapse(acted.seconds);
    const { dirtied, missing, ...report } = acted.output;
    return { report, dirtied, missing, isolation: acted.isolation, seconds: acted.seconds };
  }

  /**
   * Runs the tests of the base more than once and says what fails every time. Refuses with `tests.none`,
   * `tests.pass`, `tests.timeout`, `tests.unloadable` or `tests.unstable` when there is nothing that a repair could be judged by.
   */
  async baseline(sandbox: SandboxSpec): Promise<{ baseline: Baseline; isolation: Isolation | null }> {
    const runs: Measured[] = [];
    let hungAfter: number | undefined;
    for (let index = 1; index <= baselineRuns; index += 1) {
      const intent = `Run the tests as they are (${index} of ${baselineRuns})`;
      const measured = await this.run(1, 'environment', intent, sandbox, hungAfter);
      hungAfter ??= secondsUntilHung(measured.report, this.#brief.request.testTimeoutSeconds);
      refuseUnusable(measured.report, this.#brief.request.testCommand);
      refuseUnloadable(measured, this.#brief.request.testCommand);
      runs.push(measured);
    }
    const [first, ...others] = runs.map((run) => run.report) as [TestReport, ...TestReport[]];
    const everFailed = new Set([first, ...others].flatMap(failures));
    const alwaysFailed = failures(first).filter((id) => others.every((report) => failures(report).includes(id)));
    const unstable = [...everFailed].filter((id) => !alwaysFailed.includes(id));
    if (alwaysFailed.length === 0) {
      throw new NovaError(
        'tests.unstable',
        `No test fails every time: ${unstable.slice(0, 5).join(', ')} passed in one run and failed in another. ` +
          'Nothing was changed. Make the failure repeatable, then run fix again.',
        { details: { unstable } },
      );
    }
    const missing = runs[0]?.missing ?? [];
    const red = first.counted
      ? first.tests.filter((test) => alwaysFailed.includes(test.id))
      : first.tests
          .filter((test) => test.status === 'failed')
          .concat(first.tests.length === 0 ? [wholeCommand(first)] : []);
    const isBlocked = (test: TestCase) => missing.some((one) => one.test === test.id);
    return {
      baseline: {
        runner: first.runner,
        counted: first.counted,
        total: first.tests.length,
        passed: first.tests.filter((test) => test.status === 'passed').length,
        failing: red.filter((test) => !isBlocked(test)),
        unstable,
        blocked: red.filter(isBlocked),
        missing,
        runs: runs.length,
        outputTail: first.outputTail,
        hungAfter,
      },
      isolation: runs[0]?.isolation ?? null,
    };
  }

  /**
   * Of tests that passed on the base and fail with a change: those that the base fails too when it is asked often enough. They
   * say nothing of the change. A test that never fails there is the change's own failure.
   */
  async unstableOnBase(
    attempt: number,
    stage: Stage,
    suspicious: readonly string[],
    baseline: Baseline,
    base: SandboxSpec,
  ): Promise<string[]> {
    const { timeoutSeconds } = testing(this.#brief.request, baseline);
    const found = new Set<string>();
    for (let index = 1; index <= runsToSeeUnstable && found.size < suspicious.length; index += 1) {
      if (this.#brief.budget.runsLeft <= runsToJudge) break;
      const intent = `Run the tests on the base, to see whether what fails now is unstable (${index} of at most ${runsToSeeUnstable})`;
      const { report } = await this.run(attempt, stage, intent, base, timeoutSeconds);
      for (const id of failures(report)) if (suspicious.includes(id)) found.add(id);
    }
    return [...found];
  }
}

/** The command and the seconds that one run of it is given, on the base and on candidates for it. */
export function testing(
  { testCommand, testTimeoutSeconds }: FixRequest,
  { hungAfter }: Baseline,
): { command: string; timeoutSeconds: number } {
  return { command: testCommand, timeoutSeconds: hungAfter ?? testTimeoutSeconds };
}

/** A baseline that also knows these as unstable. */
export function addUnstable(baseline: Baseline, more: readonly string[]): Baseline {
  return { ...baseline, unstable: [...new Set([...baseline.unstable, ...more])] };
}

/** What a repair is held against: all that failed, and of it what must turn green (nothing named: all). */
export function judgedBy(baseline: Baseline): { baselineFailing: TestCase[]; counted: boolean; target: string[] } {
  const { failing, blocked, counted } = baseline;
  const target = blocked.length === 0 ? [] : failing.map((test) => test.id);
  return { baselineFailing: [...failing, ...blocked], counted, target };
}

/** Ids that count as failing; a command without counts fails as a whole. */
export function failures(report: TestReport): string[] {
  const failed = failingTests(report);
  if (failed.length > 0) return failed;
  return isGreen(report) ? [] : [exitCodeTest];
}

function wholeCommand(report: TestReport): TestCase {
  const ending = report.exitCode === null ? `ended by ${report.signal ?? 'a signal'}` : `exit code ${report.exitCode}`;
  return {
    id: exitCodeTest,
    file: null,
    name: 'exit code',
    status: 'failed',
    durationMs: report.durationMs,
    failure: { message: `The command failed: ${ending}.`, stack: report.outputTail },
  };
}

function refuseUnusable(report: TestReport, command: string): void {
  // A test that was running shows where it hangs, and can show a repair; a command that only goes on shows nothing.
  if (report.timedOut && !report.tests.some(isUnfinished)) {
    throw new NovaError(
      'tests.timeout',
      `\`${command}\` did not end in time and was stopped, with every process it had started. Nothing was changed. ` +
        (report.counted
          ? 'No test was running: it watches for changes, or what a test leaves open (a server, a timer) keeps it alive.'
          : 'Run it by hand to see where it hangs, or give it longer with --test-timeout.'),
    );
  }
  const tail = report.outputTail.trim().slice(-400);
  if (report.exitCode === 127) {
    throw new NovaError(
      'tests.none',
      `\`${command}\` was not found inside the sandbox. Nothing was changed. What the sandbox has is this machine's programs and the repository's own dependencies: name a command of these with --test.\n${tail}`,
    );
  }
  const ran = report.tests.some((test) => test.status !== 'skipped');
  if (report.counted ? !ran : noTestScript.test(report.outputTail)) {
    throw new NovaError(
      'tests.none',
      `\`${command}\` ran no test, so nothing could be judged. Nothing was changed. Name a command that runs the failing test with --test.\n${tail}`,
    );
  }
  if (isGreen(report) && !report.counted) {
    throw new NovaError(
      'tests.none',
      `\`${command}\` ended well and reported no test: either it ran none, or there is nothing to repair. Nothing was changed. ` +
        'Name a command that fails because of the bug.',
    );
  }
  if (isGreen(report)) {
    throw new NovaError(
      'tests.pass',
      `\`${command}\` already passes (${countOf(report.tests.length, 'test')}): there is nothing to repair. ` +
        'Add a test that shows the bug, uncommitted is fine, then run fix again.',
    );
  }
}

/** Far beyond what the finished tests needed, a run that hangs shows nothing new; undefined for one that ended. */
function secondsUntilHung(report: TestReport, most: number): number | undefined {
  if (!report.timedOut) return undefined;
  const finished = report.tests.reduce((sum, test) => sum + test.durationMs, 0) / 1000;
  return Math.min(most, Math.ceil(10 + 4 * finished));
}

export const baselineSchema: z.ZodType<Baseline, unknown> = z.object({
  runner: testRunnerSchema,
  counted: z.boolean(),
  total: z.number(),
  passed: z.number(),
  failing: z.array(testCaseSchema),
  unstable: z.array(z.string()),
  blocked: z.array(testCaseSchema).default([]),
  missing: z.array(missingImportSchema).default([]),
  runs: z.number(),
  outputTail: z.string(),
  hungAfter: z.number().optional(),
});
