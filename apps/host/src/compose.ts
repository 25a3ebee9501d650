import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  type Clock,
  type DataFolder,
  hostCallParams,
  hostCancelParams,
  hostOutputParams,
  hostProtocolVersion,
  hostSubjects,
  NovaError,
  toNovaError,
} from '@nova/core';
import {
  createBubblewrapDriver,
  createEnvironments,
  createPlainDriver,
  createWorkspaces,
  findToolchain,
  gitCommitFiles,
  identify,
  installationTarget,
  Sandboxes,
  type Toolchain,
  writeWhole,
} from '@nova/instances';
import { meshHandler, openFolderBlobs, serveMesh } from '@nova/messaging';
import { CallOutputs } from './call-outputs.ts';
import { CallRecords, taskOf } from './call-records.ts';
import { HostCalls } from './host-calls.ts';
import { createHostTools } from './host-tools.ts';
import { type Log, openLog } from './log.ts';

export interface HostOptions {
  readonly folder: DataFolder;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly clock: Clock;
  /** Path of the runner's entry inside the installation; another one is for trials. */
  readonly runnerEntry?: string;
  /** How long it stays without a caller and without work, in seconds. */
  readonly idleSeconds?: number;
}

export interface Host {
  /** Resolves when nobody was connected and nothing ran for long enough. */
  readonly idle: Promise<void>;
  /** Lets go of everything; sandboxes live on for a later host until their runners miss one. */
  stop(reason: string): Promise<void>;
}

/** How long the host's own work may take to end when it is asked to stop. */
const stopSeconds = 5;

const installation = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** Wires the daemon of one data folder. Rejects with `mesh.unreachable` when one runs there already. */
export async function startHost(options: HostOptions): Promise<Host> {
  const { folder, clock, environment } = options;
  const log = openLog(join(folder.logs, 'host.log'), clock);
  const outputs = new CallOutputs(join(folder.root, 'outputs'));
  const ready = Promise.withResolvers<HostCalls>();
  ready.promise.catch(() => {});
  // The socket is the claim to this data folder: only who holds it may sweep. Calls wait until that is done.
  const mesh = await serveMesh({
    socket: folder.hostSocket,
    handlers: {
      [hostSubjects.hello]: async () => {
        await ready.promise;
        return { protocol: hostProtocolVersion, pid: process.pid };
      },
      [hostSubjects.call]: meshHandler(hostCallParams, async (params, { signal }) =>
        (await ready.promise).call({ ...params, input: params.input }, signal),
      ),
      [hostSubjects.output]: meshHandler(hostOutputParams, ({ callId, offset, length }) =>
        outputs.read(callId, offset, length),
      ),
      [hostSubjects.cancel]: meshHandler(hostCancelParams, async ({ callId }) => {
        (await ready.promise).cancel(callId);
        return null;
      }),
    },
  }).catch((error: unknown) => {
    throw alreadyThere(folder, error);
  });
  try {
    const parts = await openParts(options);
    const records = new CallRecords(join(folder.root, 'calls'));
    const calls: HostCalls = new HostCalls({
      tools: createHostTools({
        ...parts,
        records,
        outputs,
        cancelCalls: (task, except) => calls.cancelAll(({ callId }) => callId !== except && taskOf(callId) === task),
      }),
      sandboxes: parts.sandboxes,
      blobs: parts.blobs,
      records,
      outputs,
      clock,
      publish: (activity) => mesh.publish(hostSubjects.activity, activity),
      log,
    });
    const swept = await sweep(parts, log);
    await writeWhole(join(folder.run, 'host.pid'), JSON.stringify(identify(process.pid)));
    log('host.started', { pid: process.pid, swept, path: environment['PATH'] });
    ready.resolve(calls);
    const idle = watchIdle(() => mesh.connections > 0 || calls.runningCount > 0, options.idleSeconds ?? 60);
    return {
      idle: idle.promise,
      async stop(reason) {
        log('host.stopping', { reason, running: calls.runningCount });
        idle[Symbol.dispose]();
        // What runs in sandboxes can be attached to again; what the host does itself cannot outlive it.
        await Promise.race([calls.cancelAll(({ sandbox }) => sandbox === null), delay(stopSeconds * 1000)]);
        await parts.sandboxes.detach();
        await mesh[Symbol.asyncDispose]();
        log('host.stopped', { reason });
      },
    };
  } catch (error) {
    ready.reject(error);
    await mesh[Symbol.asyncDispose]();
    log('host.failed', { message: toNovaError(error).message });
    throw error;
  }
}

