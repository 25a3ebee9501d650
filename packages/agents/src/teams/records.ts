import {
  candidateSchema,
  codeReview,
  environmentPrepare,
  errorCodes,
  findingSchema,
  gateCheckSchema,
  isolationSchema,
  localisationSchema,
  resultSchema,
  workspaceCapture,
} from '@nova/core';
import { z } from 'zod';
import { baselineSchema } from '../roles/tester.ts';
import { searchSchema } from '../solvers/solver.ts';

/** Where a graph's state keeps what its hashes name. */
export interface Records {
  /** Resolves with the hash once the value is on disk. */
  put(value: unknown): Promise<string>;
  get<Value>(hash: string, schema: z.ZodType<Value>): Promise<Value>;
}

export const captureRecord = workspaceCapture.output;
export const environmentRecord = environmentPrepare.output;
export const baselineRecord = z.object({ baseline: baselineSchema, isolation: isolationSchema.nullable() });
export const localisationRecord = localisationSchema;
export const searchRecord = searchSchema;
export const changeRecord = z.object({
  candidate: candidateSchema,
  commit: z.string(),
  paths: z.array(z.string()),
  diff: z.string(),
});
export const alternativesRecord = z.array(z.object({ candidate: candidateSchema, diff: z.string() }));
export const reviewRecord = z.array(findingSchema);
export const examinedRecord = codeReview.output.and(z.object({ isolation: isolationSchema.nullable() }));
export const gateRecord = z.array(gateCheckSchema);
export const endingRecord = z.object({
  outcome: resultSchema.shape.outcome,
  code: z.enum(errorCodes).nullable(),
  message: z.string(),
});
export type Ending = z.infer<typeof endingRecord>;
