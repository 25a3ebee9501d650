import {
  countOf,
  type Finding,
  type GateCheck,
  type Result,
  type Stage,
  type TestCase,
  type Verdict,
} from '@nova/core';
import type { z } from 'zod';
import type { Brief } from '../base/brief.ts';
import type { Baseline } from '../roles/tester.ts';
import { explainMissing } from '../roles/unloadable.ts';
import { readGround, readIfReached } from './closing.ts';
import type { FixStateValue } from './fix-state.ts';
import {
  alternativesRecord,
  baselineRecord,
  changeRecord,
  type Ending,
  gateRecord,
  localisationRecord,
  type Records,
  reviewRecord,
  searchRecord,
} from './records.ts';

const suspectsShown = 20;
const pathsShown = 8;
const outputLinesShown = 8;

/** Puts the Result together from what the stages recorded; `stageSeconds` is filled in by the caller's stage log. */
export async function report(brief: Brief, records: Records, state: FixStateValue): Promise<Result> {
  const read = <Value>(hash: string | null, schema: z.ZodType<Value>) => readIfReached(records, hash, schema);
  const { ending, captured, base, environment, gaps } = await readGround(records, state);
  const measured = await read(state.measured, baselineRecord);
  const localisation = await read(state.localised, localisationRecord);
  const search = await read(state.searched, searchRecord);
  const change = await read(state.changed, changeRecord);
  const review: Finding[] = (await read(state.reviewed, reviewRecord)) ?? [];
  const gate: GateCheck[] = (await read(state.judged, gateRecord)) ?? [];
  const delivered = ending.outcome === 'delivered' && change !== null;
  const baseline = measured?.baseline ?? null;
  const isolation = measured?.isolation ?? null;
  const delivering = delivered ? search?.plausible[state.attempt - 1]?.id : undefined;
  const alternatives = ((await read(state.alternatives, alternativesRecord)) ?? []).filter(
    ({ candidate }) => candidate.id !== delivering,
  );

  return {
    task: brief.task,
    kind: 'fix',
    outcome: ending.outcome,
    code: ending.code,
    summary: [sentence(ending.message), ...(delivered ? [] : starved(brief))].join(' '),
    next: nextStep(brief, ending),
    repository: brief.request.repository,
    base,
    environment,
    isolation,
    baseline: baseline && {
      runner: baseline.runner,
      counted: baseline.counted,
      total: baseline.total,
      passed: baseline.passed,
      failing: baseline.failing.map((test) => ({ id: test.id, message: whatFailed(test, baseline) })),
    },
    suspects: localisation?.suspects.slice(0, suspectsShown) ?? [],
    change: delivered
      ? {
          branch: `nova/${brief.task}`,
          commit: change.commit,
          template: change.candidate.template,
          explanation: change.candidate.explanation,
          paths: [...change.paths],
          diff: change.diff,
        }
      : null,
    alternatives,
    tried: { candidates: search?.verdicts.length ?? 0, verdicts: tally(search?.verdicts ?? []) },
    bestVerdict: closest(search?.verdicts ?? []),
    review,
    examined: null,
    gate,
    evidence: baseline === null ? 'none' : baseline.counted ? 'counted' : 'uncounted',
    cost: {
      seconds: brief.budget.secondsSpent,
      runs: brief.budget.runsSpent,
      attempts: state.attempt,
      modelTokens: 0,
      stageSeconds: {},
    },
    gaps: [
      ...memoryGaps(brief),
      ...gaps,
      ...(delivered && captured?.dirty
        ? [
            `the branch begins with your uncommitted work, as a commit of its own (${shortList(captured.personPaths)}): look at it before you push`,
          ]
        : []),
      ...(delivered && alternatives.length > 0
        ? [
            `the tests do not tell this change from ${countOf(alternatives.length, 'other repair')}: a stricter test would`,
          ]
        : []),
      ...(isolation?.missing ?? []),
      ...(baseline && !baseline.counted ? ['uncounted: the test command reports no tests, only an exit code'] : []),
      ...(baseline && baseline.blocked.length > 0
        ? [
            `${countOf(baseline.blocked.length, 'failing test')} cannot be loaded here and judged nothing: ${explainMissing(baseline.missing, brief.request.testCommand).join(' ')}`,
          ]
        : []),
      ...(baseline && baseline.unstable.length > 0
        ? [`unstable tests say nothing here: ${baseline.unstable.slice(0, 10).join(', ')}`]
        : []),
    ],
  };
}

