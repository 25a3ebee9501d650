import type { Candidate, Localisation, SandboxSpec, Verdict } from '@nova/core';
import { candidateSchema, verdictSchema } from '@nova/core';
import { z } from 'zod';
import type { Baseline } from '../roles/tester.ts';

/** What a search for repairs brought: every plausible one, best first, and what was tried. */
export interface Search {
  readonly plausible: readonly Candidate[];
  readonly verdicts: readonly Verdict[];
  /** How many candidates were made, tried or not. */
  readonly made: number;
  readonly notes: readonly string[];
}

export const searchSchema: z.ZodType<Search> = z.object({
  plausible: z.array(candidateSchema),
  verdicts: z.array(verdictSchema),
  made: z.number(),
  notes: z.array(z.string()),
});

export interface SolverRequest {
  readonly localisation: Localisation;
  readonly baseline: Baseline;
  /** Sandboxes that hold the base; the first one is the workspace's own. */
  readonly sandboxes: readonly SandboxSpec[];
}

/** What an agent thinks with. */
export interface Solver {
  readonly name: 'rules';
  /** Resolves with what was found, possibly nothing; the trees of all sandboxes are as before. */
  search(request: SolverRequest): Promise<Search>;
}
