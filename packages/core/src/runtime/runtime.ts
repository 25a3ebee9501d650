/** Wall and monotonic time; injected so that tests and replays decide what time it is. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
}

/** Fresh identifiers. */
export interface Ids {
  /** A globally unique id for an event. */
  event(): string;
  /** A short id that a person can type; the same submission key gives the same id. */
  task(key: string): string;
}

/** Counts what was spent against what was granted. */
export interface Budget {
  readonly runsLeft: number;
  readonly secondsLeft: number;
  /** Reserves up to `runs` executions and returns how many were granted. */
  reserve(runs: number): number;
  /** Gives back what a reservation did not use. */
  giveBack(runs: number): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
