import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
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
  /** What the file's process printed and its tests said of their run. */
  readonly printed: string;
}

/** How to run the files. */
export interface CollectOptions {
  /** How many files run at once. */
  readonly concurrency: number;
  /** Only tests whose name matches this regular expression. */
  readonly name?: string;
  /** How long one file may take before all its processes are ended and it counts as failed: a hang must not block a machine. */
  readonly patienceMilliseconds: number;
}

/** Every process that a test file starts inherits this variable, and is found by it when the file hangs. */
const marker = 'NOVA_TEST_FILE_RUN';

/**
 * What says how programs talk, or which repository git means, where `bin/test` was called: a workflow, a hook, a person without
 * colours. Tests see the same on each machine, and set for themselves what they are about.
 */
const ofTheCaller =
  /^(?:NO_COLOR|FORCE_COLOR|CLICOLOR(?:_FORCE)?|COLORTERM|NODE_DISABLE_COLORS|CI|GITHUB_ACTIONS|GITLAB_CI|TEAMCITY_VERSION|TF_BUILD|TRAVIS|TMUX|NOVA_HOME|GIT_.*)$/;

function testEnvironment(id: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !ofTheCaller.test(name));
  return { ...Object.fromEntries(kept), [marker]: id };
}

interface Progress {
  readonly names: Map<number, { readonly name: string; readonly parent: number }>;
  /** Tests that have begun and not ended. */
  readonly running: Map<number, string>;
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
  options: CollectOptions,
): AsyncGenerator<FileResult> {
  const waiting = [...files];
  const running = new Map<string, Promise<FileResult>>();
  for (;;) {
    while (running.size < options.concurrency) {
      const file = waiting.shift();
      if (file === undefined) break;
      running.set(file, runFile(root, file, options));
    }
    if (running.size === 0) return;
    const result = await Promise.race(running.values());
    running.delete(result.path);
    yield result;
  }
}

/** What a test says of its run (a seed, a figure, a table); the runner's own counts are left out. */
function diagnostic(message: string): string {
  return /^(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/.test(message) ? '' : `${message}\n`;
}

async function runFile(
  root: string,
  path: string,
  { name, patienceMilliseconds }: CollectOptions,
): Promise<FileResult> {
  const id = randomUUID();
  const progress: Progress = { names: new Map(), running: new Map(), outcomes: {}, failures: [], output: '' };
  const started = performance.now();
  const events = run({
    files: [`${root}/${path}`],
    cwd: root,
    env: testEnvironment(id),
    ...(name === undefined ? {} : { testNamePatterns: [name] }),
  });
  let failed = false;
  const reading = (async () => {
    for await (const { type, data } of events as AsyncIterable<{ type: string; data: EventData }>) {
      if (type === 'test:stdout' || type === 'test:stderr') progress.output += data.message ?? '';
      else if (type === 'test:diagnostic') progress.output += diagnostic(data.message ?? '');
      else if (data.entryFile) note(root, progress, type, data);
      else if (type === 'test:fail') failed = true;
    }
    return true;
  })();
  const patience = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => patience.resolve(false), patienceMilliseconds);
  const ended = await Promise.race([reading, patience.promise]);
  clearTimeout(timer);
  // node:test waits for everybody who holds the file's output, also for processes that nobody ends any more.
  if (!ended) endAll(id);
  const fault = ended ? wholeFileFault(progress, failed, name) : hang(progress, patienceMilliseconds);
  if (fault !== null) {
    progress.outcomes['(the file itself)'] = 'failed';
    progress.failures.push({ test: '(the file itself)', place: path, error: fault });
  }
  const { outcomes, failures, output } = progress;
  return { path, outcomes, failures, printed: output, milliseconds: performance.now() - started };
}

/** Ends every process that was started under this run of a file, however far down. */
function endAll(id: string): void {
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      if (readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`${marker}=${id}`)) process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself, or belongs to somebody else.
    }
  }
}

function hang({ running }: Progress, patienceMilliseconds: number): string {
  const tests = [...running.values()].join(', ') || 'none of its tests';
  return `The file did not end within ${Math.round(patienceMilliseconds / 1000)} s and was ended. Running then: ${tests}.`;
}

function wholeFileFault({ outcomes, failures }: Progress, failed: boolean, name?: string): string | null {
  if (failed && failures.length === 0) return 'The process of this file failed outside its tests.';
  return Object.keys(outcomes).length === 0 && name === undefined ? 'This file ran no test.' : null;
}

/** `test:enqueue`, `test:dequeue` and `test:complete` come as things happen; `test:pass` and `test:fail` wait for earlier tests. */
function note(root: string, progress: Progress, type: string, data: EventData): void {
  const id = data.testId ?? 0;
  if (type === 'test:enqueue') progress.names.set(id, { name: data.name, parent: data.parentId ?? 0 });
  if (type === 'test:dequeue') progress.running.set(id, fullName(progress, data));
  if (type !== 'test:complete' || !data.details) return;
  progress.running.delete(id);
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
