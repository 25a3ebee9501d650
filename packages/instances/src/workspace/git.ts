import { type ChildProcess, spawn } from 'node:child_process';
import type { ErrorCode } from '@nova/core';
import { NovaError, toNovaError } from '@nova/core';

/** Where a git command works. Nothing of it is discovered: every folder is named. */
export interface GitPlace {
  readonly gitDir: string;
  readonly workTree?: string;
  readonly indexFile?: string;
  /** Where new objects go, when not in `gitDir`. */
  readonly objects?: string;
  /** Object folders to read from as well. */
  readonly alternates?: readonly string[];
  /** Configuration of the highest precedence. */
  readonly settings?: readonly (readonly [string, string])[];
  /** Extra variables: identities and dates only. */
  readonly variables?: Readonly<Record<string, string>>;
}

export interface GitOptions {
  readonly stdin?: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** Exit codes that are answers, not failures; 0 is always one. */
  readonly accept?: readonly number[];
  /** What is kept of the output; the rest is counted only. */
  readonly keepBytes?: number;
}

export interface GitOutput {
  readonly exitCode: number;
  readonly stdout: Buffer;
  /** How much was printed, kept or not. */
  readonly stdoutBytes: number;
}

/** A git command that ended with an exit code nobody expected. */
export class GitFailure extends Error {
  readonly exitCode: number | null;
  readonly stderr: string;

  constructor(args: readonly string[], exitCode: number | null, signal: string | null, stderr: string) {
    super(`git ${args[0] ?? ''} ended with ${exitCode ?? signal ?? 'no exit code'}: ${stderr.trim()}`);
    this.name = 'GitFailure';
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/**
 * What a repository's own configuration could use to run something or to write where nobody asked. It comes with the
 * command line's precedence, so no file can put it back. The empty `core.fsmonitor` means "off" to every version; the word
 * `false` is the name of a program to old ones.
 */
const harmless: readonly (readonly [string, string])[] = [
  ['core.fsmonitor', ''],
  ['core.hooksPath', '/dev/null'],
  ['core.untrackedCache', 'false'],
  ['core.splitIndex', 'false'],
  ['core.pager', 'cat'],
  ['core.sshCommand', 'false'],
  ['core.askPass', 'false'],
  ['core.quotePath', 'false'],
  ['commit.gpgSign', 'false'],
  ['tag.gpgSign', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['protocol.allow', 'never'],
  ['core.fsync', 'all'],
  ['index.threads', '1'],
  ['pack.threads', '2'],
];

function environmentOf(place: GitPlace): Record<string, string> {
  const environment: Record<string, string> = {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_DIR: place.gitDir,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    // No transport has this name: a partial clone can't start one to fetch what it lacks.
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_LITERAL_PATHSPECS: '1',
  };
  if (place.workTree !== undefined) environment['GIT_WORK_TREE'] = place.workTree;
  if (place.indexFile !== undefined) environment['GIT_INDEX_FILE'] = place.indexFile;
  if (place.objects !== undefined) environment['GIT_OBJECT_DIRECTORY'] = place.objects;
  if (place.alternates !== undefined && place.alternates.length > 0) {
    environment['GIT_ALTERNATE_OBJECT_DIRECTORIES'] = place.alternates.map(quotedPath).join(':');
  }
  return { ...environment, ...place.variables };
}

/** A path as git reads it in lists of alternates, whatever characters it has. */
export function quotedPath(path: string): string {
  const escaped = path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  return `"${escaped}"`;
}

function startGit(place: GitPlace, args: readonly string[], environment: Record<string, string>): ChildProcess {
  const settings = [...harmless, ...(place.settings ?? [])].flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  return spawn('git', ['--no-pager', ...settings, ...args], {
    cwd: place.workTree ?? place.gitDir,
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

interface Ended {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

function ended(child: ChildProcess, signal: AbortSignal | undefined): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let stderr = '';
    const kill = () => child.kill('SIGKILL');
    if (signal?.aborted) kill();
    signal?.addEventListener('abort', kill, { once: true });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-16_384);
    });
    // A command that ends early closes its input; its exit code says why.
    child.stdin?.on('error', () => {});
    child.on('error', (error) => {
      signal?.removeEventListener('abort', kill);
      reject(error);
    });
    child.on('close', (exitCode, by) => {
      signal?.removeEventListener('abort', kill);
      resolve({ exitCode, signal: by, stderr });
    });
  });
}

function refuseWhenAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw signal.reason instanceof NovaError
    ? signal.reason
    : new NovaError('task.cancelled', 'The call was cancelled; nothing was changed. Resume the task to go on.');
}

/**
 * Runs one git command: no shell, nothing inherited but PATH, no configuration of the machine or of a person. Rejects with
 * `GitFailure`, or with `task.cancelled` once the signal has killed it.
 */
export async function runGit(place: GitPlace, args: readonly string[], options: GitOptions = {}): Promise<GitOutput> {
  return collect(place, args, options, environmentOf(place));
}

