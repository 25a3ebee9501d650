import { countOf, type Localisation, repairLocalise, type SandboxSpec } from '@nova/core';
import type { Brief } from '../base/brief.ts';
import { type Baseline, testing } from './tester.ts';

const suspectLimit = 200;
/** Looking for the place may take this share of the time that is left; the rest is for trying. */
const shareOfTime = 0.4;

/** Finds out where a task has to be worked on; never changes code. */
export class ArchitectAgent {
  readonly #brief: Brief;

  constructor(brief: Brief) {
    this.#brief = brief;
  }

  /** Localises the failures of the baseline. The tree is put back before this returns. */
  async plan(baseline: Baseline, sandbox: SandboxSpec): Promise<Localisation> {
    const { desk, budget, request } = this.#brief;
    const acted = await desk.act({
      attempt: 1,
      stage: 'planning',
      intent: `Find the statements behind ${countOf(baseline.failing.length, 'failing test')}`,
      tool: repairLocalise,
      input: {
        ...testing(request, baseline),
        failing: [...baseline.failing],
        limit: suspectLimit,
        seconds: Math.max(1, budget.secondsLeft * shareOfTime),
      },
      sandbox,
    });
    budget.reserve(acted.output.runs);
    budget.elapse(acted.seconds);
    return acted.output;
  }
}
