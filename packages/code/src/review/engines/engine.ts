import type { Finding } from '@nova/core';
import type { ReviewFile } from '../files.ts';

/** A finding as an engine gives it: the place is checked, quoted and marked by whoever asked. */
export type RawFinding = Omit<Finding, 'evidence' | 'fingerprint' | 'also'>;

/** What a rule of an engine is to us. A rule that is not in an engine's table is switched off. */
export interface RuleMeaning {
  readonly severity: Finding['severity'];
  readonly category: Finding['category'];
  /** Rules of different engines with the same word here say the same. */
  readonly same?: string;
}

/** One tree to be looked at. Paths are relative to `folder`, with forward slashes. */
export interface EngineJob {
  readonly folder: string;
  readonly files: readonly ReviewFile[];
  /** Every tracked path, read or not. */
  readonly tracked: ReadonlySet<string>;
  /** A folder for an engine's own files. */
  readonly scratch: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface EngineAnswer {
  readonly version: string;
  readonly findings: readonly RawFinding[];
  /** What this engine could not judge, in words. */
  readonly gaps: readonly string[];
}

/** An analyser that exists, and how what it says becomes findings. */
export interface Engine {
  readonly name: string;
  /** `file`: what it says of a file depends on that file alone; `program`: on others too. */
  readonly scope: 'file' | 'program';
  /** False for files that it has nothing to say of. */
  reads(file: ReviewFile): boolean;
  /** What its rules mean, by the name that stands in findings. */
  meaning(rule: string): RuleMeaning;
  /** Leaves the files as they are. Rejects with `EngineTrouble` when it could not do its work. */
  run(job: EngineJob): Promise<EngineAnswer>;
}