/** Reads configuration as the person's own git sees it, with their global file; runs `git config` and nothing else. */
export async function readConfig(
  gitDir: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<GitOutput> {
  const environment = environmentOf({ gitDir });
  for (const name of ['GIT_CONFIG_NOSYSTEM', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'HOME'])
    delete environment[name];
  for (const name of ['HOME', 'XDG_CONFIG_HOME', 'GIT_CONFIG_GLOBAL']) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  refuseWhenAborted(options.signal);
  const child = spawn('git', ['--no-pager', 'config', ...args], {
    cwd: gitDir,
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return finish(child, ['config', ...args], options);
}

async function collect(
  place: GitPlace,
  args: readonly string[],
  options: GitOptions,
  environment: Record<string, string>,
): Promise<GitOutput> {
  refuseWhenAborted(options.signal);
  return finish(startGit(place, args, environment), args, options);
}

async function finish(child: ChildProcess, args: readonly string[], options: GitOptions): Promise<GitOutput> {
  const keep = options.keepBytes ?? Number.POSITIVE_INFINITY;
  const chunks: Buffer[] = [];
  let kept = 0;
  let stdoutBytes = 0;
  child.stdout?.on('data', (chunk: Buffer) => {
    stdoutBytes += chunk.length;
    if (kept >= keep) return;
    const part = chunk.subarray(0, keep - kept);
    kept += part.length;
    chunks.push(part);
  });
  const end = ended(child, options.signal);
  child.stdin?.end(options.stdin ?? '');
  const { exitCode, signal, stderr } = await end;
  refuseWhenAborted(options.signal);
  if (exitCode === null || (exitCode !== 0 && !(options.accept ?? []).includes(exitCode))) {
    throw new GitFailure(args, exitCode, signal, stderr);
  }
  return { exitCode, stdout: Buffer.concat(chunks), stdoutBytes };
}

/** The first line of what a command prints; for object ids and single values. */
export async function gitLine(place: GitPlace, args: readonly string[], options: GitOptions = {}): Promise<string> {
  return (await runGit(place, args, options)).stdout.toString('utf8').replace(/\n$/, '');
}

/** The NUL-separated fields that a command prints, as bytes: names need not be text. */
export async function gitFields(place: GitPlace, args: readonly string[], options: GitOptions = {}): Promise<Buffer[]> {
  return splitFields((await runGit(place, args, options)).stdout);
}

/** Cuts at every NUL; what follows the last one is a field only when it is not empty. */
export function splitFields(bytes: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  let start = 0;
  for (let at = bytes.indexOf(0); at !== -1; at = bytes.indexOf(0, start)) {
    fields.push(bytes.subarray(start, at));
    start = at + 1;
  }
  if (start < bytes.length) fields.push(bytes.subarray(start));
  return fields;
}

/** Fields back into one input, each ended by a NUL. */
export function joinFields(fields: readonly (Buffer | string)[]): Buffer {
  return Buffer.concat(fields.flatMap((field) => [Buffer.from(field), Buffer.of(0)]));
}

/**
 * Streams the objects reachable from `revisions` (as `pack-objects --revs` reads them: `^id` excludes) from one place to
 * another. All of them are in the target when it resolves, and none is visible there when it rejects, unless `loose`.
 */
export async function copyObjects(
  from: GitPlace,
  to: GitPlace,
  revisions: readonly string[],
  options: { readonly loose?: boolean; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const { signal } = options;
  refuseWhenAborted(signal);
  const packArgs = ['pack-objects', '--revs', '--stdout', '-q', '--delta-base-offset'];
  const takeArgs = options.loose ? ['unpack-objects', '-q'] : ['index-pack', '--stdin'];
  const pack = startGit(from, packArgs, environmentOf(from));
  const take = startGit(to, takeArgs, environmentOf(to));
  take.stdout?.resume();
  const packEnd = ended(pack, signal);
  const takeEnd = ended(take, signal);
  if (pack.stdout && take.stdin) pack.stdout.pipe(take.stdin);
  pack.stdin?.end(`${revisions.join('\n')}\n`);
  // When the taker fails, nobody reads the pipe any more; the packer would wait for ever.
  void takeEnd.then(
    ({ exitCode }) => exitCode !== 0 && pack.kill('SIGKILL'),
    () => pack.kill('SIGKILL'),
  );
  const [packed, taken] = await Promise.all([packEnd, takeEnd]);
  refuseWhenAborted(signal);
  if (packed.exitCode === 0 && taken.exitCode === 0) return;
  // Either end's failure breaks the other; the one that broke on the pipe is not the cause.
  const packBroke = packed.exitCode === null || /broken pipe/i.test(packed.stderr);
  if (packed.exitCode !== 0 && !(packBroke && taken.exitCode !== 0)) {
    throw new GitFailure(packArgs, packed.exitCode, packed.signal, packed.stderr);
  }
  throw new GitFailure(takeArgs, taken.exitCode, taken.signal, taken.stderr);
}

/** Turns a failure of git into the coded error a caller can branch on; coded errors and a full disk stay what they are. */
export function asNovaError(thrown: unknown, code: ErrorCode, what: string): NovaError {
  if (thrown instanceof NovaError) return thrown;
  const known = toNovaError(thrown, code);
  if (known.code !== code) return known;
  const detail = thrown instanceof GitFailure ? thrown.stderr.trim() || thrown.message : known.message;
  return new NovaError(code, `${what} (git: ${detail})`, { cause: thrown });
}
