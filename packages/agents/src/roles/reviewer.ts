import { changeReview, type Finding, type SandboxSpec } from '@nova/core';
import type { Brief } from '../base/brief.ts';
import type { Change } from './coder.ts';

/** Judges a change that somebody else wrote, in a sandbox the writer never touched. */
export class ReviewerAgent {
  readonly #brief: Brief;

  constructor(brief: Brief) {
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
}
