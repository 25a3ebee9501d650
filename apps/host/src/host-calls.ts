import {
  attachmentPrefix,
  type Clock,
  type ErrorCode,
  fromErrorRecord,
  type HostActivity,
  type HostCallParams,
  type HostCallResult,
  hostTools,
  NovaError,
  type RunnerCallResult,
  type SandboxSpec,
  sandboxTools,
  toNovaError,
} from '@nova/core';
import type { SandboxCall, SandboxOutcome } from '@nova/instances';
import { type Blobs, hashJson } from '@nova/messaging';
import { type CallActivity, reportActivity } from './activity.ts';
import type { CallOutputs } from './call-outputs.ts';
import type { CallRecords } from './call-records.ts';

/** What a tool of the host gets beside its parsed input. */
export interface HostToolContext {
  readonly callId: string;
  readonly leaseToken: number;
  readonly signal: AbortSignal;
  readonly activity: CallActivity;
}

/** The host's own tools, by the names of their manifests. */
export type HostToolTable = Readonly<Record<string, (input: unknown, context: HostToolContext) => Promise<unknown>>>;

export interface HostCallsOptions {
  readonly tools: HostToolTable;
  readonly sandboxes: {
    call(spec: SandboxSpec, call: SandboxCall): Promise<SandboxOutcome>;
    forget(spec: SandboxSpec, callId: string): Promise<void>;
  };
  readonly blobs: Blobs;
  readonly records: CallRecords;
  readonly outputs: Pick<CallOutputs, 'sink'>;
  readonly clock: Clock;
  readonly publish: (activity: HostActivity) => void;
  readonly log: (event: string, facts: Readonly<Record<string, unknown>>) => void;
}

/** Says nothing about the call itself, only about the moment: asking again may go well. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'sandbox.lost',
  'sandbox.unavailable',
  'disk.full',
  'task.cancelled',
  'task.paused',
  'internal',
]);

interface RunningCall {
  readonly params: HostCallParams;
  readonly request: string;
  readonly result: Promise<HostCallResult>;
  readonly abort: AbortController;
}

/**
 * Carries out calls, each id once: asking again attaches to what runs or gets the recorded outcome. An outcome is on disk before
 * anybody hears of it.
 */
export class HostCalls {
  readonly #options: HostCallsOptions;
  readonly #running = new Map<string, RunningCall>();

