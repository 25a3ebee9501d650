import {
  bundleImport,
  type Candidate,
  changeCommit,
  changePreview,
  countOf,
  repairMinimise,
  type SandboxSpec,
} from '@nova/core';
import type { Brief, Ground } from '../base/brief.ts';
import type { Search, Solver, SolverRequest } from '../solvers/solver.ts';
import { type Baseline, judgedBy, testing } from './tester.ts';

/** A change as it left the workspace: checked in quarantine, in the mirror, not yet judged. */
export interface Change {
  readonly candidate: Candidate;
  readonly commit: string;
  readonly paths: readonly string[];
  readonly diff: string;
}

/** Writes the change; what it thinks with is its solver. */
export class CoderAgent {
  readonly #brief: Brief;
  readonly #solver: Solver;

  constructor(brief: Brief, solver: Solver) {
    this.#brief = brief;
    this.#solver = solver;
  }

  search(request: SolverRequest): Promise<Search> {
    return this.#solver.search(request);
  }

  /** Drops what the tests do not need, commits the rest in the workspace and brings it out as a checked bundle. */
  async write(
    attempt: number,
    candidate: Candidate,
    baseline: Baseline,
    ground: Ground,
    workspace: SandboxSpec,
  ): Promise<Change> {
    const { desk, budget, request, task } = this.#brief;
    let smallest = candidate;
    if (candidate.edits.length > 1) {
      const minimised = await desk.act({
        attempt,
        stage: 'working',
        intent: 'Drop the edits that the tests do not need',
        tool: repairMinimise,
        input: {
          ...testing(request, baseline),
          candidate,
          ...judgedBy(baseline),
        },
        sandbox: workspace,
      });
      budget.reserve(minimised.output.runs);
      budget.elapse(minimised.seconds);
      smallest = minimised.output.candidate;
    }
    const committed = await desk.act({
      attempt,
      stage: 'working',
      intent: 'Commit the change in the workspace and pack it',
      tool: changeCommit,
      input: {
        edits: smallest.edits,
        message: commitMessage(smallest, baseline, task),
        committedAt: this.#brief.submittedAt,
      },
      sandbox: workspace,
    });
    const imported = await desk.act({
      attempt,
      stage: 'working',
      intent: 'Check the bundle in quarantine and take it in',
      tool: bundleImport,
      input: {
        task,
        mirror: ground.mirror,
        base: workspace.commit,
        bundle: committed.output.bundle,
      },
      sandbox: null,
    });
    budget.elapse(committed.seconds + imported.seconds);
    return { candidate: smallest, ...imported.output };
  }

  /** Unified diffs of candidates that also passed, for the person to choose from. */
  async preview(candidates: readonly Candidate[], workspace: SandboxSpec): Promise<Map<string, string>> {
    if (candidates.length === 0) return new Map();
    const acted = await this.#brief.desk.act({
      attempt: 1,
      stage: 'working',
      intent: `Show ${countOf(candidates.length, 'plausible repair')} as diffs`,
      tool: changePreview,
      input: { candidates: [...candidates] },
      sandbox: workspace,
    });
    return new Map(acted.output.diffs.map(({ candidate, diff }) => [candidate, diff]));
  }
}

function commitMessage(candidate: Candidate, baseline: Baseline, task: string): string {
  const [first, ...others] = baseline.failing;
  const name = first ? first.name : 'the failing test';
  const subject = `Fix ${name}${others.length > 0 ? ` and ${others.length} more` : ''}`
    .replace(/\s+/g, ' ')
    .slice(0, 72);
  return `${subject}\n\n${candidate.explanation}\n\nNova-Task: ${task}\nNova-Template: ${candidate.template}\n`;
}
