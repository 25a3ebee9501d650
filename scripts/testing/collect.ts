import { relative } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';
import type { Outcome } from './record.ts';

/** A test that failed, with all that is needed to see why. */
export interface Failure {
  readonly test: string;
  readonly place: string;
  readonly error: string;
}

/** What one test file showed. */
export interface FileResult {
  readonly path: string;
  readonly outcomes: Record<string, Outcome>;
  readonly failures: readonly Failure[];
  readonly milliseconds: number;
  /** What the file's process printed; complete only after the last file, because events of later files wait. */
  readonly printed: () => string;
}

/** One test file may take this long before it is ended and counted as failed, so that a hang cannot block a machine. */
const patienceMilliseconds = 15 * 60_000;

interface Progress {
  readonly names: Map<number, { readonly name: string; readonly parent: number }>;
  readonly outcomes: Record<string, Outcome>;
  readonly failures: Failure[];
  output: string;
}

interface EventData {
  readonly name: string;
  readonly testId?: number;
  readonly parentId?: number;
  readonly file?: string;
  readonly entryFile?: string;
  readonly line?: number;
  readonly message?: string;
  readonly skip?: boolean | string;
  readonly todo?: boolean | string;
  readonly details?: {
    readonly duration_ms: number;
    readonly type?: string;
    readonly passed?: boolean;
    readonly error?: Error & { readonly failureType?: string };
  };
}

/** Runs each file in a process of its own and yields its result as soon as it has ended. */
export async function* collect(
  root: string,
  files: readonly string[],
  options: { concurrency: number; name?: string },
): AsyncGenerator<FileResult> {
  const running = new Map<string, Progress>();
  const progressOf = (file: string): Progress => {
    const known = running.get(file) ?? { names: new Map(), outcomes: {}, failures: [], output: '' };
    running.set(file, known);
    return known;
  };
  const events = run({
    files: files.map((file) => `${root}/${file}`),
    cwd: root,
    concurrency: options.concurrency,
    timeout: patienceMilliseconds,
    ...(options.name === undefined ? {} : { testNamePatterns: [options.name] }),
  });
  for await (const { type, data } of events as AsyncIterable<{ type: string; data: EventData }>) {
    const file = data.entryFile ?? data.file;
    if (!file) continue;
    const progress = progressOf(file);
    if (type === 'test:stdout' || type === 'test:stderr') progress.output += data.message ?? '';
    else if (!data.entryFile && type === 'test:complete') yield finish(root, file, progress, data, options.name);
    else if (data.entryFile) note(root, progress, type, data);
  }
}

/**
 * `test:enqueue` and `test:complete` come as things happen; `test:pass` and `test:fail` wait for all earlier files.
 */
function note(root: string, progress: Progress, type: string, data: EventData): void {
  if (type === 'test:enqueue') progress.names.set(data.testId ?? 0, { name: data.name, parent: data.parentId ?? 0 });
  if (type !== 'test:complete' || !data.details) return;
  const { error, passed } = data.details;
  const ownFault = error?.failureType !== 'subtestsFailed';
  if (data.details.type === 'suite' && (passed || !ownFault)) return;
  const test = fullName(progress, data);
  // A test still to be written shows as little as one left out.
  const skipped = data.skip !== undefined || data.todo !== undefined;
  const outcome = skipped ? 'skipped' : passed ? 'passed' : 'failed';
  progress.outcomes[unique(progress.outcomes, test)] = outcome;
  if (outcome === 'failed' && ownFault) {
    const place = `${relative(root, data.file ?? '')}:${data.line ?? 0}`;
    progress.failures.push({ test, place, error: inspect(error?.cause ?? error) });
  }
}

function fullName(progress: Progress, data: EventData): string {
  const path = [data.name];
  let above = progress.names.get(data.parentId ?? 0);
  for (; above; above = progress.names.get(above.parent)) path.unshift(above.name);
  return path.join(' > ');
}

/** Two tests of one name in one file stay two. */
function unique(outcomes: Readonly<Record<string, Outcome>>, test: string): string {
  let name = test;
  for (let count = 2; name in outcomes; count += 1) name = `${test} (${count})`;
  return name;
}

function finish(root: string, file: string, progress: Progress, data: EventData, name?: string): FileResult {
  const path = relative(root, file);
  const { outcomes, failures } = progress;
  const error = data.details?.error;
  if (error && failures.length === 0) {
    outcomes['(the file itself)'] = 'failed';
    failures.push({
      test: '(the file itself)',
      place: path,
      error: 'The process of this file failed outside its tests.',
    });
  } else if (Object.keys(outcomes).length === 0 && name === undefined) {
    outcomes['(the file itself)'] = 'failed';
    failures.push({ test: '(the file itself)', place: path, error: 'This file ran no test.' });
  }
  return { path, outcomes, failures, printed: () => progress.output, milliseconds: data.details?.duration_ms ?? 0 };
}
