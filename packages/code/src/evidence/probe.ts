import type { TestCase, TestRunner } from '@nova/core';

/** Lines (1-based) that one test executed, by path relative to the repository; `test` null: the run as a whole. */
export interface TestCoverage {
  readonly test: string | null;
  readonly lines: ReadonlyMap<string, readonly number[]>;
}

export interface ProbeRequest {
  /** Folder of the repository. */
  readonly root: string;
  /** Empty folder that the instrumented processes write into. */
  readonly reportFolder: string;
  readonly coverage: boolean;
  /** Keeps coverage cheap; absent: it is recorded for every test. A probe that cannot tell tests apart passes it over. */
  readonly coverageLimit?: CoverageLimit;
}

/** Which tests' coverage is worth its time. */
export interface CoverageLimit {
  /** Ids of tests that are always recorded: the failing ones. */
  readonly always: readonly string[];
  /** The share, 0 to 1, of all other tests; which of them depends on their ids only. */
  readonly others: number;
}

export interface ProbeReport {
  readonly runner: TestRunner;
  readonly tests: readonly TestCase[];
  /** Empty unless coverage was asked for. */
  readonly coverage: readonly TestCoverage[];
}

/**
 * Learns from an unchanged test command what its tests did: it injects itself by environment variables, so it
 * works through `npm test`, make or a script alike. A command that a probe does not understand yields null.
 */
export interface EvidenceProbe {
  readonly id: 'node' | 'python';
  /** Variables to add to the command's environment. */
  environment(request: ProbeRequest, inherited: Readonly<Record<string, string>>): Promise<Record<string, string>>;
  /** Reads what the run left in the report folder; null when none of its runners ran. */
  collect(request: ProbeRequest): Promise<ProbeReport | null>;
  /**
   * A command that runs only these tests, faster than the whole; null when there is none. The caller checks that it
   * shows the same failures before relying on it. With `width` 1 and more it is the next wider command, for when the
   * narrower one shows something else; a probe that knows only one gives it again or null.
   */
  focus(report: ProbeReport, tests: readonly TestCase[], root: string, width?: number): Promise<string | null>;
}