  constructor(options: HostCallsOptions) {
    this.#options = options;
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /** Always resolves with a result; aborting the signal cancels the call for everyone who asked. */
  async call(params: HostCallParams, signal: AbortSignal): Promise<HostCallResult> {
    const { callId } = params;
    const request = hashJson({ tool: params.tool, input: params.input ?? null });
    let running = this.#running.get(callId);
    if (running === undefined) {
      const abort = new AbortController();
      const result = this.#recall(params, request, abort.signal).finally(() => this.#running.delete(callId));
      running = { params, request, result, abort };
      this.#running.set(callId, running);
    } else if (running.request !== request) {
      return failure(inputChanged(callId));
    }
    const { abort, result } = running;
    const cancel = (): void => abort.abort(cancelled());
    if (signal.aborted) cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await result;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  /** Cancels one call; unknown ids are fine. */
  cancel(callId: string): void {
    this.#running.get(callId)?.abort.abort(cancelled());
  }

  /** Cancels every call that runs and is chosen; resolves when they have ended. */
  async cancelAll(chosen: (call: HostCallParams) => boolean): Promise<void> {
    const ending = [...this.#running.values()].filter(({ params }) => chosen(params));
    for (const { params } of ending) this.cancel(params.callId);
    await Promise.all(ending.map(({ result }) => result));
  }

  async #recall(params: HostCallParams, request: string, signal: AbortSignal): Promise<HostCallResult> {
    const { callId, tool } = params;
    const { records, log, clock } = this.#options;
    try {
      const recorded = await records.read(callId);
      if (recorded !== null) {
        if (recorded.request !== request) return failure(inputChanged(callId));
        await this.#forget(params);
        return recorded.result;
      }
      const started = clock.monotonic();
      log('call.started', { callId, tool });
      const result = await this.#carryOut(params, signal);
      const code = result.ok ? null : result.error.code;
      log('call.ended', { callId, tool, code, milliseconds: Math.round(clock.monotonic() - started) });
      if (result.ok || !passing.has(fromErrorRecord(result.error).code)) {
        await records.write({ callId, request, result });
      }
      // What is not recorded may be asked again, and must then run again.
      await this.#forget(params);
      return result;
    } catch (error) {
      log('call.failed', { callId, tool, message: toNovaError(error).message });
      return failure(toNovaError(error));
    }
  }

  async #forget(params: HostCallParams): Promise<void> {
    if (params.sandbox !== null) await this.#options.sandboxes.forget(params.sandbox, params.callId);
  }

  async #carryOut(params: HostCallParams, signal: AbortSignal): Promise<HostCallResult> {
    using activity = reportActivity(params.callId, this.#options.clock, this.#options.publish);
    try {
      if (params.sandbox !== null) return await this.#inSandbox(params, params.sandbox, signal, activity);
      return { ok: true, output: await this.#onHost(params, signal, activity), isolation: null, memoryKills: 0 };
    } catch (error) {
      return failure(signal.aborted ? cancelled() : toNovaError(error, 'tool.failed'));
    }
  }

  async #onHost(params: HostCallParams, signal: AbortSignal, activity: CallActivity): Promise<unknown> {
    const manifest = hostTools.find(({ name }) => name === params.tool);
    const tool = this.#options.tools[params.tool];
    if (manifest === undefined || tool === undefined) throw unknownTool(params.tool);
    const input = manifest.input.safeParse(params.input);
    if (!input.success) {
      throw new NovaError(
        'tool.input',
        `The input of ${params.tool} is not what the tool takes: ${input.error.message}`,
      );
    }
    const output = await tool(input.data, { callId: params.callId, leaseToken: params.leaseToken, signal, activity });
    return manifest.output.parse(output);
  }

  async #inSandbox(
    params: HostCallParams,
    spec: SandboxSpec,
    signal: AbortSignal,
    activity: CallActivity,
  ): Promise<HostCallResult> {
    const { callId, tool, input } = params;
    if (!sandboxTools.some(({ name }) => name === tool)) throw unknownTool(tool);
    const sink = this.#options.outputs.sink(callId);
    const news: SandboxCall['news'] = {
      output: (_, bytes) => {
        activity.output(bytes.length);
        sink.write(bytes);
      },
      progress: (_, message, done, total) => activity.progress(message, done, total),
    };
    try {
      const outcome = await this.#options.sandboxes.call(spec, { callId, tool, input, signal, news });
      const { result, isolation, memoryKills } = outcome;
      if (!result.ok) return result;
      return { ok: true, output: await this.#storeAttachments(result), isolation, memoryKills };
    } finally {
      await sink.close();
    }
  }

  /** Puts file-sized parts into the blobs and their hashes in the place of their names. */
  async #storeAttachments(result: Extract<RunnerCallResult, { ok: true }>): Promise<unknown> {
    const hashes = new Map<string, string>();
    for (const [name, base64] of Object.entries(result.attachments)) {
      hashes.set(`${attachmentPrefix}${name}`, await this.#options.blobs.put(Buffer.from(base64, 'base64')));
    }
    return replaceStrings(result.output, hashes);
  }
}

function replaceStrings(value: unknown, replacements: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return replacements.get(value) ?? value;
  if (Array.isArray(value)) return value.map((inner) => replaceStrings(inner, replacements));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaceStrings(inner, replacements)]));
}

function failure(error: NovaError): HostCallResult {
  return { ok: false, error: error.toRecord() };
}

function cancelled(): NovaError {
  return new NovaError('task.cancelled', 'The call was cancelled; its commands were ended. Resume to run it again.');
}

function inputChanged(callId: string): NovaError {
  return new NovaError(
    'journal.input_changed',
    `The call ${callId} was made before with another input; its outcome is kept. Use a new call id.`,
  );
}

function unknownTool(name: string): NovaError {
  return new NovaError(
    'tool.unknown',
    `There is no tool "${name}" there. Host and server must be of one version of Nova.`,
  );
}
