import { END, START, StateGraph } from '@langchain/langgraph';
import {
  countOf,
  environmentPrepare,
  type Finding,
  NovaError,
  type Result,
  type ReviewRequest,
  toNovaError,
  workspaceCapture,
} from '@nova/core';
import { type Brief, sandboxFor } from '../base/brief.ts';
import { ReviewerAgent } from '../roles/reviewer.ts';
import { afterCancel, releaseSandboxes } from './closing.ts';
import { captureRecord, type Ending, environmentRecord, type Records } from './records.ts';
import { reviewReport } from './review-report.ts';
import { emptyReviewState, ReviewState, type ReviewStateValue } from './review-state.ts';
import { recordedStage, type StageLog, type StageWork } from './stage.ts';

export interface ReviewTeamParts {
  readonly brief: Brief<ReviewRequest>;
  readonly records: Records;
  readonly stageLog: StageLog;
}

/**
 * Turns a review task into its Result: no attempt changes anything, so there is neither gate nor branch. Run again after an
 * interruption it walks the same path through the journal. Rejects only with an interruption.
 */
export async function runReviewTeam(parts: ReviewTeamParts): Promise<Result> {
  const { brief, records } = parts;
  const state = await afterCancel(parts, await buildReviewGraph(parts).invoke(emptyReviewState), 'reviewed');
  await releaseSandboxes(brief, 1, 'review');
  return reviewReport(brief, records, state);
}

function buildReviewGraph({ brief, records, stageLog }: ReviewTeamParts) {
  const reviewer = new ReviewerAgent(brief);
  const { request } = brief;
  const end = async (ending: Ending): Promise<Partial<ReviewStateValue>> => ({ ending: await records.put(ending) });
  const stage = (name: 'intake' | 'environment' | 'review', work: StageWork<ReviewStateValue>) =>
    recordedStage(name, work, stageLog, end);

  async function captured(state: ReviewStateValue) {
    if (state.captured === null) throw new NovaError('internal', 'A stage ran before the one it builds on.');
    return records.get(state.captured, captureRecord);
  }

  const intake = stage('intake', async () => {
    const acted = await brief.desk.act({
      attempt: 1,
      stage: 'intake',
      intent: 'Copy the repository as it stands',
      tool: workspaceCapture,
      input: {
        task: brief.task,
        repository: request.repository,
        forBranch: false,
        ...(request.since === null ? {} : { since: request.since }),
      },
      sandbox: null,
    });
    brief.budget.elapse(acted.seconds);
    const { headName, head, dirty, since } = acted.output;
    const place = `${headName ?? 'detached HEAD'} at ${head.slice(0, 10)}${dirty ? ', with uncommitted work' : ''}`;
    return {
      update: { captured: await records.put(acted.output) },
      summary: since === null ? place : `${place}, since ${since.commit.slice(0, 10)}`,
    };
  });

  const environment = stage('environment', async (state) => {
    const { mirror, commit } = await captured(state);
    try {
      const acted = await brief.desk.act({
        attempt: 1,
        stage: 'environment',
        intent: 'Prepare the dependencies',
        tool: environmentPrepare,
        input: {
          task: brief.task,
          repository: request.repository,
          mirror,
          commit,
          // Nothing is run: every kind of dependency that the repository declares helps to know its types.
          testCommand: '',
          driver: request.sandbox,
        },
        sandbox: null,
      });
      brief.budget.elapse(acted.seconds);
      const { source } = acted.output;
      const summary = source === 'none' ? 'no dependencies' : `dependencies from ${source}`;
      return { update: { prepared: await records.put(acted.output) }, summary };
    } catch (thrown) {
      const error = toNovaError(thrown);
      if (!error.code.startsWith('environment.')) throw error;
      return {
        update: { unprepared: await records.put(error.message) },
        summary: `without dependencies: ${error.message}`,
      };
    }
  });

  const review = stage('review', async (state) => {
    const { mirror, commit, since } = await captured(state);
    const prepared = state.prepared === null ? null : await records.get(state.prepared, environmentRecord);
    const place = sandboxFor(brief, { mirror, environment: prepared?.key ?? null }, 'review', 'review', commit);
    const { output, isolation } = await reviewer.examine(since?.commit ?? null, place);
    const message = summaryOf(output.findings, output.examined.files, since !== null);
    const ending: Ending = { outcome: 'reviewed', code: null, message };
    return {
      update: { examined: await records.put({ ...output, isolation }), ...(await end(ending)) },
      summary: message,
    };
  });

  const unlessEnded = (next: 'environment' | 'review') => (state: ReviewStateValue) =>
    state.ending === null ? next : END;
  return new StateGraph(ReviewState)
    .addNode('intake', intake)
    .addNode('environment', environment)
    .addNode('review', review)
    .addEdge(START, 'intake')
    .addConditionalEdges('intake', unlessEnded('environment'), ['environment', END])
    .addConditionalEdges('environment', unlessEnded('review'), ['review', END])
    .addEdge('review', END)
    .compile();
}

function summaryOf(findings: readonly Finding[], files: number, change: boolean): string {
  const read = `${countOf(files, change ? 'changed file' : 'file')} reviewed`;
  if (findings.length === 0) return `No findings; ${read}.`;
  const counts = (['error', 'warning', 'info'] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    if (count === 0) return [];
    return severity === 'info' ? `${count} to know of` : countOf(count, severity);
  });
  return `${countOf(findings.length, 'finding')} (${counts.join(', ')}); ${read}.`;
}
