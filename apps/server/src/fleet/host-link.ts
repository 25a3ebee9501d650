import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type CallContext,
  type DataFolder,
  fromErrorRecord,
  type HostActivity,
  hostActivity,
  hostCallResult,
  hostHelloResult,
  hostOutputResult,
  hostProtocolVersion,
  hostSubjects,
  NovaError,
  type ToolAnswer,
  type ToolManifest,
  toNovaError,
} from '@nova/core';
import { connectMesh, type MeshConnection } from '@nova/messaging';
import { z } from 'zod';

const startTimeoutMs = 20_000;
const outputTimeoutMs = 10_000;
const leaveTimeoutMs = 5_000;
const firstRetryMs = 10;
const longestRetryMs = 200;

/** The server's line to its host daemon: starts it when it is not there, connects again when either side was gone. */
export class HostLink implements AsyncDisposable {
  readonly #folder: DataFolder;
  readonly #entry: string;
  readonly #listeners = new Set<(activity: HostActivity) => void>();
  #connection: Promise<MeshConnection> | null = null;
  #hostPid: number | null = null;

  /** `entry` is the host's main file. */
  constructor(folder: DataFolder, entry: string) {
    this.#folder = folder;
    this.#entry = entry;
  }

  /** Calls a tool by way of the host. A call id that the host knows is attached to, not run again. */
  async call<Input, Output>(
    tool: ToolManifest<Input, Output>,
    input: Input,
    context: CallContext,
  ): Promise<ToolAnswer<Output>> {
    const connection = await this.#connect();
    const params = {
      callId: context.callId,
      tool: tool.name,
      input,
      sandbox: context.sandbox,
      leaseToken: context.leaseToken,
    };
    const answer = await connection.request(hostSubjects.call, params, hostCallResult, context.signal);
    if (!answer.ok) throw fromErrorRecord(answer.error);
    const output = tool.output.safeParse(answer.output);
    if (!output.success) {
      throw new NovaError('mesh.protocol', `The host answered ${tool.name} with something else than its output.`, {
        cause: output.error,
      });
    }
    return { output: output.data, isolation: answer.isolation, memoryKills: answer.memoryKills };
  }

  /** Ends a running call, and every process it started. */
  async cancel(callId: string): Promise<void> {
    const connection = await this.#connect();
    await connection.request(hostSubjects.cancel, { callId }, z.unknown(), new AbortController().signal);
  }

  /**
   * What the commands of a call have printed, from a byte offset; null when no host that is there keeps anything of it. Starts
   * no host.
   */
  async output(callId: string, offset: number, length: number): Promise<{ bytes: Uint8Array; size: number } | null> {
    const connection = await this.#connection?.catch(() => null);
    if (!connection) return null;
    const signal = AbortSignal.timeout(outputTimeoutMs);
    const kept = await connection.request(hostSubjects.output, { callId, offset, length }, hostOutputResult, signal);
    return kept && { bytes: Buffer.from(kept.base64, 'base64'), size: kept.size };
  }

  /** What running calls print and how far they are; passing, never replayed. */
  onActivity(listener: (activity: HostActivity) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A host of an earlier server may be there although this one never needed it.
    const connection = await (this.#connection ?? this.#tryConnect()).catch(() => null);
    const pid = this.#hostPid;
    this.#connection = null;
    if (connection === null) return;
    // The host outlives a dead server on purpose; a server that leaves in good order takes its host along.
    if (pid !== null) signalIfAlive(pid);
    const patience = AbortSignal.timeout(leaveTimeoutMs);
    await Promise.race([connection.closed, once(patience, 'abort')]);
    await connection[Symbol.asyncDispose]();
  }

  #connect(): Promise<MeshConnection> {
    if (this.#connection === null) {
      const opening = this.#open();
      this.#connection = opening;
      const forget = () => {
        if (this.#connection === opening) this.#connection = null;
      };
      opening.then((connection) => connection.closed.then(forget, forget), forget);
    }
    return this.#connection;
  }

  async #open(): Promise<MeshConnection> {
    const deadline = performance.now() + startTimeoutMs;
    let wait = firstRetryMs;
    let started: { readonly exited: Promise<number | null> } | null = null;
    for (;;) {
      const connection = await this.#tryConnect();
      if (connection) return connection;
      if (performance.now() > deadline) {
        throw new NovaError(
          'mesh.unreachable',
          `The host daemon does not answer. Its log is ${this.#folder.logs}/host.log; what was recorded is kept.`,
        );
      }
      started ??= this.#startHost();
      const exit = await Promise.race([started.exited.then((code) => ({ code })), delay(wait).then(() => null)]);
      // A host that found another one on this data folder leaves at once; the other one will answer.
      if (exit !== null) started = null;
      if (exit !== null) await delay(wait);
      wait = Math.min(wait * 2, longestRetryMs);
    }
  }

  async #tryConnect(): Promise<MeshConnection | null> {
    const signal = AbortSignal.timeout(startTimeoutMs);
    let connection: MeshConnection;
    try {
      connection = await connectMesh({ socket: this.#folder.hostSocket, signal });
    } catch (thrown) {
      if (toNovaError(thrown).code === 'mesh.unreachable') return null;
      throw thrown;
    }
    const params = { protocol: hostProtocolVersion };
    const hello = await connection.request(hostSubjects.hello, params, hostHelloResult, signal).catch(() => null);
    if (hello === null) {
      await connection[Symbol.asyncDispose]();
      return null;
    }
    if (hello.protocol !== hostProtocolVersion) {
      await connection[Symbol.asyncDispose]();
      throw new NovaError(
        'mesh.protocol',
        `The running host daemon (process ${hello.pid}) speaks protocol ${hello.protocol}, this server ${hostProtocolVersion}. End it and try again.`,
      );
    }
    this.#hostPid = hello.pid;
    await connection.subscribe(hostSubjects.activity, hostActivity, (activity) => {
      for (const listener of this.#listeners) listener(activity);
    });
    return connection;
  }

  #startHost(): { readonly exited: Promise<number | null> } {
    const log = openSync(`${this.#folder.logs}/host.out`, 'a');
    const child = spawn(process.execPath, [this.#entry], {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, NOVA_HOME: this.#folder.root },
    });
    child.unref();
    const exited = new Promise<number | null>((resolve) => {
      child.once('exit', (code) => resolve(code));
      child.once('error', () => resolve(null));
    });
    return { exited };
  }
}

function signalIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // Gone already: that is what was wanted.
  }
}