/** Clears what killed work left. A part that cannot be cleared now is logged; it stops nobody's work. */
async function sweep(
  { sandboxes, workspaces, environments }: Awaited<ReturnType<typeof openParts>>,
  log: Log,
): Promise<Record<string, number | null>> {
  const work = {
    sandboxes: async () => sandboxes.sweep(),
    workspaces: async () => workspaces.sweep(new AbortController().signal),
    environments: async () => environments.sweep(),
  };
  const swept: Record<string, number | null> = {};
  for (const [part, clear] of Object.entries(work)) {
    swept[part] = await clear().catch((error: unknown) => {
      log('sweep.failed', { part, message: toNovaError(error).message });
      return null;
    });
  }
  return swept;
}

async function openParts({ folder, environment, home, clock, runnerEntry }: HostOptions) {
  for (const path of [folder.root, folder.instances, folder.run]) await mkdir(path, { recursive: true, mode: 0o700 });
  const blobs = await openFolderBlobs(folder.blobs);
  const workspaces = createWorkspaces({ mirrors: folder.mirrors, blobs, clock });
  const records = join(folder.root, 'sandboxes');
  const drivers = {
    bubblewrap: createBubblewrapDriver({ records: join(records, 'bubblewrap') }),
    none: createPlainDriver({ records: join(records, 'none') }),
  };
  const path = environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
  const commitFiles = gitCommitFiles(folder.mirrors);
  const environments = createEnvironments({
    folder: folder.environments,
    run: folder.run,
    commitFiles: {
      read: (mirror, commit, path) => commitFiles.read(basename(mirror, '.git'), commit, path),
      list: (mirror, commit) => commitFiles.list(basename(mirror, '.git'), commit),
    },
    drivers,
    blobs,
    clock,
    surroundings: { env: environment, home },
  });
  let toolchain: Promise<Toolchain> | undefined;
  const sandboxes = new Sandboxes({
    folder: folder.instances,
    drivers,
    createClone: (request) => workspaces.createClone({ ...request, signal: new AbortController().signal }),
    mirrorObjects: (mirror) => workspaces.mirrorObjects(mirror),
    environmentMounts: (key, request) => environments.mounts(key, request),
    toolchain: () => {
      toolchain ??= findToolchain({
        path,
        home,
        novaNode: process.execPath,
        installation: { source: installation, target: installationTarget, writable: false },
      });
      return toolchain;
    },
    installation,
    runnerEntry: runnerEntry ?? 'apps/runner/src/main.ts',
    hostPath: path,
    hostNode: process.execPath,
    locale: localeOf(environment),
  });
  return { blobs, workspaces, environments, sandboxes };
}

/** Language and time zone of the person: what their tests were written under. */
function localeOf(environment: HostOptions['environment']): Record<string, string> {
  const locale: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && (name === 'TZ' || name === 'LANG' || name.startsWith('LC_'))) locale[name] = value;
  }
  return locale;
}

function watchIdle(busy: () => boolean, seconds: number): { promise: Promise<void> } & Disposable {
  const { promise, resolve } = Promise.withResolvers<void>();
  const step = Math.min(seconds * 1000, 1000);
  let left = seconds * 1000;
  const timer = setInterval(() => {
    left = busy() ? seconds * 1000 : left - step;
    if (left <= 0) resolve();
  }, step);
  return { promise, [Symbol.dispose]: () => clearInterval(timer) };
}

function alreadyThere(folder: DataFolder, thrown: unknown): NovaError {
  const error = toNovaError(thrown);
  if (error.details?.['inUse'] !== true) return error;
  return new NovaError(
    'mesh.unreachable',
    `A host daemon for ${folder.root} runs already and was left alone. Use that one, or end it first.`,
    { cause: error, details: error.details },
  );
}
