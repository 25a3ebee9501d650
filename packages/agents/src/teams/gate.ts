import { countOf, exitCodeTest, type GateCheck, gatePrepare, isGreen, isRepaired } from '@nova/core';
import { type Brief, type Ground, sandboxFor } from '../base/brief.ts';
import type { Change } from '../roles/coder.ts';
import { addUnstable, type Baseline, failures, type Measured, type TesterAgent, testing } from '../roles/tester.ts';

/** How often the branch must be green: a flaky pass does not survive three runs for long. */
const branchRuns = 3;

/**
 * Decides delivery. The judged tree is made by the host: the change, with tests and runner configuration put back from
 * the base. It runs in sandboxes that the writer never touched, once on the base (must be red) and repeatedly on the
 * branch (must be green, count its tests, and break none that passed). `unstable` names what failed on the branch and then on
 * the base as well.
 */
export async function judge(
  brief: Brief,
  tester: TesterAgent,
  attempt: number,
  change: Change,
  base: string,
  baseline: Baseline,
  ground: Ground,
): Promise<{ checks: GateCheck[]; unstable: string[] }> {
  const testFiles = [...new Set(baseline.failing.flatMap((test) => (test.file ? [test.file] : [])))];
  const prepared = await brief.desk.act({
    attempt,
    stage: 'gate',
    intent: 'Make the tree to judge: the change, with tests and runner configuration from the base',
    tool: gatePrepare,
    input: { task: brief.task, mirror: ground.mirror, base, commit: change.commit, testFiles },
    sandbox: null,
  });
  const { commit, restored } = prepared.output;
  const untouched = sandboxFor(brief, ground, 'gate', `gate-base-${attempt}`, base);
  const { timeoutSeconds } = testing(brief.request, baseline);
  const why = 'Run the tests on the base: they must fail here too';
  const onBase = await tester.run(attempt, 'gate', why, untouched, timeoutSeconds);
  const branch = sandboxFor(brief, ground, 'gate', `gate-${attempt}`, commit);
  const onBranch: Measured[] = [];
  for (let index = 1; index <= branchRuns; index += 1) {
    const intent = `Run the tests on the branch (${index} of ${branchRuns})`;
    onBranch.push(await tester.run(attempt, 'gate', intent, branch));
  }
  const suspicious = baseline.counted ? newFailures(baseline, onBase, onBranch) : [];
  const unstable =
    suspicious.length > 0 ? await tester.unstableOnBase(attempt, 'gate', suspicious, baseline, untouched) : suspicious;
  return { checks: verdict(addUnstable(baseline, unstable), restored, onBase, onBranch), unstable };
}

/** What fails on the branch in any run, and neither now nor before on the base. */
function newFailures(baseline: Baseline, onBase: Measured, onBranch: readonly Measured[]): string[] {
  const tolerated = new Set([...failures(onBase.report), ...baseline.unstable]);
  return [...new Set(onBranch.flatMap((run) => failures(run.report)))].filter((id) => !tolerated.has(id));
}

function verdict(
  baseline: Baseline,
  restored: readonly string[],
  onBase: Measured,
  onBranch: readonly Measured[],
): GateCheck[] {
  const targets = baseline.failing.map((test) => test.id);
  const redOnBase = targets.every((id) => failures(onBase.report).includes(id));
  const stillRed = targets.filter((id) => onBranch.some((run) => failures(run.report).includes(id)));
  const checks: GateCheck[] = [
    {
      name: 'the change leaves tests and runner configuration alone',
      passed: restored.length === 0,
      detail: restored.length === 0 ? 'nothing had to be put back' : `put back from the base: ${restored.join(', ')}`,
    },
    {
      name: 'red on the base',
      passed: redOnBase,
      detail: `${failures(onBase.report).length} failing in a fresh sandbox`,
    },
    {
      name: baseline.counted ? 'the failing tests pass' : 'the failing command passes',
      passed: stillRed.length === 0,
      detail:
        stillRed.length === 0
          ? `${baseline.counted ? `${countOf(targets.length, 'test')}, ` : ''}${countOf(onBranch.length, 'run')}`
          : `still failing: ${stillRed.join(', ')}`,
    },
  ];
  if (!baseline.counted) {
    checks.push({
      name: `green ${onBranch.length} times (the command prints no counts)`,
      passed: onBranch.every((run) => isGreen(run.report)),
      detail: onBranch.map((run) => `exit code ${run.report.exitCode ?? run.report.signal}`).join(', '),
    });
    return checks;
  }
  return [...checks, ...countedChecks(baseline, onBase, onBranch)];
}

function countedChecks(baseline: Baseline, onBase: Measured, onBranch: readonly Measured[]): GateCheck[] {
  const newlyFailing = newFailures(baseline, onBase, onBranch);
  const exitCodeFailsOnBase = [...failures(onBase.report), ...baseline.unstable].includes(exitCodeTest);
  const ran = onBranch.map((run) => run.report.tests.filter((test) => test.status !== 'skipped'));
  const missing = baseline.failing
    .filter((test) => onBranch.some((run) => !isRepaired(test.id, test, run.report)))
    .map((test) => test.id);
  const vanished = onBase.report.tests
    .filter((test) => test.status === 'passed' && !baseline.unstable.includes(test.id))
    .map((test) => test.id)
    .filter((id) => ran.some((tests) => !tests.some((test) => test.id === id)));
  const counts = ran.map((tests) => tests.length);
  const disagreeing = onBranch.flatMap((run) =>
    run.report.exitCode !== 0 && failures(run.report).every((id) => id === exitCodeTest) ? [run.report.exitCode] : [],
  );
  return [
    {
      name: 'tests were counted',
      passed: counts.every((count) => count > 0) && missing.length === 0,
      detail: missing.length === 0 ? `${counts.join(', ')} tests ran` : `not seen passing: ${missing.join(', ')}`,
    },
    {
      name: 'no test that passed is gone',
      passed: vanished.length === 0,
      detail:
        vanished.length === 0 ? `${onBase.report.tests.length} tests on the base` : vanished.slice(0, 10).join(', '),
    },
    {
      name: 'no new failures',
      passed: newlyFailing.length === 0,
      detail: newlyFailing.length === 0 ? 'none against the base' : newlyFailing.slice(0, 10).join(', '),
    },
    {
      name: 'exit code and counts agree',
      passed: disagreeing.length === 0 || exitCodeFailsOnBase,
      detail:
        disagreeing.length === 0
          ? 'in every run'
          : `no test failed, yet the command ended with ${disagreeing.join(', ')}`,
    },
  ];
}
