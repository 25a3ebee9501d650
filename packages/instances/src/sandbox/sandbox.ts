import { type Isolation, NovaError, type RunnerCallResult, type SandboxSpec } from '@nova/core';
import type { SandboxProcess } from './driver.ts';
import type { SandboxFolder } from './layout.ts';
import { connectRunner, type RunnerClient, RunnerGone, type RunnerNews } from './runner-client.ts';
import type { RunnerKey } from './runner-key.ts';

/** One tool call inside a sandbox, and who hears how it goes. */
export interface SandboxCall {
  readonly callId: string;
  readonly tool: string;
  readonly input: unknown;
  readonly signal: AbortSignal;
  readonly news: RunnerNews;
}

/** How a call ended, and how often during it the kernel ended a process because the sandbox's memory ran out. */
export interface CallOutcome {
  readonly result: RunnerCallResult;
  readonly memoryKills: number;
}

/** How long a runner may take from its start to its first answer; a busy machine is slow. */
const startSeconds = 60;
/** How long a cancelled call may take to end its commands before the whole sandbox is ended. */
const obeySeconds = 10;

/** One living sandbox with the line to its runner. */
export class Sandbox {
  readonly spec: SandboxSpec;
  readonly #folder: SandboxFolder;
  readonly #process: SandboxProcess;
  readonly #news = new Map<string, RunnerNews>();
  #client: RunnerClient;
  #last: Promise<unknown> = Promise.resolve();
  #over = false;

  /** Waits until the runner answers. Rejects with `RunnerGone` when it ends or stays silent. */
  static async open(
    spec: SandboxSpec,
    folder: SandboxFolder,
    process: SandboxProcess,
    key: RunnerKey,
  ): Promise<Sandbox> {
    const news = new Map<string, RunnerNews>();
    const client = await connectWhenReady(folder.socket, key, process, relay(news));
    return new Sandbox(spec, folder, process, client, news);
  }

  private constructor(
    spec: SandboxSpec,
    folder: SandboxFolder,
    process: SandboxProcess,
    client: RunnerClient,
    news: Map<string, RunnerNews>,
  ) {
    this.spec = spec;
    this.#folder = folder;
    this.#process = process;
    this.#client = client;
    this.#news = news;
    void process.ended.then(() => {
      this.#over = true;
      this.#client[Symbol.dispose]();
    });
  }

  get isolation(): Isolation {
    return this.#process.isolation;
  }

  /** What a later host needs to find the runner again. */
  get key(): RunnerKey {
    return this.#client.key;
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** Calls of one sandbox run one after another: its workspace has one writer. */
  call(call: SandboxCall): Promise<CallOutcome> {
    const turn = this.#last.then(() => this.#carryOut(call));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async forget(callId: string): Promise<void> {
    await this.#client.forget(callId).catch(() => {});
  }

  /** Ends every process of the sandbox. */
  async end(): Promise<void> {
    this.#over = true;
    await this.#process.end();
  }

  detach(): void {
    this.#client[Symbol.dispose]();
  }

  async #carryOut(call: SandboxCall): Promise<CallOutcome> {
    call.signal.throwIfAborted();
    const killsBefore = await this.#process.memoryKills();
    let stopped: NovaError | null = null;
    let obey: NodeJS.Timeout | undefined;
    const stop = (reason: NovaError): void => {
      stopped ??= reason;
      this.#client.cancel(call.callId).catch(() => {});
      obey ??= setTimeout(() => void this.end(), obeySeconds * 1000);
    };
    const seconds = this.spec.limits.callSeconds;
    const wall = setTimeout(() => stop(outOfTime(call.tool, seconds)), seconds * 1000);
    const onAbort = (): void =>
      stop(new NovaError('task.cancelled', 'The call was cancelled; its commands were ended.'));
    call.signal.addEventListener('abort', onAbort);
    this.#news.set(call.callId, call.news);
    try {
      const result = await this.#attach(call);
      const memoryKills = Math.max(0, (await this.#process.memoryKills()) - killsBefore);
      if (result.ok) {
        // The tool has dealt with its command's end; people should know what caused it.
        if (memoryKills > 0) call.news.progress(call.callId, 'a command needed more memory than it may use', 0, null);
        return { result, memoryKills };
      }
      if (stopped !== null) throw stopped;
      if (memoryKills > 0) throw outOfMemory(this.spec.limits.memoryBytes);
      return { result, memoryKills };
    } catch (error) {
      throw stopped ?? error;
    } finally {
      clearTimeout(wall);
      clearTimeout(obey);
      call.signal.removeEventListener('abort', onAbort);
      this.#news.delete(call.callId);
    }
  }

  /** Asks for the outcome; when the line breaks while the runner lives, asks again over a new one. */
  async #attach(call: SandboxCall): Promise<RunnerCallResult> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#client.call(call.callId, call.tool, call.input);
      } catch (error) {
        if (!(error instanceof RunnerGone)) throw error;
        const end = await Promise.race([this.#process.ended, pause(attempt === 0 ? 100 : 1000)]);
        if (end?.limit === 'memory') throw outOfMemory(this.spec.limits.memoryBytes);
        if (end !== null || attempt === 3) {
          await this.end();
          throw new NovaError(
            'sandbox.lost',
            'The sandbox ended while a call ran in it; nothing of the call was kept. The same call makes a fresh sandbox.',
            { cause: error },
          );
        }
        this.#client = await connectRunner(this.#folder.socket, this.key, relay(this.#news)).catch(() => this.#client);
      }
    }
  }
}

/** News goes to whoever asked for the call; that of others, from before a host's death, to nobody. */
function relay(news: ReadonlyMap<string, RunnerNews>): RunnerNews {
  return {
    output: (callId, bytes) => news.get(callId)?.output(callId, bytes),
    progress: (callId, message, done, total) => news.get(callId)?.progress(callId, message, done, total),
  };
}

async function connectWhenReady(
  socket: string,
  key: RunnerKey,
  process: SandboxProcess,
  news: RunnerNews,
): Promise<RunnerClient> {
  const until = performance.now() + startSeconds * 1000;
  for (;;) {
    try {
      return await connectRunner(socket, key, news);
    } catch (error) {
      if (!(error instanceof RunnerGone) || performance.now() > until) throw error;
      const end = await Promise.race([process.ended, pause(20)]);
      if (end !== null) throw error;
    }
  }
}

function pause(milliseconds: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), milliseconds));
}

function outOfTime(tool: string, seconds: number): NovaError {
  return new NovaError(
    'sandbox.limit',
    `${tool} took longer than ${seconds} seconds and was ended. Raise the limit, or make the command faster.`,
    { details: { limit: 'wall-time', seconds } },
  );
}

function outOfMemory(bytes: number): NovaError {
  return new NovaError(
    'sandbox.limit',
    `The commands needed more than the ${Math.round(bytes / 1048576)} MiB of memory that the sandbox may use, and the kernel ended them. Allow more with --memory, or make them need less.`,
    { details: { limit: 'memory', bytes } },
  );
}
