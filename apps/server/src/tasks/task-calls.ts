import {
  branchDeliver,
  type CallContext,
  NovaError,
  type ToolAnswer,
  type ToolManifest,
  taskRelease,
  toNovaError,
} from '@nova/core';
import type { HostLink } from '../fleet/host-link.ts';

/** A call that loses its sandbox this often is not unlucky. */
const mostLosses = 5;
/** For calls that move nothing that a lease guards. */
const withoutLease = 0;
const releaseTimeoutMs = 10_000;

/** How tasks reach their tools: by way of the host, each call told how it ends. */
export class TaskCalls {
  readonly #host: Pick<HostLink, 'call' | 'cancel'>;
  readonly #losses = new Map<string, number>();

  constructor(host: Pick<HostLink, 'call' | 'cancel'>) {
    this.#host = host;
  }

  /** An aborted task ends the call in the host too; a server that merely leaves does not. */
  async call<Input, Output>(
    tool: ToolManifest<Input, Output>,
    input: Input,
    context: CallContext,
  ): Promise<ToolAnswer<Output>> {
    // It takes a moment and cannot be taken back, so it is never left half known.
    if (tool.name === branchDeliver.name) return this.#host.call(tool, input, { ...context, signal: never });
    const ending = new AbortController();
    const left = Promise.withResolvers<never>();
    const stop = () => {
      const reason = toNovaError(context.signal.reason);
      // An abort that reached the host would end the call there: a server that leaves only stops waiting for it.
      if (reason.code === 'ledger.closed') left.reject(reason);
      else ending.abort(reason);
    };
    context.signal.addEventListener('abort', stop, { once: true });
    if (context.signal.aborted) stop();
    try {
      return await Promise.race([left.promise, this.#host.call(tool, input, { ...context, signal: ending.signal })]);
    } catch (thrown) {
      throw this.#lossOf(context.callId, toNovaError(thrown));
    } finally {
      context.signal.removeEventListener('abort', stop);
    }
  }

  /** Ends every sandbox of a task that stops on a failure; what cannot be ended now ends itself without a host. */
  async release(task: string, id: string): Promise<void> {
    const context = { callId: `${task}/release/${id}`, sandbox: null, leaseToken: withoutLease };
    const signal = AbortSignal.timeout(releaseTimeoutMs);
    await this.#host.call(taskRelease, { task }, { ...context, signal }).catch(() => {});
  }

  /** What a call runs ends its own sandbox, again and again: that is an outcome. */
  #lossOf(callId: string, error: NovaError): NovaError {
    if (error.code !== 'sandbox.lost') return error;
    const losses = (this.#losses.get(callId) ?? 0) + 1;
    this.#losses.set(callId, losses);
    if (losses < mostLosses) return error;
    this.#losses.delete(callId);
    return new NovaError(
      'sandbox.limit',
      `The command ended its own sandbox ${losses} times: it kills the process that runs it, or dies with it. Nothing was changed. ` +
        'Run it by hand to see what it ends.',
      { cause: error },
    );
  }
}

const never = new AbortController().signal;
