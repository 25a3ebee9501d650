import type { Budget } from '@nova/core';

/** Test runs that no search may spend: what is found must still be tested and judged by the gate. */
export const runsToJudge = 8;

/**
 * The minimal budget of one task: test runs and seconds. It is counted from recorded outcomes only, so a resumed task
 * finds the same amount spent at the same place.
 */
export class RunBudget implements Budget {
  readonly #grantedRuns: number;
  readonly #grantedSeconds: number;
  #runs = 0;
  #seconds = 0;

  constructor(granted: { runs: number; seconds: number }) {
    this.#grantedRuns = granted.runs;
    this.#grantedSeconds = granted.seconds;
  }

  get runsSpent(): number {
    return this.#runs;
  }

  get secondsSpent(): number {
    return this.#seconds;
  }

  get runsLeft(): number {
    return Math.max(0, this.#grantedRuns - this.#runs);
  }

  get secondsLeft(): number {
    return Math.max(0, this.#grantedSeconds - this.#seconds);
  }

  reserve(runs: number): number {
    const granted = Math.min(runs, this.runsLeft);
    this.#runs += granted;
    return granted;
  }

  giveBack(runs: number): void {
    this.#runs = Math.max(0, this.#runs - runs);
  }

  /** Books time that recorded acts took; acts that ran side by side count once, by the longest. */
  elapse(seconds: number): void {
    this.#seconds += seconds;
  }
}
