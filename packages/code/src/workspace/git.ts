import { spawn } from 'node:child_process';
import { NovaError } from '@nova/core';

/** Settings that keep a repository's own configuration from running anything. */
const inert = [
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.untrackedCache=false',
  '-c',
  'core.quotePath=false',
  '-c',
  'commit.gpgSign=false',
  '-c',
  'core.attributesFile=/dev/null',
  '-c',
  'diff.external=',
  '-c',
  'gc.auto=0',
  // Inside a sandbox the clone may belong to another user id than the process has.
  '-c',
  'safe.directory=*',
];

/** Runs git in a folder and resolves to its standard output; rejects with `tool.failed` unless it exits with 0. */
export async function git(
  folder: string,
  args: readonly string[],
  options: { input?: string; environment?: Readonly<Record<string, string>>; acceptable?: readonly number[] } = {},
): Promise<Buffer> {
  const child = spawn('git', [...inert, ...args], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: '/nonexistent',
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      ...options.environment,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new NovaError('tool.failed', `git could not be started: ${cause.message}`, { cause })),
    );
    child.once('close', resolve);
  });
  if (code !== 0 && !(code !== null && options.acceptable?.includes(code))) {
    const said = Buffer.concat(errors).toString('utf8').trim().slice(0, 2000);
    throw new NovaError('tool.failed', `git ${args[0]} failed in the workspace: ${said}`, { details: { code } });
  }
  return Buffer.concat(out);
}
