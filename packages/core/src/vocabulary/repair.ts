import { z } from 'zod';

/** A replacement of a range of one file. Offsets count UTF-16 code units of the file as it is in the base. */
export const textEditSchema = z.object({
  path: z.string(),
  start: z.number().int().nonnegative(),
  end: z.number().int().nonnegative(),
  text: z.string(),
});
export type TextEdit = z.infer<typeof textEditSchema>;

/** A suspected statement; lines are 1-based and inclusive, `score` lies in 0..1, highest first. */
export const suspectSchema = z.object({
  path: z.string(),
  startLine: z.number().int(),
  endLine: z.number().int(),
  score: z.number(),
  reasons: z.array(z.string()),
});
export type Suspect = z.infer<typeof suspectSchema>;

/** Where a failure probably comes from, and how that was found out. */
export const localisationSchema = z.object({
  method: z.enum(['coverage+stack', 'stack', 'coverage']),
  suspects: z.array(suspectSchema),
  /** How many times the test command or a part of it ran. */
  runs: z.number().int(),
  notes: z.array(z.string()),
});
export type Localisation = z.infer<typeof localisationSchema>;

/** One possible repair. `rank` orders candidates, 0 first; `template` names the rule that made it. */
export const candidateSchema = z.object({
  id: z.string(),
  template: z.string(),
  rank: z.number().int(),
  score: z.number(),
  edits: z.array(textEditSchema),
  explanation: z.string(),
});
export type Candidate = z.infer<typeof candidateSchema>;

/** What running the tests on a candidate showed. */
export const verdictSchema = z.object({
  candidate: z.string(),
  outcome: z.enum(['plausible', 'still-failing', 'regresses', 'does-not-parse', 'timed-out', 'not-run']),
  /** Failing tests left, of those that failed on the base; null when not counted. */
  stillFailing: z.number().int().nullable(),
  runs: z.number().int(),
  durationMs: z.number(),
});
export type Verdict = z.infer<typeof verdictSchema>;

/**
 * One shape for every analyser; `sarifOf` turns it into SARIF. Lines and columns are 1-based, columns count UTF-16 code units,
 * `endColumn` is the first one that no longer belongs to it.
 */
export const findingSchema = z.object({
  /** `engine/rule`. */
  rule: z.string(),
  severity: z.enum(['info', 'warning', 'error']),
  category: z.enum([
    'correctness',
    'security',
    'performance',
    'maintainability',
    'style',
    'tests',
    'documentation',
    'api',
  ]),
  path: z.string(),
  line: z.number().int(),
  column: z.number().int().optional(),
  endLine: z.number().int().optional(),
  endColumn: z.number().int().optional(),
  message: z.string(),
  /** The line it is about, or what was measured. */
  evidence: z.string().optional(),
  /** Where the rule is explained. */
  help: z.string().optional(),
  /** Rules of other engines that say the same of the same place. */
  also: z.array(z.string()).optional(),
  /** Edits that would mend it; they apply or refuse as a whole. */
  fix: z.object({ description: z.string(), edits: z.array(textEditSchema) }).optional(),
  /** The same for the same fault in another revision, wherever its line has gone. */
  fingerprint: z.string().optional(),
});
export type Finding = z.infer<typeof findingSchema>;
