import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Isolation,
  NovaError,
  type SandboxDriverName,
  type SandboxSpec,
  sandboxSpecSchema,
  toNovaError,
} from '@nova/core';
import type { EnvironmentMounts, MountOptions } from '../environment/environment-mounts.ts';
import { readIfThere, writeWhole } from '../supervision/atomic-file.ts';
import { removeTree } from '../supervision/remove-tree.ts';
import { type SandboxDriver, type SandboxProcess, wasKilled } from './driver.ts';
import {
  driverId,
  fileName,
  fixedMounts,
  layOut,
  makeFolders,
  type SandboxFolder,
  sandboxFolder,
  workspaceInside,
} from './layout.ts';
import { RunnerGone } from './runner-client.ts';
import { createRunnerKey, type RunnerKey, readRunnerKey, saveRunnerKey, secretHash } from './runner-key.ts';
import { type CallOutcome, Sandbox, type SandboxCall } from './sandbox.ts';
import type { Toolchain } from './toolchain.ts';

/** What the sandboxes of one host need from the rest of it. */
export interface SandboxesOptions {
  /** Folder of all sandboxes. */
  readonly folder: string;
  readonly drivers: Readonly<Record<SandboxDriverName, SandboxDriver>>;
  /** Makes a clone of the commit in a folder that does not exist yet. */
  readonly createClone: (request: { mirror: string; commit: string; folder: string }) => Promise<unknown>;
  /** Host folder of the objects that clones of this mirror borrow. */
  readonly mirrorObjects: (mirror: string) => string | Promise<string>;
  readonly environmentMounts: (key: string, request: MountOptions) => Promise<EnvironmentMounts>;
  readonly toolchain: () => Promise<Toolchain>;
  /** Nova's own installation on this machine. */
  readonly installation: string;
  /** Path of the runner's entry inside the installation. */
  readonly runnerEntry: string;
  readonly hostPath: string;
  readonly hostNode: string;
  readonly locale: Readonly<Record<string, string>>;
}

export type SandboxOutcome = CallOutcome & { readonly isolation: Isolation };

/** All sandboxes of a host: made on first use, found again after the host's death, ended with their task. */
export class Sandboxes {
  readonly #options: SandboxesOptions;
  readonly #sandboxes = new Map<string, Promise<Sandbox>>();

  constructor(options: SandboxesOptions) {
    this.#options = options;
  }

