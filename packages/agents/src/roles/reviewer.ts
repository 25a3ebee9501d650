import { changeReview, codeReview, type Finding, type SandboxSpec, type TaskRequest } from '@nova/core';
import type { z } from 'zod';
import type { Brief } from '../base/brief.ts';
import type { Acted } from '../base/desk.ts';
import type { Change } from './coder.ts';

/** Judges what somebody else wrote, in a sandbox the writer never touched. */
export class ReviewerAgent {
  readonly #brief: Brief<TaskRequest>;

  constructor(brief: Brief<TaskRequest>) {
    this.#brief = brief;
  }

  /** Findings on the change; one of severity `error` rejects it. */
  async review(attempt: number, change: Change, base: string, sandbox: SandboxSpec): Promise<Finding[]> {
    const acted = await this.#brief.desk.act({
      attempt,
      stage: 'review',
      intent: `Review the change to ${change.paths.join(', ')}`,
      tool: changeReview,
      input: { base, commit: change.commit, paths: [...change.paths] },
      sandbox,
    });
    this.#brief.budget.elapse(acted.seconds);
    return acted.output.findings;
  }

  /** What all analysers say of the code in the sandbox; with `since`, of what came into it after that commit. */
  async examine(since: string | null, sandbox: SandboxSpec): Promise<Acted<z.infer<typeof codeReview.output>>> {
    const { desk, budget } = this.#brief;
    const acted = await desk.act({
      attempt: 1,
      stage: 'review',
      intent: since === null ? 'Review the code' : `Review what changed since ${since.slice(0, 10)}`,
      tool: codeReview,
      input: { since, seconds: Math.max(1, budget.secondsLeft) },
      sandbox,
    });
    budget.elapse(acted.seconds);
    return acted;
  }
}
