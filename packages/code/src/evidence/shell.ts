import { spawn } from 'node:child_process';
import { NovaError } from '@nova/core';

const keptHead = 4 * 1024 * 1024;
const keptTail = 4 * 1024 * 1024;
/** How long the pipes of an ended command may stay open in the hands of a process that left its group. */
const pipeGraceMs = 500;

/** One execution of a shell command. */
interface ShellRequest {
  readonly command: string;
  readonly workingFolder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  output(bytes: Uint8Array): void;
}

/** How the command ended; `output` holds at most the first and the last 4 MiB of what it printed. */
export interface ShellResult {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly durationMs: number;
  readonly output: Buffer;
  readonly outputBytes: number;
}

/**
 * Runs `sh -c` in a process group of its own, stdout and stderr together. A timeout, an abort and the end of the
 * shell each end the whole group, so no background process outlives the call unless it left the group.
 * Rejects with `task.cancelled` when aborted and with `tool.failed` when the shell cannot be started.
 */
export async function runShell(request: ShellRequest): Promise<ShellResult> {
  if (request.signal.aborted) throw cancelled();
  const started = performance.now();
  const kept = new OutputWindow();
  const child = spawn('/bin/sh', ['-c', request.command], {
    cwd: request.workingFolder,
    env: { ...request.environment },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let timedOut = false;
  const killGroup = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // The group is gone already.
    }
  };
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup();
  }, request.timeoutMs);
  request.signal.addEventListener('abort', killGroup);
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      kept.add(chunk);
      request.output(chunk);
    });
    stream.on('error', () => {});
  }
  try {
    const ended = await new Promise<{ exitCode: number | null; signal: string | null }>((resolve, reject) => {
      child.once('error', (cause) =>
        reject(new NovaError('tool.failed', `The command could not be started: ${cause.message}`, { cause })),
      );
      child.once('exit', (exitCode, signal) => {
        const finish = () => resolve({ exitCode, signal });
        killGroup();
        const grace = setTimeout(() => {
          child.stdout.destroy();
          child.stderr.destroy();
          finish();
        }, pipeGraceMs);
        child.once('close', () => {
          clearTimeout(grace);
          finish();
        });
      });
    });
    if (request.signal.aborted) throw cancelled();
    return {
      ...ended,
      timedOut,
      durationMs: performance.now() - started,
      output: kept.bytes(),
      outputBytes: kept.total,
    };
  } finally {
    clearTimeout(timer);
    request.signal.removeEventListener('abort', killGroup);
  }
}

function cancelled(): NovaError {
  return new NovaError('task.cancelled', 'The call was cancelled; its command was ended and the workspace put back.');
}

/** Keeps the head and the tail of a stream of any length in bounded memory. */
class OutputWindow {
  total = 0;
  readonly #head: Buffer[] = [];
  #headSize = 0;
  #tail: Buffer[] = [];
  #tailSize = 0;

  add(chunk: Buffer): void {
    this.total += chunk.length;
    let rest = chunk;
    if (this.#headSize < keptHead) {
      const part = rest.subarray(0, keptHead - this.#headSize);
      this.#head.push(Buffer.from(part));
      this.#headSize += part.length;
      rest = rest.subarray(part.length);
    }
    if (rest.length === 0) return;
    this.#tail.push(Buffer.from(rest));
    this.#tailSize += rest.length;
    if (this.#tailSize > keptTail * 2) this.#trim();
  }

  bytes(): Buffer {
    this.#trim();
    const left = this.total - this.#headSize - this.#tailSize;
    const gap = left > 0 ? [Buffer.from(`\n[… ${left} bytes left out …]\n`)] : [];
    return Buffer.concat([...this.#head, ...gap, ...this.#tail]);
  }

  #trim(): void {
    const joined = Buffer.concat(this.#tail);
    const kept = joined.length > keptTail ? Buffer.from(joined.subarray(joined.length - keptTail)) : joined;
    this.#tail = [kept];
    this.#tailSize = kept.length;
  }
}
