import { isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TestCase, unfinished } from '@nova/core';
import type { ReportedFailure, ReportRecord, RunRecord } from './records.ts';

interface Draft {
  file: string | null;
  name: string;
  status: TestCase['status'];
  durationMs: number;
  failure?: { message: string; stack: string } | undefined;
}

/** The tests in all reports, with ids that do not depend on the order in which processes wrote them. */
export function testsFromRecords(lists: readonly ReportRecord[][], root: string): TestCase[] {
  const drafts: Draft[] = [];
  for (const records of lists) {
    const run = records.find((record): record is RunRecord => record.kind === 'run');
    if (!run) continue;
    const place = testPlace(run, root);
    drafts.push(...(run.runner === 'vitest' ? vitestDrafts(records, place) : nodeDrafts(records, run, place)));
  }
  return numbered(drafts);
}

/**
 * Where a test stands. One that a helper out of somebody else's package defined is reported at the helper; it
 * belongs to the file that the process ran, where that is one file.
 */
function testPlace(run: RunRecord, root: string): Place {
  const main =
    run.runner === 'node:test' && run.argv.length > 0 ? projectPath(run.argv[0] ?? null, run.cwd, root) : null;
  const sure = !run.execArgv.includes('--test') || run.argv.length === 1;
  const ran = main !== null && sure && !isForeign(main) && /\.\w+$/.test(main) ? main : null;
  return (file) => {
    const path = projectPath(file, run.cwd, root);
    return path === null || isForeign(path) ? (ran ?? path) : path;
  };
}

type Place = (file: string | null) => string | null;

function nodeDrafts(records: readonly ReportRecord[], run: RunRecord, place: Place): Draft[] {
  const drafts: Draft[] = [];
  const stack: { name: string; leaf: boolean; fileEntry: boolean }[] = [];
  const waiting = new Map<string, { file: string | null; name: string }>();
  const fileEntries = new Map<string, Draft>();
  const isFileEntry = (name: string, file: string | null, nesting: number) =>
    nesting === 0 &&
    file !== null &&
    /[\\/.]/.test(name) &&
    resolve(run.cwd, name) === resolve(run.cwd, localPath(file));
  for (const record of records) {
    if (record.kind === 'start') {
      stack.length = record.nesting;
      const above = stack.at(-1);
      if (above) above.leaf = false;
      stack.push({ name: record.name, leaf: true, fileEntry: isFileEntry(record.name, record.file, record.nesting) });
    } else if (record.kind === 'dequeue') {
      const file = place(record.file ?? run.argv[0] ?? null);
      waiting.set(`${record.nesting} ${record.name} ${record.file}`, { file, name: record.name });
    } else if (record.kind === 'complete') {
      waiting.delete(`${record.nesting} ${record.name} ${record.file}`);
    } else if (record.kind === 'result') {
      const entry = stack[record.nesting];
      const leaf = !record.suite && (entry?.leaf ?? true);
      const file = place(record.file ?? run.argv[0] ?? null);
      if (isFileEntry(record.name, record.file, record.nesting)) {
        fileEntries.set(file ?? record.name, draft(record, file, file ?? record.name));
      } else if (leaf || (record.status === 'failed' && record.failureType !== 'subtestsFailed')) {
        const names = stack.slice(0, record.nesting).filter((item) => !item.fileEntry);
        drafts.push(draft(record, file, [...names.map((item) => item.name), record.name].join(' > ')));
      }
      stack.length = record.nesting;
    }
  }
  for (const [file, entry] of fileEntries) {
    const inside = drafts.filter((item) => item.file === file);
    const explained = inside.some((item) => item.status === 'failed');
    if (inside.length === 0 || (entry.status === 'failed' && !explained)) drafts.push(entry);
  }
  if (!records.some((record) => record.kind === 'end')) {
    for (const { file, name } of unfinishedLeaves([...waiting.values()], (file) => place(file))) {
      // Tests of it that ended say that none of them was running: what they left open keeps the file's process alive.
      const isOver = name === file && drafts.some((item) => item.file === file);
      const failure = { message: isOver ? 'Its tests ended, and its process did not.' : unfinished, stack: '' };
      drafts.push({ file, name, status: 'failed', durationMs: 0, failure });
    }
  }
  return drafts;
}

/** Of the tests that were running at the end, those of each file that are not the file itself, else the file. */
function unfinishedLeaves(waiting: { file: string | null; name: string }[], place: Place) {
  return waiting
    .filter(({ file, name }) => {
      const isFile = file !== null && (place(name) === file || name === file);
      return !isFile || !waiting.some((other) => other.file === file && other.name !== name);
    })
    .map(({ file, name }) => (file !== null && place(name) === file ? { file, name: file } : { file, name }));
}

function draft(record: Extract<ReportRecord, { kind: 'result' }>, file: string | null, name: string): Draft {
  const { status, durationMs } = record;
  return { file, name, status, durationMs, failure: record.failure && withValues(record.failure) };
}

function vitestDrafts(records: readonly ReportRecord[], place: Place): Draft[] {
  const drafts: Draft[] = [];
  const open = new Set<string>();
  for (const record of records) {
    if (record.kind === 'module-start') open.add(record.file);
    else if (record.kind === 'test') {
      const file = place(record.file);
      const { name, status, durationMs } = record;
      drafts.push({ file, name, status, durationMs, failure: record.failure && withValues(record.failure) });
    } else if (record.kind === 'module-end') {
      open.delete(record.file);
      const file = place(record.file);
      if (record.failure) {
        drafts.push({
          file,
          name: file ?? record.file,
          status: 'failed',
          durationMs: 0,
          failure: withValues(record.failure),
        });
      }
    } else if (record.kind === 'unhandled') {
      const failure = withValues(record.failure);
      drafts.push({ file: null, name: 'unhandled error', status: 'failed', durationMs: 0, failure });
    }
  }
  if (!records.some((record) => record.kind === 'end')) {
    for (const module of open) {
      const file = place(module);
      const failure = { message: unfinished, stack: '' };
      drafts.push({ file, name: file ?? module, status: 'failed', durationMs: 0, failure });
    }
  }
  return drafts;
}

/** The compared values ride along in the message: they are ingredients for a repair. */
function withValues(failure: ReportedFailure): { message: string; stack: string } {
  if (failure.expected === undefined) return { message: failure.message, stack: failure.stack };
  const values = `expected: ${failure.expected}\nactual: ${failure.actual ?? 'undefined'}`;
  return { message: `${failure.message}\n${values}`, stack: failure.stack };
}

function numbered(drafts: readonly Draft[]): TestCase[] {
  const seen = new Map<string, number>();
  return drafts.map(({ file, name, status, durationMs, failure }) => {
    const plain = `${file ?? ''}::${name}`;
    const count = (seen.get(plain) ?? 0) + 1;
    seen.set(plain, count);
    const id = count === 1 ? plain : `${plain} (${count})`;
    return { id, file, name, status, durationMs, ...(failure ? { failure } : {}) };
  });
}

/** True for a file of somebody else's package: a helper that defines tests, and no file to run. */
export function isForeign(file: string): boolean {
  return /(^|\/)node_modules\//.test(file);
}

function localPath(file: string): string {
  if (!file.startsWith('file:')) return file;
  try {
    return fileURLToPath(file);
  } catch {
    return file;
  }
}

/** A reported file as a path relative to the repository, with forward slashes; null when it lies elsewhere. */
export function projectPath(file: string | null, cwd: string, root: string): string | null {
  if (file === null || file === '') return null;
  const inside = relative(root, resolve(cwd, localPath(file)));
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) return null;
  return inside.split('\\').join('/');
}
