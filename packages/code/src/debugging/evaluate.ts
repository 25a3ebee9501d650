import {
  applyEdits,
  type Candidate,
  editsByPath,
  exitCodeTest,
  type TestCase,
  type TestReport,
  type Verdict,
} from '@nova/core';
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
  readonly focused: Focused | null;
  readonly timeoutMs: number;
  readonly runs: number;
}

interface Focused {
  readonly command: string;
  readonly timeoutMs: number;
  /** How several candidates may be judged in one go, with what is loaded once for all of them; null: not at all. */
  readonly together: { readonly how: 'forks' | 'in turn'; readonly modules: readonly string[] } | null;
}

const shortestTimeoutMs = 5000;
/** The failing tests alone: an edit that makes them hang is common, and each costs this much of the search. */
const shortestFocusedMs = 2500;

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
    const limit = Math.min(timeoutMs, candidateTimeout(run, request.timeoutMs, shortestFocusedMs));
    const together = await showsTogether(command, limit, run, wanted, tree, bench);
    runs += together.runs;
    focused = { command, timeoutMs: limit, together: together.found };
    break;
  }
  return { baseline, target, focused, timeoutMs, runs };
}

/** Whether runs of many variants, of which one changes nothing, show for it the same failures as the command by itself. */
async function showsTogether(
  command: string,
  timeoutMs: number,
  run: TestRun,
  wanted: readonly TestCase[],
  tree: WorkingTree,
  bench: TestBench,
): Promise<{ found: Focused['together']; runs: number }> {
  const { runner } = run.report;
  const how = /^(pytest|unittest)$/.test(runner) ? 'forks' : /^(node:test|vitest)$/.test(runner) ? 'in turn' : null;
  if (how === null || run.report.timedOut) return { found: null, runs: 0 };
  const asked = { command, variants: [new Map()], modules: [], timeoutMs, secondsForAll: 1 };
  const { reports, clean, modules } = await bench.runVariants(how, asked);
  const untouched = (await tree.changed()).length === 0;
  await tree.restore();
  const [report] = reports;
  const shows = wanted.every(({ id }) => {
    const [before, now] = [run.report, report].map((one) => one?.tests.find((test) => test.id === id));
    return before && now?.status === 'failed' && sameMessage(before, now);
  });
  return { found: clean && untouched && shows ? { how, modules } : null, runs: report ? 1 : 0 };
}

/** The same first line of the failure, whatever numbers stand in it. */
function sameMessage(before: TestCase, now: TestCase): boolean {
  const first = (test: TestCase) => (test.failure?.message ?? '').trim().split('\n')[0]?.replaceAll(/\d+/g, '0') ?? '';
  return first(before) === first(now);
}

/** Four times the base, at least `least`. A base that hung tells by its finished tests how long they need. */
function candidateTimeout(run: TestRun, most: number, least = shortestTimeoutMs): number {
  const { report } = run;
  const spent = report.timedOut
    ? report.tests.reduce((sum, test) => sum + test.durationMs, 0) + 1000
    : report.durationMs;
  return Math.min(most, Math.max(least, 4 * spent));
}

/**
 * Verdicts on those candidates that leave the failing tests red, from runs between which nothing is cleaned up; the others
 * have to be judged by runs of their own. When a run left something that another could have found, nothing of them all counts and
 * `clean` is false.
 */
export async function screenCandidates(
  candidates: readonly Pick<Candidate, 'id' | 'edits'>[],
  base: BaseMeasure,
  seconds: number,
  tree: WorkingTree,
  bench: TestBench,
  languages: readonly LanguageModule[],
): Promise<{ verdicts: Map<string, Verdict>; clean: boolean }> {
  const verdicts = new Map<string, Verdict>();
  if (!base.focused?.together) return { verdicts, clean: true };
  const variants = [];
  for (const { id, edits } of candidates) {
    const files = new Map<string, string>();
    for (const [path, group] of editsByPath(edits)) files.set(path, applyEdits((await tree.read(path)) ?? '', group));
    if (await parseAll(files, languages)) variants.push({ id, files });
    else verdicts.set(id, { candidate: id, outcome: 'does-not-parse', stillFailing: null, runs: 0, durationMs: 0 });
  }
  const { command, timeoutMs, together } = base.focused;
  const files = variants.map((variant) => variant.files);
  const asked = { command, variants: files, modules: together.modules, timeoutMs, secondsForAll: seconds };
  const { reports, clean } = await bench.runVariants(together.how, asked);
  const untouched = (await tree.changed()).length === 0;
  await tree.restore();
  if (!clean || !untouched) return { verdicts, clean: false };
  for (const [index, { id }] of variants.entries()) {
    const report = reports[index];
    const left = report ? unrepaired(base.target, base.baseline, report).length : 0;
    if (!report || left === 0) continue;
    const outcome = report.timedOut ? 'timed-out' : 'still-failing';
    verdicts.set(id, { candidate: id, outcome, stillFailing: left, runs: 1, durationMs: report.durationMs });
  }
  return { verdicts, clean: true };
}

async function parseAll(files: ReadonlyMap<string, string>, languages: readonly LanguageModule[]): Promise<boolean> {
  for (const [path, text] of files) {
    const language = languageFor(path, languages);
    if (language && !(await language.parses(path, text))) return false;
  }
  return true;
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
    const files = new Map<string, string>();
    for (const { path } of candidate.edits) files.set(path, (await tree.read(path)) ?? '');
    if (!(await parseAll(files, languages))) return verdict('does-not-parse', null);
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
