import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type DataFolder,
  dataFolder,
  type HostActivity,
  type HostCallResult,
  hostActivity,
  hostCallResult,
  hostOutputResult,
  hostSubjects,
  type SandboxDriverName,
  type SandboxSpec,
  testsRun,
  workspaceCapture,
} from '@nova/core';
import { connectMesh, type MeshConnection } from '@nova/messaging';
import { z } from 'zod';

const never = new AbortController().signal;
const tinyHost = fileURLToPath(new URL('./fixtures/tiny-host.ts', import.meta.url));

/** A real host daemon on a data folder of its own, and a repository to work on. Names hold a space and a newline. */
export class HostTrial implements AsyncDisposable {
  readonly root = mkdtempSync(join(tmpdir(), 'nova host\n'));
  readonly folder: DataFolder;
  readonly activities: HostActivity[] = [];
  readonly #driver: SandboxDriverName;
  readonly #repository: string;
  #spec: Pick<SandboxSpec, 'mirror' | 'commit'> | null = null;
  #host: ChildProcess | null = null;
  #mesh: MeshConnection | null = null;

  constructor(driver: SandboxDriverName) {
    this.#driver = driver;
    this.folder = dataFolder({
      env: { NOVA_HOME: join(this.root, 'd') },
      home: '/',
      userId: process.getuid?.() ?? 0,
      temporary: this.root,
    });
    this.#repository = join(this.root, 'the repository');
    mkdirSync(this.#repository);
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@localhost', ...args], { cwd: this.#repository });
    git('init', '-q');
    writeFileSync(join(this.#repository, 'file'), 'content');
    git('add', '.');
    git('commit', '-qm', 'first');
  }

  /** Starts the daemon and connects to it; resolves with its exit code when it ends at once. */
  async start(environment: Record<string, string> = {}): Promise<number | null> {
    const host = spawn(process.execPath, [tinyHost], {
      env: { ...process.env, NOVA_HOME: this.folder.root, ...environment },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [first] = await Promise.race([once(host.stdout, 'data'), once(host, 'exit')]);
    if (typeof first === 'number') return first;
    this.#host = host;
    this.#mesh = await connectMesh({ socket: this.folder.hostSocket, signal: never });
    await this.#mesh.subscribe(hostSubjects.activity, hostActivity, (activity) => this.activities.push(activity));
    return null;
  }

  get pid(): number {
    return this.#host?.pid ?? 0;
  }

  async disconnect(): Promise<void> {
    await this.#mesh?.[Symbol.asyncDispose]();
    this.#mesh = null;
  }

  /** Resolves with the daemon's exit code or signal. */
  async end(signal: NodeJS.Signals | null = 'SIGTERM'): Promise<unknown> {
    const host = this.#host;
    if (host === null) return null;
    const exit =
      host.exitCode === null && host.signalCode === null ? once(host, 'exit') : Promise.resolve([host.exitCode]);
    if (signal !== null) host.kill(signal);
    const [code, name] = await exit;
    this.#host = null;
    await this.disconnect();
    return code ?? name;
  }

  async request(
    callId: string,
    tool: string,
    input: unknown,
    sandbox: SandboxSpec | null,
    signal = never,
  ): Promise<HostCallResult> {
    if (this.#mesh === null) throw new Error('not connected');
    return this.#mesh.request(
      hostSubjects.call,
      { callId, tool, input, sandbox, leaseToken: 1 },
      hostCallResult,
      signal,
    );
  }

  async cancel(callId: string): Promise<void> {
    await this.#mesh?.request(hostSubjects.cancel, { callId }, z.unknown(), never);
  }

  /** What a call has printed from an offset on, and how much there is. */
  async output(callId: string, offset: number): Promise<{ text: string; size: number } | null> {
    if (this.#mesh === null) throw new Error('not connected');
    const params = { callId, offset, length: 1000 };
    const kept = await this.#mesh.request(hostSubjects.output, params, hostOutputResult, never);
    return kept && { text: Buffer.from(kept.base64, 'base64').toString(), size: kept.size };
  }

  async spec(change: Partial<SandboxSpec> = {}): Promise<SandboxSpec> {
    this.#spec ??= await (async () => {
      const answer = await this.request(
        'T1/1/intake/capture/0',
        workspaceCapture.name,
        { task: 'T1', repository: this.#repository },
        null,
      );
      if (!answer.ok) throw new Error(answer.error.message);
      return workspaceCapture.output.parse(answer.output);
    })();
    return {
      id: 'work',
      task: 'T1',
      role: 'work',
      mirror: this.#spec.mirror,
      commit: this.#spec.commit,
      environment: null,
      path: this.#repository,
      driver: this.#driver,
      limits: { memoryBytes: 512 * 1024 * 1024, processes: 128, callSeconds: 120 },
      ...change,
    };
  }

  /** Runs a shell command in a sandbox, by way of the host's socket. */
  async run(
    callId: string,
    command: string,
    change: Partial<SandboxSpec> = {},
    signal = never,
  ): Promise<HostCallResult> {
    return this.request(callId, testsRun.name, { command, timeoutSeconds: 100 }, await this.spec(change), signal);
  }

  /** The clone of a sandbox, as the host sees it. */
  workspace(id = 'work'): string {
    return join(this.folder.instances, 'T1', id, 'workspace');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.#mesh === null && this.#host === null) await this.start();
      const patience = AbortSignal.timeout(60_000);
      await this.request('T1/end/release/release/0', 'task.release', { task: 'T1' }, null, patience);
      await this.end();
    } finally {
      // A daemon that is still there would keep this test file from ever ending.
      await this.end('SIGKILL');
    }
    rmSync(this.root, { recursive: true });
  }
}

/** Host pids of processes that carry this text in their command line. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc').flatMap((entry) => {
    try {
      const zombie = / [ZX] /.test(readFileSync(`/proc/${Number(entry)}/stat`, 'utf8').replace(/.*\)/s, ''));
      return !zombie && readFileSync(`/proc/${Number(entry)}/cmdline`, 'utf8').includes(text) ? [Number(entry)] : [];
    } catch {
      return [];
    }
  });
}

/** Resolves once `look` is true; what it waits for may have failed long ago, so it gives up in the end. */
export async function until(look: () => boolean | Promise<boolean>): Promise<void> {
  for (let waits = 0; !(await look()); waits += 1) {
    if (waits > 6000) throw new Error(`What the test waits for never came: ${look}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
