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
  /** Ends what left the command's process group, and removes what the command left in temporary folders. */
  settle(): Promise<unknown>;
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
 * shell each end the whole group and settle what left it, so nothing of the command outlives it. Rejects with
 * `task.cancelled` when aborted, with `tool.failed` when the shell cannot be started, and with what settling rejects with.
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
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  try {
    const ended = await new Promise<{ exitCode: number | null; signal: string | null }>((resolve, reject) => {
      child.once('error', (cause) =>
        reject(new NovaError('tool.failed', `The command could not be started: ${cause.message}`, { cause })),
      );
      child.once('exit', (exitCode, signal) => {
        clearTimeout(timer);
        resolve({ exitCode, signal });
      });
    });
    const durationMs = performance.now() - started;
    killGroup();
    // What left the group may hold the pipes open, so it is ended before they are waited for.
    await request.settle();
    const grace = setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, pipeGraceMs);
    await closed;
    clearTimeout(grace);
    if (request.signal.aborted) throw cancelled();
    return {
      ...ended,
      timedOut,
      durationMs,
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