  /** The living sandbox of this description, or a fresh one from the same tree. */
  ensure(spec: SandboxSpec): Promise<Sandbox> {
    const key = driverId(spec);
    const earlier = this.#sandboxes.get(key);
    const sandbox = (async () => {
      const known = await earlier?.catch(() => null);
      if (known && !known.isOver && sameSpec(known.spec, spec)) return known;
      await known?.end();
      return (await this.#adopt(spec)) ?? (await this.#make(spec));
    })();
    this.#sandboxes.set(key, sandbox);
    sandbox.catch(() => {
      if (this.#sandboxes.get(key) === sandbox) this.#sandboxes.delete(key);
    });
    return sandbox;
  }

  /**
   * Carries out one call. A call that runs already, or ended and was not forgotten, is attached to. Rejects with
   * `sandbox.lost` when the runner died, `sandbox.limit` when a limit ended the call, `task.cancelled`.
   */
  async call(spec: SandboxSpec, call: SandboxCall): Promise<SandboxOutcome> {
    const sandbox = await unlessAborted(this.ensure(spec), call.signal);
    return { ...(await sandbox.call(call)), isolation: sandbox.isolation };
  }

  /** The outcome is recorded elsewhere; the runner may drop it. */
  async forget(spec: SandboxSpec, callId: string): Promise<void> {
    const sandbox = await this.#sandboxes.get(driverId(spec))?.catch(() => null);
    await sandbox?.forget(callId);
  }

  /** Ends every sandbox of a task and removes its folders. Returns how many there were. */
  async release(task: string): Promise<number> {
    for (const [key, pending] of this.#sandboxes) {
      const sandbox = await pending.catch(() => null);
      if (sandbox?.spec.task !== task) continue;
      await sandbox.end();
      this.#sandboxes.delete(key);
    }
    const folder = join(this.#options.folder, fileName(task));
    const names = await foldersIn(folder);
    for (const name of names) {
      const spec = await recordedSpec(join(folder, name, 'record.json'));
      if (spec !== null) await this.#endProcesses(spec);
    }
    await removeTree(folder);
    return names.length;
  }

  /**
   * To be called when the host starts: removes what was cut short or has died. Living sandboxes stay as they are and are
   * adopted when a call names them. Returns how many were removed.
   */
  async sweep(): Promise<number> {
    let removed = 0;
    for (const task of await foldersIn(this.#options.folder)) {
      const folder = join(this.#options.folder, task);
      for (const name of await foldersIn(folder)) {
        const spec = await recordedSpec(join(folder, name, 'record.json'));
        const alive = spec !== null && (await this.#options.drivers[spec.driver].adopt(driverId(spec))) !== null;
        if (alive) continue;
        await removeTree(join(folder, name));
        removed += 1;
      }
    }
    return removed;
  }

  /** Lets go of the lines to all runners; the sandboxes live on for a later host. */
  async detach(): Promise<void> {
    for (const pending of this.#sandboxes.values()) (await pending.catch(() => null))?.detach();
    this.#sandboxes.clear();
  }

  async #adopt(spec: SandboxSpec): Promise<Sandbox | null> {
    const folder = sandboxFolder(this.#options.folder, spec.task, spec.id);
    const recorded = await recordedSpec(folder.record);
    if (recorded === null || !sameSpec(recorded, spec)) return null;
    const process = await this.#options.drivers[spec.driver].adopt(driverId(spec));
    if (process === null) return null;
    try {
      const key = await readRunnerKey(folder.runnerKey);
      if (key === null) throw new RunnerGone('The key to the runner was not kept.');
      return await Sandbox.open(spec, folder, process, key);
    } catch {
      await process.end();
      return null;
    }
  }

  async #make(spec: SandboxSpec): Promise<Sandbox> {
    const options = this.#options;
    const driver = options.drivers[spec.driver];
    const folder = sandboxFolder(options.folder, spec.task, spec.id);
    const reason = await driver.unavailable();
    if (reason !== null) throw new NovaError('sandbox.unavailable', reason);
    await this.#endProcesses(spec);
    await removeTree(folder.root);
    let process: SandboxProcess | null = null;
    try {
      for (const path of [folder.run, folder.scratch]) await mkdir(path, { recursive: true, mode: 0o700 });
      // With the record on disk first, a later host knows which driver to ask about leftovers.
      await writeWhole(folder.record, JSON.stringify(spec));
      await options.createClone({ mirror: spec.mirror, commit: spec.commit, folder: folder.workspace });
      const key = createRunnerKey();
      await saveRunnerKey(folder.runnerKey, key);
      process = await driver.start(await this.#layOut(spec, folder, driver.traits.isolates, key));
      const sandbox = await Sandbox.open(spec, folder, process, key);
      await saveRunnerKey(folder.runnerKey, sandbox.key);
      return sandbox;
    } catch (error) {
      const end = await Promise.race([process?.ended, null]);
      await process?.end();
      const log = await readIfThere(folder.log).catch(() => null);
      await removeTree(folder.root).catch(() => {});
      if (!(error instanceof RunnerGone)) throw toNovaError(error, 'sandbox.unavailable');
      if (end && wasKilled(end) && end.limit === null) {
        throw new NovaError(
          'sandbox.lost',
          'The sandbox was killed while its runner started; nothing of it is left. The same call makes a fresh sandbox.',
          { cause: error },
        );
      }
      throw new NovaError(
        'sandbox.unavailable',
        `The runner did not start in its sandbox. ${log?.trim().slice(-2000) ?? ''} Nothing of it is left; try again.`,
        { cause: error },
      );
    }
  }

  async #layOut(spec: SandboxSpec, folder: SandboxFolder, isolates: boolean, key: RunnerKey) {
    const options = this.#options;
    const toolchain = await options.toolchain();
    const mirrorObjects = await options.mirrorObjects(spec.mirror);
    const fixed = fixedMounts({ installation: options.installation, toolchain, mirrorObjects, folder });
    const workspace = workspaceInside(spec, isolates, folder, fixed);
    const environment: EnvironmentMounts =
      spec.environment === null
        ? { mounts: [], variables: {}, pathEntries: [], links: [] }
        : await options.environmentMounts(spec.environment, {
            workspacePath: workspace,
            isolated: isolates,
            scratch: folder.caches,
          });
    await makeFolders(folder, isolates, workspace, environment);
    return layOut({
      ...options,
      spec,
      folder,
      isolates,
      toolchain,
      fixed,
      workspace,
      environment,
      secretHash: secretHash(key),
    });
  }

  async #endProcesses(spec: SandboxSpec): Promise<void> {
    for (const driver of Object.values(this.#options.drivers)) {
      const process = await driver.adopt(driverId(spec));
      await process?.end();
    }
  }
}

/** Others may wait for the same thing, so it goes on when one of them gives up. */
async function unlessAborted<Value>(value: Promise<Value>, signal: AbortSignal): Promise<Value> {
  value.catch(() => {});
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([value, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function sameSpec(one: SandboxSpec, other: SandboxSpec): boolean {
  return JSON.stringify(sandboxSpecSchema.parse(one)) === JSON.stringify(sandboxSpecSchema.parse(other));
}

async function recordedSpec(path: string): Promise<SandboxSpec | null> {
  const text = await readIfThere(path);
  if (text === null) return null;
  try {
    return sandboxSpecSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
