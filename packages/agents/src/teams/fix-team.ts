import { END, START, StateGraph } from '@langchain/langgraph';
import {
  branchDeliver,
  countOf,
  environmentPrepare,
  isGreen,
  NovaError,
  type Result,
  type Stage,
  workspaceCapture,
} from '@nova/core';
import { type Brief, type Ground, sandboxFor } from '../base/brief.ts';
import { ArchitectAgent } from '../roles/architect.ts';
import { CoderAgent } from '../roles/coder.ts';
import { ReviewerAgent } from '../roles/reviewer.ts';
import { addUnstable, type Baseline, failures, TesterAgent } from '../roles/tester.ts';
import { RulesSolver } from '../solvers/rules-solver.ts';
import { afterCancel, releaseSandboxes } from './closing.ts';
import { emptyFixState, FixState, type FixStateValue } from './fix-state.ts';
import { judge } from './gate.ts';
import {
  baselineRecord,
  captureRecord,
  changeRecord,
  type Ending,
  environmentRecord,
  localisationRecord,
  type Records,
  searchRecord,
} from './records.ts';
import { report } from './report.ts';
import { recordedStage, type StageLog, type StageWork } from './stage.ts';

/** Rework is bounded: the first change and two more. */
const maximumAttempts = 3;
const stagesPerAttempt = 4;
const stagesOnce = 5;

/** How people are told where the dependencies come from. */
const dependenciesFrom: Readonly<Record<NonNullable<Result['environment']>['source'], string>> = {
  none: 'no dependencies',
  checkout: 'dependencies from your checkout',
  lockfile: 'dependencies from the lockfile',
  pinned: 'dependencies from exact versions, without a lockfile',
  manifest: 'dependencies from the manifest',
};

export interface FixTeamParts {
  readonly brief: Brief;
  readonly records: Records;
  readonly stageLog: StageLog;
}

/**
 * Turns a fix task into its Result. The one place that knows the order of stages. Run again after an interruption it
 * walks the same path through the journal and goes on where it stopped. Rejects only with an interruption.
 */
export async function runFixTeam(parts: FixTeamParts): Promise<Result> {
  const graph = buildFixGraph(parts);
  const recursionLimit = stagesOnce + maximumAttempts * stagesPerAttempt + 1;
  const state = await afterCancel(parts, await graph.invoke(emptyFixState, { recursionLimit }), 'delivered');
  await releaseSandboxes(parts.brief, state.attempt, 'delivery');
  return report(parts.brief, parts.records, state);
}

