import { type Candidate, exitCodeTest, type TestCase, type TestReport, type Verdict } from '@nova/core';
import type { TestBench, TestRun } from '../evidence/test-run.ts';
import type { LanguageModule } from '../languages/language.ts';
import { languageFor } from '../languages/language-for.ts';
import type { WorkingTree } from '../workspace/working-tree.ts';
import { type Baseline, regressions, unrepaired } from './judge.ts';

export interface EvaluateRequest {
  readonly command: string;
  readonly timeoutMs: number;
  readonly baselineFailing: readonly TestCase[];
  readonly counted: boolean;
  /** Ids that a repair must turn green; empty: all of the baseline's failures. */
  readonly target: readonly string[];
}

/** What is measured once on the base and holds for every candidate. */
export interface BaseMeasure {
  readonly baseline: Baseline;
  readonly target: readonly string[];
  /** Runs only the failing tests, and shows them failing on the base; null when there is none. */
  readonly focused: { readonly command: string; readonly timeoutMs: number } | null;
  readonly timeoutMs: number;
  readonly runs: number;
}

const shortestTimeoutMs = 5000;

/**
 * Measures the base: what passes, how long it takes, and whether a shorter command shows the same failures. `known` is a
 * run of the same command on the same files, when there was one.
 */
export async function measureBase(
  request: EvaluateRequest,
  known: TestRun | null,
  tree: WorkingTree,
  bench: TestBench,
): Promise<BaseMeasure> {
  const whole = known ?? (await bench.run({ command: request.command, timeoutMs: request.timeoutMs }));
  if (!known) await tree.restore();
  const target = request.target.length > 0 ? [...request.target] : request.baselineFailing.map((test) => test.id);
  const baseline: Baseline = {
    failing: request.baselineFailing,
    passed: new Set(
      whole.report.tests.filter((test) => test.status === 'passed' && test.id !== exitCodeTest).map((test) => test.id),
    ),
  };
  const timeoutMs = candidateTimeout(whole, request.timeoutMs);
  const wanted = request.baselineFailing.filter((test) => target.includes(test.id));
  let runs = known ? 0 : whole.executions;
  let focused: BaseMeasure['focused'] = null;
  const commands = request.counted ? await whole.focus(wanted) : [];
  for (const [index, command] of commands.entries()) {
    const run = await bench.run({ command, timeoutMs: Math.min(timeoutMs, request.timeoutMs) });
    await tree.restore();
    runs += run.executions;
    // The narrowest commands could fail for reasons of their own; then no repair would ever turn them green.
    const alike = index === commands.length - 1 ? () => true : sameMessage;
    const shows = wanted.every((before) => {
      const now = run.report.tests.find((test) => test.id === before.id);
      return now?.status === 'failed' && alike(before, now);
    });
    if (!shows) continue;
    focused = { command, timeoutMs: Math.min(timeoutMs, candidateTimeout(run, request.timeoutMs)) };
    break;
  }
  return { baseline, target, focused, timeoutMs, runs };
}

/** The same first line of the failure, whatever numbers stand in it. */
function sameMessage(before: TestCase, now: TestCase): boolean {
  const first = (test: TestCase) => (test.failure?.message ?? '').trim().split('\n')[0]?.replaceAll(/\d+/g, '0') ?? '';
  return first(before) === first(now);
}

/** Four times the base, at least 5 s. A base that hung tells by its finished tests how long they need. */
function candidateTimeout(run: TestRun, most: number): number {
  const { report } = run;
  const spent = report.timedOut
    ? report.tests.reduce((sum, test) => sum + test.durationMs, 0) + 1000
    : report.durationMs;
  return Math.min(most, Math.max(shortestTimeoutMs, 4 * spent));
}

/** Judges one candidate on the workspace's files; they are put back before it resolves. */
export async function judgeCandidate(
  candidate: Pick<Candidate, 'id' | 'edits'>,
  base: BaseMeasure,
  request: EvaluateRequest,
  tree: WorkingTree,
  bench: TestBench,
  languages: readonly LanguageModule[],
): Promise<Verdict> {
  const started = performance.now();
  let runs = 0;
  const verdict = (outcome: Verdict['outcome'], stillFailing: number | null): Verdict => ({
    candidate: candidate.id,
    outcome,
    stillFailing: request.counted ? stillFailing : null,
    runs,
    durationMs: performance.now() - started,
  });
  const attempt = async (command: string, timeoutMs: number): Promise<TestReport> => {
    const run = await bench.run({ command, timeoutMs });
    runs += run.executions;
    return run.report;
  };
  try {
    await tree.apply(candidate.edits);
    for (const path of new Set(candidate.edits.map((edit) => edit.path))) {
      const language = languageFor(path, languages);
      if (language && !(await language.parses(path, (await tree.read(path)) ?? ''))) {
        return verdict('does-not-parse', null);
      }
    }
    if (base.focused) {
      const report = await attempt(base.focused.command, base.focused.timeoutMs);
      const left = unrepaired(base.target, base.baseline, report).length;
      if (left > 0) return verdict(report.timedOut ? 'timed-out' : 'still-failing', left);
      await tree.restore();
      await tree.apply(candidate.edits);
    }
    const report = await attempt(request.command, base.timeoutMs);
    const left = unrepaired(base.target, base.baseline, report).length;
    if (report.timedOut) return verdict('timed-out', left);
    if (left > 0) return verdict('still-failing', left);
    if (!request.counted && report.exitCode !== 0) return verdict('still-failing', null);
    if (request.counted && regressions(base.baseline, report).length > 0) return verdict('regresses', left);
    return verdict('plausible', 0);
  } finally {
    await tree.restore();
  }
}
