import { type Candidate, countOf, repairEvaluate, repairPropose, type SandboxSpec, type Verdict } from '@nova/core';
import type { Brief } from '../base/brief.ts';
import { isWindUp } from '../base/wind-up.ts';
import { runsToJudge } from '../budget/run-budget.ts';
import { judgedBy, testing } from '../roles/tester.ts';
import type { Search, Solver, SolverRequest } from './solver.ts';

const candidateLimit = 1000;
const chunkSizes = [3, 8, 16, 24];
/** A found repair is compared with a few neighbours, so that a person gets alternatives instead of the first hit. */
const roundsAfterFirstPlausible = 1;
const enoughPlausible = 4;
/** One full and one focused run is the most that a candidate costs. */
const runsPerCandidate = 2;
const pairLimit = 60;

/** Repairs with fix templates and the tests: no language model, the same answer for the same input. */
export class RulesSolver implements Solver {
  readonly name = 'rules';
  readonly #brief: Brief;

  constructor(brief: Brief) {
    this.#brief = brief;
  }

  async search(request: SolverRequest): Promise<Search> {
    const [workspace] = request.sandboxes;
    if (!workspace) return { plausible: [], verdicts: [], made: 0, notes: ['No sandbox was given.'] };
    const proposed = await this.#brief.desk.act({
      attempt: 1,
      stage: 'working',
      intent: `Make candidate repairs for ${countOf(request.localisation.suspects.length, 'suspected statement')}`,
      tool: repairPropose,
      input: {
        suspects: request.localisation.suspects,
        failing: [...request.baseline.failing],
        limit: candidateLimit,
      },
      sandbox: workspace,
    });
    this.#brief.budget.elapse(proposed.seconds);
    const candidates = [...proposed.output.candidates].sort((a, b) => a.rank - b.rank);
    const notes = [...proposed.output.notes];
    const single = await this.#try(candidates, request, notes);
    let { plausible, verdicts } = single;
    let made = candidates.length;
    if (plausible.length === 0 && !single.cut) {
      const pairs = pairUp(candidates, verdicts, request.baseline.failing.length);
      made += pairs.length;
      if (pairs.length > 0) {
        notes.push(`No single place repairs it; ${pairs.length} pairs of partial repairs were made.`);
        const paired = await this.#try(pairs, request, notes);
        plausible = paired.plausible;
        verdicts = [...verdicts, ...paired.verdicts];
      }
    }
    return { plausible: [...plausible].sort((a, b) => a.rank - b.rank), verdicts, made, notes };
  }

  /** Rounds of chunks, one chunk a sandbox, until enough is found or the budget is used up. */
  async #try(
    candidates: readonly Candidate[],
    request: SolverRequest,
    notes: string[],
  ): Promise<{ plausible: Candidate[]; verdicts: Verdict[]; cut: boolean }> {
    const byId = new Map(candidates.map((candidate) => [candidate.id, candidate]));
    const plausible: Candidate[] = [];
    const verdicts: Verdict[] = [];
    let next = 0;
    let cut = false;
    let roundsLeft = Number.POSITIVE_INFINITY;
    for (let round = 0; next < candidates.length && roundsLeft > 0 && !cut; round += 1) {
      const chunkSize = chunkSizes[Math.min(round, chunkSizes.length - 1)] ?? 1;
      const wanted = Math.min(candidates.length - next, chunkSize * request.sandboxes.length);
      const affordable = Math.max(0, Math.floor((this.#brief.budget.runsLeft - runsToJudge) / runsPerCandidate));
      const granted = Math.min(wanted, affordable);
      this.#brief.budget.reserve(granted * runsPerCandidate);
      if (granted === 0 || this.#brief.budget.secondsLeft === 0) {
        this.#brief.budget.giveBack(granted * runsPerCandidate);
        notes.push(
          `The budget ended the search after ${next} of ${candidates.length} candidates; raise --runs or --budget to go on.`,
        );
        break;
      }
      const batch = candidates.slice(next, next + granted);
      next += granted;
      const tried = await this.#round(batch, request);
      const found = tried.verdicts;
      cut = tried.cut;
      verdicts.push(...found);
      this.#brief.budget.giveBack(granted * runsPerCandidate - found.reduce((sum, verdict) => sum + verdict.runs, 0));
      for (const verdict of found) {
        const candidate = byId.get(verdict.candidate);
        if (verdict.outcome === 'plausible' && candidate) plausible.push(candidate);
      }
      roundsLeft -= 1;
      if (plausible.length > 0) roundsLeft = Math.min(roundsLeft, roundsAfterFirstPlausible);
      if (plausible.length >= enoughPlausible) break;
    }
    return { plausible, verdicts, cut };
  }

  /** `cut` says that the task is being wound up and not all of the batch was tried. */
  async #round(batch: readonly Candidate[], request: SolverRequest): Promise<{ verdicts: Verdict[]; cut: boolean }> {
    const chunks = deal(batch, request.sandboxes);
    const acts = chunks.map(({ sandbox, candidates }) =>
      this.#brief.desk.act({
        attempt: 1,
        stage: 'working',
        intent: `Try ${countOf(candidates.length, 'candidate')} from rank ${candidates[0]?.rank ?? 0}`,
        tool: repairEvaluate,
        input: {
          ...testing(this.#brief.request, request.baseline),
          candidates: [...candidates],
          ...judgedBy(request.baseline),
          enough: candidates.length,
          seconds: Math.max(1, this.#brief.budget.secondsLeft),
        },
        sandbox,
      }),
    );
    // All settle before the first failure is passed on: an act left running would write behind a finished task.
    const settled = await Promise.allSettled(acts);
    const failed = settled.find((outcome) => outcome.status === 'rejected');
    if (failed && !isWindUp(failed.reason)) throw failed.reason;
    const done = settled.filter((outcome) => outcome.status === 'fulfilled').map((outcome) => outcome.value);
    this.#brief.budget.elapse(Math.max(0, ...done.map((acted) => acted.seconds)));
    return { verdicts: done.flatMap((acted) => acted.output.verdicts), cut: failed !== undefined };
  }
}

/** Deals candidates out like cards, so that every sandbox gets some of the best ones. */
function deal(
  batch: readonly Candidate[],
  sandboxes: readonly SandboxSpec[],
): { sandbox: SandboxSpec; candidates: Candidate[] }[] {
  return sandboxes
    .map((sandbox, index) => ({
      sandbox,
      candidates: batch.filter((_, position) => position % sandboxes.length === index),
    }))
    .filter((chunk) => chunk.candidates.length > 0);
}

/** Two candidates that each mend some of the failing tests, in different places, may mend all of them together. */
function pairUp(candidates: readonly Candidate[], verdicts: readonly Verdict[], failing: number): Candidate[] {
  const left = new Map(verdicts.map((verdict) => [verdict.candidate, verdict.stillFailing]));
  const partial = candidates.filter((candidate) => {
    const remaining = left.get(candidate.id);
    return remaining !== undefined && remaining !== null && remaining < failing;
  });
  const pairs: Candidate[] = [];
  for (const [index, first] of partial.entries()) {
    for (const second of partial.slice(index + 1)) {
      if (pairs.length >= pairLimit) return pairs;
      if (overlaps(first, second)) continue;
      pairs.push({
        id: `${first.id}+${second.id}`,
        template: `${first.template} + ${second.template}`,
        rank: pairs.length,
        score: first.score * second.score,
        edits: [...first.edits, ...second.edits],
        explanation: `${first.explanation} ${second.explanation}`,
      });
    }
  }
  return pairs;
}

function overlaps(first: Candidate, second: Candidate): boolean {
  return first.edits.some((edit) =>
    second.edits.some((other) => other.path === edit.path && edit.start <= other.end && other.start <= edit.end),
  );
}
