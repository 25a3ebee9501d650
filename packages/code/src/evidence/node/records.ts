import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const failureSchema = z.object({
  message: z.string(),
  stack: z.string(),
  expected: z.string().optional(),
  actual: z.string().optional(),
});
export type ReportedFailure = z.infer<typeof failureSchema>;

const named = { name: z.string(), nesting: z.number().int().min(0).max(1000), file: z.string().nullable() };

/** A line of a reporter's file. The tests' own code could write there too, so every line is parsed. */
const reportRecord = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('run'),
    runner: z.enum(['node:test', 'vitest']),
    execPath: z.string(),
    execArgv: z.array(z.string()),
    argv: z.array(z.string()),
    cwd: z.string(),
    environment: z.record(z.string(), z.string()),
  }),
  z.object({ kind: z.literal('start'), ...named }),
  z.object({ kind: z.literal('dequeue'), ...named }),
  z.object({ kind: z.literal('complete'), ...named }),
  z.object({
    kind: z.literal('result'),
    ...named,
    suite: z.boolean(),
    status: z.enum(['passed', 'failed', 'skipped']),
    durationMs: z.number(),
    failureType: z.string().optional(),
    failure: failureSchema.optional(),
  }),
  z.object({ kind: z.literal('module-start'), file: z.string() }),
  z.object({ kind: z.literal('module-end'), file: z.string(), failure: failureSchema.optional() }),
  z.object({
    kind: z.literal('test'),
    file: z.string(),
    name: z.string(),
    status: z.enum(['passed', 'failed', 'skipped']),
    durationMs: z.number(),
    failure: failureSchema.optional(),
  }),
  z.object({ kind: z.literal('unhandled'), failure: failureSchema }),
  z.object({ kind: z.literal('end') }),
]);
export type ReportRecord = z.infer<typeof reportRecord>;
export type RunRecord = Extract<ReportRecord, { kind: 'run' }>;

const hitRecord = z.tuple([
  z.object({ file: z.string().nullable(), name: z.string() }),
  z.number().int(),
  z.number().int(),
]);
type HitRecord = z.infer<typeof hitRecord>;

/** The records of every reporter file, one list a file; a line that is cut off or foreign is left out. */
export async function readReports(folder: string): Promise<ReportRecord[][]> {
  const lists: ReportRecord[][] = [];
  for (const name of await filesNamed(folder, /^(node|vitest)-.*\.jsonl$/)) {
    const records: ReportRecord[] = [];
    for await (const value of jsonLines(join(folder, name))) {
      const parsed = reportRecord.safeParse(value);
      if (parsed.success) records.push(parsed.data);
    }
    if (records.length > 0) lists.push(records);
  }
  return lists;
}

/** Which statements each test executed, in the order written. */
export async function* readHits(folder: string): AsyncGenerator<HitRecord> {
  for (const name of await filesNamed(folder, /^hits-.*\.jsonl$/)) {
    for await (const value of jsonLines(join(folder, name))) {
      const parsed = hitRecord.safeParse(value);
      if (parsed.success) yield parsed.data;
    }
  }
}

async function filesNamed(folder: string, pattern: RegExp): Promise<string[]> {
  return (await readdir(folder)).filter((name) => pattern.test(name)).sort();
}

async function* jsonLines(file: string): AsyncGenerator<unknown> {
  for await (const line of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity })) {
    try {
      yield JSON.parse(line);
    } catch {
      // A process that was killed while writing leaves half a line.
    }
  }
}
