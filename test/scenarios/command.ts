import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface CommandOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** After this many seconds the command's whole process group is killed and its code is null. */
  readonly seconds?: number;
}

/** Runs a program in a process group of its own and waits for it; never throws because of its exit code. */
export async function run(program: string, args: readonly string[], options: CommandOptions): Promise<CommandOutcome> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: surroundings(options.env ?? {}),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const group = child.pid;
  const timer = setTimeout(
    () => {
      if (group !== undefined) endGroup(group);
    },
    (options.seconds ?? 600) * 1000,
  );
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a program that must succeed, and gives what it printed. */
export async function must(program: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code === 0) return stdout;
  throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr.slice(-2000) || stdout.slice(-2000)}`);
}

/** Runs a shell command as a person would. */
export function shell(command: string, options: CommandOptions): Promise<CommandOutcome> {
  return run('sh', ['-c', command], options);
}

function endGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It had ended by itself in the meantime.
  }
}

/** A test run by node's runner must not believe that it is a child of the runner that runs this file. */
function surroundings(extra: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...inherited } = process.env;
  return { ...inherited, ...extra };
}