function sentence(text: string): string {
  return /[\w)`]$/.test(text) ? `${text}.` : text;
}

/** Stages whose runs judge; a candidate that grows without end is a candidate's fault. */
const judging: readonly Stage[] = ['environment', 'planning', 'testing', 'gate'];

/** Where the tests themselves ran out of memory, that may be all that is wrong. */
function starved(brief: Brief): string[] {
  return judging.some((stage) => brief.desk.memoryKills.has(stage))
    ? [`The kernel ended a test run for want of memory: ${moreMemory(brief)}, then see what still fails.`]
    : [];
}

function memoryGaps(brief: Brief): string[] {
  return [...brief.desk.memoryKills].map(
    ([stage, kills]) =>
      `${stage}: the kernel ended a process ${countOf(kills, 'time')}, because ${stage === 'working' ? 'a candidate' : 'the tests'} needed more memory than a sandbox may use; ${moreMemory(brief)}`,
  );
}

function moreMemory(brief: Brief): string {
  const mebibytes = Math.round(brief.limits.memoryBytes / 1024 ** 2);
  return `${mebibytes} MiB are allowed, \`--memory ${mebibytes * 2}\` allows twice that`;
}

/** Without counted tests, the end of what the command printed is all that says why it failed. */
function whatFailed(test: TestCase, baseline: Baseline): string {
  const message = test.failure?.message ?? '';
  const tail = baseline.outputTail.trim().split('\n').slice(-outputLinesShown).join('\n');
  return baseline.counted || tail === '' ? message : `${message}\n${tail}`;
}

function shortList(paths: readonly string[]): string {
  const more = paths.length > pathsShown ? ` and ${paths.length - pathsShown} more` : '';
  return paths.slice(0, pathsShown).join(', ') + more;
}

function tally(verdicts: readonly Verdict[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const verdict of verdicts) counts[verdict.outcome] = (counts[verdict.outcome] ?? 0) + 1;
  return counts;
}

/** The candidate that left the fewest failing tests; the first one where several did. */
function closest(verdicts: readonly Verdict[]): Verdict | null {
  let best: Verdict | null = null;
  for (const verdict of verdicts) {
    if (verdict.stillFailing === null) continue;
    if (best === null || verdict.stillFailing < (best.stillFailing ?? Number.POSITIVE_INFINITY)) best = verdict;
  }
  return best;
}

function nextStep(brief: Brief, ending: Ending): string {
  switch (ending.outcome) {
    case 'delivered':
      return `Read it with \`nova diff ${brief.task}\`, take it with \`nova apply ${brief.task}\`.`;
    case 'not-repaired':
      return 'The suspects say where to look; a test that fails closer to the bug narrows them.';
    case 'gate-failed':
      return `Nothing was delivered. \`nova diff ${brief.task} --alternative 1\` shows what was tried and rejected, where something was.`;
    case 'environment-failed':
      return ending.code === 'sandbox.unavailable'
        ? 'See what `nova doctor` says is missing, then run the same command again.'
        : 'Do what the message above says about the dependencies, then run the same command again.';
    case 'cancelled':
      return `What was found is above. \`nova fork ${brief.task} --at STEP\` goes on from one of its recorded steps.`;
    case 'failed':
      return 'This is a fault of Nova itself; the logs in the data folder say more. Your repository is as it was.';
    case 'reviewed':
    case 'refused':
      if (ending.code === 'tests.unloadable') return 'Do what the summary says, then run fix again.';
      return 'Mend what the summary names, then run the same command again.';
  }
}
