import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { NovaError } from '@nova/core';

const mostOutputBytes = 64 * 1024 * 1024;
const keptErrorBytes = 4000;

/** One start of an analyser. */
interface EngineCommand {
  readonly command: readonly [string, ...string[]];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What an analyser said before it ended by itself. */
export interface EngineOutput {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An analyser that could not do its work; `message` completes "it did not run: …". */
export class EngineTrouble extends Error {}

/**
 * Runs an analyser in a process group of its own, ended when the time is over, when it says too much or when the call is
 * cancelled. Rejects with `EngineTrouble`, or with `task.cancelled`.
 */
export async function runCommand(request: EngineCommand): Promise<EngineOutput> {
  const { command, signal } = request;
  signal.throwIfAborted();
  const environment = { ...request.environment };
  // A person's options for their own programs would change ours, or break them.
  for (const name of ['NODE_OPTIONS', 'NODE_PATH', 'PYTHONSTARTUP']) delete environment[name];
  const [program, ...args] = command;
  const child = spawn(program, args, {
    cwd: request.folder,
    env: environment,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let trouble: Error | null = null;
  const end = (why: Error) => {
    trouble ??= why;
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };
  const timer = setTimeout(
    () =>
      end(new EngineTrouble(`it was stopped after ${Math.round(request.timeoutMs / 1000)} s, when its time was over`)),
    request.timeoutMs,
  );
  const abort = () => end(new NovaError('task.cancelled', 'The call was cancelled; its commands were ended.'));
  signal.addEventListener('abort', abort, { once: true });
  const out: Buffer[] = [];
  let outBytes = 0;
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    outBytes += chunk.length;
    if (outBytes > mostOutputBytes) end(new EngineTrouble('it said more than could be read'));
    else out.push(chunk);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-keptErrorBytes);
  });
  child.stdin.on('error', () => {});
  child.stdin.end(request.input ?? '');
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (cause) => reject(new EngineTrouble(`it could not be started (${cause.message})`)));
      child.once('close', resolve);
    });
    if (trouble !== null) throw trouble;
    return { exitCode, stdout: Buffer.concat(out).toString('utf8'), stderr: errors };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

const resolveHere = createRequire(import.meta.url);

/** A file of an installed package and the package's version; rejects with `EngineTrouble` when it is not installed. */
export function installed(name: string, file: string): { readonly path: string; readonly version: string } {
  try {
    const manifest = resolveHere.resolve(`${name}/package.json`);
    const { version } = resolveHere(manifest) as { version: string };
    return { path: join(dirname(manifest), file), version };
  } catch (cause) {
    throw new EngineTrouble(`the package ${name} is not installed`, { cause });
  }
}

/** What an analyser printed, as JSON; some print a line for people before it. */
export function parseOutput(output: EngineOutput): unknown {
  const start = output.stdout.search(/[[{]/);
  try {
    return JSON.parse(start < 0 ? '' : output.stdout.slice(start));
  } catch {
    if (output.exitCode === null)
      throw new EngineTrouble('it was ended from outside, as the kernel does when memory runs out');
    const said = (output.stderr || output.stdout).trim().split('\n').slice(0, 3).join(' ').slice(0, 300);
    throw new EngineTrouble(`it failed (${said === '' ? `exit code ${output.exitCode}` : said})`);
  }
}

/** Groups of arguments that each fit into one command line. */
export function argumentGroups(paths: readonly string[]): string[][] {
  const groups: string[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const path of paths) {
    size += path.length + 1;
    if (size > 100_000) {
      groups.push([]);
      size = path.length + 1;
    }
    groups.at(-1)?.push(path);
  }
  return groups;
}
