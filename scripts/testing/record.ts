import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export type Outcome = 'passed' | 'failed' | 'skipped';

/** Stands for all tests of a file that could not be started because its engine was down. */
export const everyTest = '(every test of the file)';

/** What the last run of one file showed; it says nothing any more once the file's text is another. */
export interface FileRecord {
  readonly hash: string;
  /** ISO time at which the run ended. */
  readonly at: string;
  /** By the test's full name, suites and tests joined with ` > `. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
}

export type RunRecord = Readonly<Record<string, FileRecord>>;

function place(root: string): string {
  return join(root, 'node_modules/.cache/nova/tests.json');
}

/** The last recorded outcomes by file; empty when nothing was recorded yet. */
export function readRecord(root: string): RunRecord {
  try {
    return JSON.parse(readFileSync(place(root), 'utf8')) as RunRecord;
  } catch {
    return {};
  }
}

/** Replaces the records of the files that ran and keeps those of the others. */
export function addToRecord(root: string, outcomes: ReadonlyMap<string, Record<string, Outcome>>, at: Date): void {
  const record: Record<string, FileRecord> = { ...readRecord(root) };
  for (const [path, ofFile] of outcomes) {
    record[path] = { hash: hashOf(root, path) ?? '', at: at.toISOString(), outcomes: ofFile };
  }
  const file = place(root);
  mkdirSync(dirname(file), { recursive: true });
  const half = `${file}.${process.pid}`;
  writeFileSync(half, JSON.stringify(record, null, 1));
  renameSync(half, file);
}

/** The recorded outcome of one test, or undefined when it never ran or its file has changed since. */
export function outcomeOf(root: string, record: RunRecord, file: string, test: string): Outcome | undefined {
  const entry = record[file];
  if (!entry || entry.hash !== hashOf(root, file)) return undefined;
  return entry.outcomes[test] ?? entry.outcomes[everyTest];
}

function hashOf(root: string, path: string): string | undefined {
  try {
    return createHash('sha256')
      .update(readFileSync(join(root, path)))
      .digest('hex');
  } catch {
    return undefined;
  }
}
