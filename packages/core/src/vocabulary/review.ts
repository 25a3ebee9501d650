import { z } from 'zod';

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
