import { z } from 'zod';

/** How many findings of each severity there are. */
export const findingCountsSchema = z.object({
  error: z.number().int(),
  warning: z.number().int(),
  info: z.number().int(),
});
export type FindingCounts = z.infer<typeof findingCountsSchema>;

/** Counts findings by their severity. */
export function countFindings(findings: readonly { readonly severity: keyof FindingCounts }[]): FindingCounts {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return counts;
}

/** Where a change is measured from: as asked for, and the commit that was found. */
export const sinceSchema = z.object({ ref: z.string(), commit: z.string() });

/** What a review looked at and with what; what it passed over is counted and named. */
export const examinedSchema = z.object({
  files: z.number().int(),
  lines: z.number().int(),
  /** Null when everything was reviewed. */
  since: sinceSchema.nullable(),
  engines: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      files: z.number().int(),
      findings: z.number().int(),
      seconds: z.number(),
    }),
  ),
  /** Tracked files that no engine read, by reason; `examples` names the first few. */
  skipped: z.array(z.object({ reason: z.string(), files: z.number().int(), examples: z.array(z.string()) })),
});
export type Examined = z.infer<typeof examinedSchema>;