function buildFixGraph(parts: FixTeamParts) {
  const { brief, records, stageLog } = parts;
  const tester = new TesterAgent(brief);
  const architect = new ArchitectAgent(brief);
  const coder = new CoderAgent(brief, new RulesSolver(brief));
  const reviewer = new ReviewerAgent(brief);

  const end = async (ending: Ending): Promise<Partial<FixStateValue>> => ({ ending: await records.put(ending) });
  const stage = (name: Stage, work: StageWork) => recordedStage(name, work, stageLog, end);

  const record = <Value>(
    hash: string | null,
    schema: Parameters<Records['get']>[1] & { parse(value: unknown): Value },
  ) => {
    if (hash === null) throw new NovaError('internal', 'A stage ran before the one it builds on.');
    return records.get(hash, schema) as Promise<Value>;
  };

  async function ground(state: FixStateValue): Promise<Ground & { commit: string }> {
    const { mirror, commit } = await record(state.captured, captureRecord);
    const environment = state.prepared === null ? null : (await record(state.prepared, environmentRecord)).key;
    return { mirror, commit, environment };
  }

  const intake = stage('intake', async () => {
    const captured = await brief.desk.act({
      attempt: 1,
      stage: 'intake',
      intent: 'Copy the repository as it stands',
      tool: workspaceCapture,
      input: { task: brief.task, repository: brief.request.repository, forBranch: true },
      sandbox: null,
    });
    brief.budget.elapse(captured.seconds);
    const { headName, head, dirty } = captured.output;
    const place = `${headName ?? 'detached HEAD'} at ${head.slice(0, 10)}`;
    return {
      update: { captured: await records.put(captured.output) },
      summary: dirty ? `${place}, with uncommitted work` : place,
    };
  });

  const environment = stage('environment', async (state, keep) => {
    const at = await ground(state);
    const prepared = await brief.desk.act({
      attempt: 1,
      stage: 'environment',
      intent: 'Prepare the dependencies',
      tool: environmentPrepare,
      input: {
        task: brief.task,
        repository: brief.request.repository,
        mirror: at.mirror,
        commit: at.commit,
        testCommand: brief.request.testCommand,
        driver: brief.request.sandbox,
      },
      sandbox: null,
    });
    brief.budget.elapse(prepared.seconds);
    const update = { prepared: await records.put(prepared.output) };
    keep(update);
    const workspace = sandboxFor(brief, { ...at, environment: prepared.output.key }, 'work', 'work', at.commit);
    const measured = await tester.baseline(workspace);
    const { baseline } = measured;
    const dependencies = dependenciesFrom[prepared.output.source];
    const tests = baseline.counted
      ? `${countOf(baseline.total, 'test')}, ${baseline.failing.length} failing`
      : 'the command fails, without counts';
    return { update: { ...update, measured: await records.put(measured) }, summary: `${dependencies}; ${tests}` };
  });

  const planning = stage('planning', async (state) => {
    const at = await ground(state);
    const { baseline } = await record(state.measured, baselineRecord);
    const localisation = await architect.plan(baseline, sandboxFor(brief, at, 'work', 'work', at.commit));
    const [first] = localisation.suspects;
    if (!first) {
      throw new NovaError(
        'repair.none',
        'No statement of the repository could be connected with the failure, so nothing was changed. ' +
          localisation.notes.join(' '),
      );
    }
    return {
      update: { localised: await records.put(localisation) },
      summary: `${countOf(localisation.suspects.length, 'suspect')}, first ${first.path}:${first.startLine}`,
    };
  });

  const working = stage('working', async (state, keep) => {
    const at = await ground(state);
    const { baseline } = await record(state.measured, baselineRecord);
    const workspace = sandboxFor(brief, at, 'work', 'work', at.commit);
    const update: Partial<FixStateValue> = {};
    if (state.searched === null) {
      const siblings = Array.from({ length: brief.parallel - 1 }, (_, index) =>
        sandboxFor(brief, at, 'sibling', `sibling-${index + 1}`, at.commit),
      );
      const found = await coder.search({
        localisation: await record(state.localised, localisationRecord),
        baseline,
        sandboxes: [workspace, ...siblings],
      });
      update.searched = await records.put(found);
    }
    const search = await record(update.searched ?? state.searched, searchRecord);
    keep(update);
    if (state.alternatives === null) {
      const diffs = await coder.preview(search.plausible, workspace);
      update.alternatives = await records.put(
        search.plausible.map((candidate) => ({ candidate, diff: diffs.get(candidate.id) ?? '' })),
      );
      keep(update);
    }
    const chosen = search.plausible[state.attempt - 1];
    if (!chosen) {
      const error = nothingFound(search.made, search.verdicts.length, search.notes);
      return { update: { ...update, ...(await end(error)) }, summary: error.message };
    }
    const change = await coder.write(state.attempt, chosen, baseline, at, workspace);
    update.changed = await records.put(change);
    return {
      update,
      summary: `${change.candidate.explanation} (${search.plausible.length} of ${search.verdicts.length} tried candidates pass)`,
    };
  });

  const testing = stage('testing', async (state) => {
    const at = await ground(state);
    const measured = await record(state.measured, baselineRecord);
    const { baseline } = measured;
    const change = await record(state.changed, changeRecord);
    const place = sandboxFor(brief, at, 'review', `review-${state.attempt}`, change.commit);
    const { report } = await tester.run(state.attempt, 'testing', 'Run the tests on the committed change', place);
    const before = new Set([
      ...[...baseline.failing, ...baseline.blocked].map((test) => test.id),
      ...baseline.unstable,
    ]);
    const suspicious = failures(report).filter((id) => !before.has(id));
    const base = sandboxFor(brief, at, 'review', `review-base-${state.attempt}`, at.commit);
    const unstable =
      baseline.counted && suspicious.length > 0
        ? await tester.unstableOnBase(state.attempt, 'testing', suspicious, baseline, base)
        : [];
    const known = unstable.length > 0 ? { measured: await records.put(withUnstable(measured, unstable)) } : {};
    const fresh = suspicious.filter((id) => !unstable.includes(id));
    const left = failures(report).filter((id) => baseline.failing.some((test) => test.id === id));
    if (left.length > 0 || fresh.length > 0 || (!baseline.counted && !isGreen(report))) {
      const message = `The committed change does not pass: ${[...left, ...fresh].slice(0, 5).join(', ')}`;
      return {
        update: { ...known, ...(await rework(state, { outcome: 'gate-failed', code: 'gate.failed', message })) },
        summary: message,
      };
    }
    const passed = report.tests.filter((test) => test.status === 'passed').length;
    return {
      update: known,
      summary: baseline.counted ? `${passed} of ${report.tests.length} tests pass` : 'the command succeeds',
    };
  });

  const review = stage('review', async (state) => {
    const at = await ground(state);
    const change = await record(state.changed, changeRecord);
    const place = sandboxFor(brief, at, 'review', `review-${state.attempt}`, change.commit);
    const findings = await reviewer.review(state.attempt, change, at.commit, place);
    const update: Partial<FixStateValue> = { reviewed: await records.put(findings) };
    const blocking = findings.filter((finding) => finding.severity === 'error');
    const summary =
      findings.length === 0 ? 'no findings' : `${countOf(findings.length, 'finding')}, ${blocking.length} blocking`;
    if (blocking.length === 0) return { update, summary };
    const message = `The review rejected the change: ${blocking.map((finding) => finding.message).join(' ')}`;
    return {
      update: { ...update, ...(await rework(state, { outcome: 'gate-failed', code: 'review.rejected', message })) },
      summary,
    };
  });

  const gate = stage('gate', async (state) => {
    const at = await ground(state);
    const measured = await record(state.measured, baselineRecord);
    const change = await record(state.changed, changeRecord);
    const { checks, unstable } = await judge(brief, tester, state.attempt, change, at.commit, measured.baseline, at);
    const update: Partial<FixStateValue> = { judged: await records.put(checks) };
    if (unstable.length > 0) update.measured = await records.put(withUnstable(measured, unstable));
    const failed = checks.filter((check) => !check.passed);
    if (failed.length === 0) return { update, summary: `${checks.length} checks passed` };
    const message = `The gate did not let the change through: ${failed.map((check) => `${check.name} (${check.detail})`).join('; ')}`;
    return {
      update: { ...update, ...(await rework(state, { outcome: 'gate-failed', code: 'gate.failed', message })) },
      summary: `${failed.length} of ${checks.length} checks failed`,
    };
  });

  const delivery = stage('delivery', async (state) => {
    const at = await ground(state);
    const change = await record(state.changed, changeRecord);
    const delivered = await brief.desk.act({
      attempt: state.attempt,
      stage: 'delivery',
      intent: `Create branch nova/${brief.task}`,
      tool: branchDeliver,
      input: {
        task: brief.task,
        repository: brief.request.repository,
        mirror: at.mirror,
        branch: `nova/${brief.task}`,
        commit: change.commit,
      },
      sandbox: null,
    });
    const ending = await end({ outcome: 'delivered', code: null, message: change.candidate.explanation });
    return { update: ending, summary: `branch ${delivered.output.branch}` };
  });

  /** A rejected change is followed by the next plausible one, as a new attempt, until none or no attempt is left. */
  async function rework(state: FixStateValue, otherwise: Ending): Promise<Partial<FixStateValue>> {
    const search = await record(state.searched, searchRecord);
    const more = search.plausible.length > state.attempt && state.attempt < maximumAttempts;
    return more ? { attempt: state.attempt + 1, changed: null, reviewed: null, judged: null } : end(otherwise);
  }

  const unlessEnded = (next: Stage) => (state: FixStateValue) => (state.ending === null ? next : END);
  const unlessRejected = (next: Stage) => (state: FixStateValue) => {
    if (state.ending !== null) return END;
    return state.changed === null ? 'working' : next;
  };

  return new StateGraph(FixState)
    .addNode('intake', intake)
    .addNode('environment', environment)
    .addNode('planning', planning)
    .addNode('working', working)
    .addNode('testing', testing)
    .addNode('review', review)
    .addNode('gate', gate)
    .addNode('delivery', delivery)
    .addEdge(START, 'intake')
    .addConditionalEdges('intake', unlessEnded('environment'), ['environment', END])
    .addConditionalEdges('environment', unlessEnded('planning'), ['planning', END])
    .addConditionalEdges('planning', unlessEnded('working'), ['working', END])
    .addConditionalEdges('working', unlessEnded('testing'), ['testing', END])
    .addConditionalEdges('testing', unlessRejected('review'), ['review', 'working', END])
    .addConditionalEdges('review', unlessRejected('gate'), ['gate', 'working', END])
    .addConditionalEdges('gate', unlessRejected('delivery'), ['delivery', 'working', END])
    .addEdge('delivery', END)
    .compile();
}

/** The same measurement, that also knows these as unstable. */
function withUnstable<Measurement extends { readonly baseline: Baseline }>(
  measured: Measurement,
  more: readonly string[],
): Measurement {
  return { ...measured, baseline: addUnstable(measured.baseline, more) };
}

function nothingFound(made: number, tried: number, notes: readonly string[]): Ending {
  return {
    outcome: 'not-repaired',
    code: 'repair.none',
    message:
      `None of ${tried} tried candidates (of ${made} made) turns the failing tests green without breaking others. ${notes.join(' ')}`.trim(),
  };
}
