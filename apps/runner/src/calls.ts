import type { CodeTool, ToolContext } from '@nova/code';
import {
  attachmentPrefix,
  NovaError,
  outputForwardBytes,
  type RunnerCallResult,
  sandboxTools,
  toNovaError,
} from '@nova/core';

/** What a running call says before it ends. */
export interface CallNews {
  output(callId: string, bytes: Uint8Array): void;
  progress(callId: string, message: string, done: number, total: number | null): void;
}

export interface CallsOptions {
  readonly tools: Readonly<Record<string, CodeTool>>;
  readonly place: Pick<ToolContext, 'workspace' | 'commit' | 'scratch' | 'environment'>;
  readonly news: CallNews;
  /** Ends what commands left running and removes what they left lying; resolves to the command lines of what it ended. */
  readonly settle: () => Promise<readonly string[]>;
}

/** More of what a call left running is ended, but not named. */
const namedAtMost = 10;

interface Call {
  readonly outcome: Promise<RunnerCallResult>;
  readonly abort: AbortController;
}

/**
 * The calls of one runner by call id. A workspace has one writer, so calls run one after another. An outcome is kept until it
 * is forgotten; asking again attaches to it.
 */
export class Calls {
  readonly #options: CallsOptions;
  readonly #calls = new Map<string, Call>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  get ids(): string[] {
    return [...this.#calls.keys()];
  }

  run(callId: string, tool: string, input: unknown): Promise<RunnerCallResult> {
    const known = this.#calls.get(callId);
    if (known !== undefined) return known.outcome;
    const abort = new AbortController();
    const outcome = this.#last.then(() => this.#carryOut(callId, tool, input, abort.signal));
    this.#last = outcome;
    this.#calls.set(callId, { outcome, abort });
    return outcome;
  }

  cancel(callId: string): void {
    this.#calls.get(callId)?.abort.abort(cancelled());
  }

  cancelAll(): void {
    for (const callId of this.#calls.keys()) this.cancel(callId);
  }

  forget(callId: string): void {
    this.#calls.delete(callId);
  }

  async #carryOut(callId: string, name: string, input: unknown, signal: AbortSignal): Promise<RunnerCallResult> {
    const result = await this.#work(callId, name, input, signal);
    try {
      await this.#options.settle();
      return result;
    } catch (error) {
      return result.ok ? { ok: false, error: toNovaError(error, 'tool.failed').toRecord() } : result;
    }
  }

  async #work(callId: string, name: string, input: unknown, signal: AbortSignal): Promise<RunnerCallResult> {
    try {
      signal.throwIfAborted();
      const manifest = sandboxTools.find((tool) => tool.name === name);
      const tool = this.#options.tools[name];
      if (manifest === undefined || tool === undefined) {
        throw new NovaError(
          'tool.unknown',
          `This runner has no tool "${name}". Host and runner must be of one version.`,
        );
      }
      const parsed = manifest.input.safeParse(input);
      if (!parsed.success) {
        throw new NovaError('tool.input', `The input of ${name} is not what the tool takes: ${parsed.error.message}`);
      }
      const attachments: Record<string, string> = {};
      const output = await tool(parsed.data, this.#contextOf(callId, signal, attachments));
      signal.throwIfAborted();
      const checked = manifest.output.safeParse(output);
      if (!checked.success) {
        throw new NovaError(
          'tool.failed',
          `${name} returned something else than it declares: ${checked.error.message}`,
        );
      }
      return { ok: true, output: checked.data, attachments };
    } catch (error) {
      // An aborted command fails in its own way first; the reason is what counts.
      return { ok: false, error: (signal.aborted ? cancelled() : toNovaError(error, 'tool.failed')).toRecord() };
    }
  }

  #contextOf(callId: string, signal: AbortSignal, attachments: Record<string, string>): ToolContext {
    let forwarded = 0;
    const ended: string[] = [];
    return {
      ...this.#options.place,
      environment: { ...this.#options.place.environment },
      signal,
      progress: (message, done, total) => this.#options.news.progress(callId, message, done, total),
      output: (bytes) => {
        const room = Math.max(0, outputForwardBytes - forwarded);
        forwarded += bytes.length;
        if (room > 0) this.#options.news.output(callId, bytes.subarray(0, room));
      },
      settle: async () => {
        ended.push(...(await this.#options.settle()));
        return ended.slice(0, namedAtMost);
      },
      attach: (name, bytes) => {
        attachments[name] = Buffer.from(bytes).toString('base64');
        return `${attachmentPrefix}${name}`;
      },
    };
  }
}

function cancelled(): NovaError {
  return new NovaError('task.cancelled', 'The call was cancelled; its commands were ended.');
}
