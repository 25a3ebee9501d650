import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unfinished } from '@nova/core';
import { z } from 'zod';
import type { TestCoverage } from '../probe.ts';
import type { RunFacts, TestFacts } from './focus-command.ts';

const recordSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('run'),
    runner: z.enum(['pytest', 'unittest']),
    executable: z.string(),
    argv: z.array(z.string()),
    command: z.array(z.string()),
    cwd: z.string(),
    options: z.array(z.string()).default([]),
    named: z.array(z.string()).default([]),
    folder: z.string().optional(),
    xdist: z.boolean().default(false),
    cov: z.boolean().default(false),
  }),
  z.object({
    kind: z.literal('start'),
    id: z.string(),
    file: z.string().nullable(),
    name: z.string(),
    node: z.string().nullable(),
  }),
  z.object({
    kind: z.literal('test'),
    id: z.string(),
    file: z.string().nullable(),
    name: z.string(),
    node: z.string().nullable(),
    status: z.enum(['passed', 'failed', 'skipped']),
    ms: z.number().nonnegative(),
    message: z.string().default(''),
    stack: z.string().default(''),
  }),
  z.object({
    kind: z.literal('lines'),
    test: z.string().nullable(),
    lines: z.record(z.string(), z.array(z.number().int().positive())),
  }),
]);
type ReportRecord = z.infer<typeof recordSchema>;

/** Everything the processes of one run left. */
export interface Records {
  readonly runs: readonly RunFacts[];
  readonly tests: readonly TestFacts[];
  readonly coverage: readonly TestCoverage[];
}

/** Reads the report files in the order in which their processes started; lines that are not ours are passed over. */
export async function readRecords(reportFolder: string): Promise<Records> {
  const names = (await readdir(reportFolder).catch(() => [])).filter((name) => /^\d+-\d+\.jsonl$/.test(name)).sort();
  const runs: RunFacts[] = [];
  const tests: TestFacts[] = [];
  const coverage = new Map<string | null, Map<string, Set<number>>>();
  const uses = new Map<string, number>();
  for (const name of names) {
    const records = parse(await readFile(join(reportFolder, name), 'utf8').catch(() => ''));
    const found = new Map<string, TestFacts>();
    let runner: RunFacts['runner'] = 'unittest';
    for (const record of records) {
      if (record.kind === 'run') {
        runner = record.runner;
        runs.push({ ...record, process: name, folder: record.folder ?? record.cwd });
      } else if (record.kind === 'lines') {
        addLines(coverage, record.test, record.lines);
      } else {
        found.set(record.id, { process: name, runner, node: record.node, case: testCase(record) });
      }
    }
    for (const [id, test] of found) {
      const use = (uses.get(id) ?? 0) + 1;
      uses.set(id, use);
      tests.push(use === 1 ? test : { ...test, case: { ...test.case, id: `${id}#${use}` } });
    }
  }
  return { runs, tests, coverage: [...coverage].map(([test, lines]) => ({ test, lines: sorted(lines) })) };
}

function parse(text: string): ReportRecord[] {
  const records: ReportRecord[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      const parsed = recordSchema.safeParse(JSON.parse(line));
      if (parsed.success) records.push(parsed.data);
    } catch {
      // The last line of a killed process may be cut off.
    }
  }
  return records;
}

function testCase(record: Extract<ReportRecord, { kind: 'start' | 'test' }>): TestFacts['case'] {
  const identity = { id: record.id, file: record.file, name: record.name };
  if (record.kind === 'start') {
    return { ...identity, status: 'failed', durationMs: 0, failure: { message: unfinished, stack: '' } };
  }
  const done = { ...identity, status: record.status, durationMs: record.ms };
  return record.status === 'failed' ? { ...done, failure: { message: record.message, stack: record.stack } } : done;
}

function addLines(
  coverage: Map<string | null, Map<string, Set<number>>>,
  test: string | null,
  lines: Readonly<Record<string, readonly number[]>>,
): void {
  const files = coverage.get(test) ?? new Map<string, Set<number>>();
  coverage.set(test, files);
  for (const [path, numbers] of Object.entries(lines)) {
    const known = files.get(path) ?? new Set<number>();
    files.set(path, known);
    for (const number of numbers) known.add(number);
  }
}

function sorted(files: ReadonlyMap<string, ReadonlySet<number>>): Map<string, number[]> {
  return new Map([...files].map(([path, lines]) => [path, [...lines].sort((a, b) => a - b)]));
}
