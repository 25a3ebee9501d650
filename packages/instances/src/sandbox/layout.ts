import { createHash } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, relative, resolve, sep } from 'node:path';
import type { RunnerStart, SandboxSpec } from '@nova/core';
import type { EnvironmentMounts } from '../environment/environment-mounts.ts';
import { sandboxHome, systemFolders, temporaryFolders } from './bubblewrap-driver.ts';
import type { Mount, SandboxStart } from './driver.ts';
import type { Toolchain } from './toolchain.ts';

/** The folders of one sandbox on the host; nothing else of it is on disk. */
export interface SandboxFolder {
  readonly root: string;
  readonly workspace: string;
  readonly run: string;
  readonly socket: string;
  readonly scratch: string;
  /** What tools write beside a read-only environment. */
  readonly caches: string;
  readonly record: string;
  /** What lets a later host speak to the runner; no sandbox with walls shows it. */
  readonly runnerKey: string;
  readonly log: string;
}

/** `<instances>/<task>/<sandbox>/…`; names are hashes where an id could not be a file's name. */
export function sandboxFolder(instances: string, task: string, id: string): SandboxFolder {
  const root = join(instances, fileName(task), fileName(id));
  return {
    root,
    workspace: join(root, 'workspace'),
    run: join(root, 'run'),
    socket: join(root, 'run', socketName),
    scratch: join(root, 'scratch'),
    caches: join(root, 'caches'),
    record: join(root, 'record.json'),
    runnerKey: join(root, 'runner-key.json'),
    log: join(root, 'log'),
  };
}

const socketName = 'runner.sock';

/** An id as the name of a file: itself where that is safe, its hash otherwise. */
export function fileName(id: string): string {
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,60}$/.test(id)
    ? id
    : `~${createHash('sha256').update(id).digest('hex').slice(0, 32)}`;
}

/** Where a sandbox shows Nova's own installation, and which parts of it: what the runner needs, nothing else. */
export const installationTarget = '/opt/nova';
const installationParts = ['apps/runner', 'packages/code', 'packages/core', 'node_modules', 'package.json'] as const;

const fallbackWorkspace = '/workspace';

/** The path at which the clone appears inside: the person's own, unless something else must be shown there. */
export function workspaceInside(
  spec: SandboxSpec,
  isolates: boolean,
  folder: SandboxFolder,
  others: readonly Mount[],
): string {
  if (!isolates) return folder.workspace;
  const path = resolve(spec.path);
  const within = (inner: string, outer: string) =>
    inner === outer || inner.startsWith(outer === sep ? sep : outer + sep);
  const taken =
    path === sep ||
    systemFolders.some((system) => within(path, system)) ||
    others.some(({ target }) => within(target, path) || within(path, target));
  return taken ? fallbackWorkspace : path;
}

/** Everything a sandbox shows besides the clone and its environment. */
export function fixedMounts(options: {
  readonly installation: string;
  readonly toolchain: Toolchain;
  readonly mirrorObjects: string;
  readonly folder: SandboxFolder;
}): Mount[] {
  return [
    ...options.toolchain.mounts,
    ...installationParts.map((part) => ({
      source: join(options.installation, part),
      target: join(installationTarget, part),
      writable: false,
    })),
    { source: options.mirrorObjects, target: options.mirrorObjects, writable: false },
    { source: options.folder.run, target: '/nova/run', writable: true },
    { source: options.folder.scratch, target: '/nova/scratch', writable: true },
  ];
}

export interface LayoutRequest {
  readonly spec: SandboxSpec;
  readonly folder: SandboxFolder;
  readonly isolates: boolean;
  readonly installation: string;
  readonly toolchain: Toolchain;
  readonly fixed: readonly Mount[];
  readonly workspace: string;
  readonly environment: EnvironmentMounts;
  /** The person's PATH, for a driver that shows the machine as it is. */
  readonly hostPath: string;
  readonly hostNode: string;
  /** Language and time zone, as the person has them: tests depend on them. */
  readonly locale: Readonly<Record<string, string>>;
  readonly runnerEntry: string;
  /** SHA-256 of the secret that this host will say to the runner. */
  readonly secretHash: string;
}

/** The start of a runner in its sandbox. */
export function layOut(request: LayoutRequest): SandboxStart {
  const { spec, folder, isolates, environment, toolchain, workspace } = request;
  const home = isolates ? sandboxHome : join(folder.root, 'home');
  const temporary = isolates ? temporaryFolders[0] : join(folder.root, 'tmp');
  const start: RunnerStart = {
    socket: isolates ? `/nova/run/${socketName}` : folder.socket,
    workspace,
    secretHash: request.secretHash,
    commit: spec.commit,
    scratch: isolates ? '/nova/scratch' : folder.scratch,
    temporary: isolates ? [...temporaryFolders, home] : [home, temporary],
  };
  const path = isolates
    ? [...environment.pathEntries, ...toolchain.pathEntries]
    : [...environment.pathEntries, ...request.hostPath.split(delimiter), dirname(request.hostNode)];
  const node = isolates ? toolchain.novaNode : request.hostNode;
  const installation = isolates ? installationTarget : request.installation;
  return {
    id: driverId(spec),
    command: [node, join(installation, request.runnerEntry)],
    workingFolder: workspace,
    environment: {
      HOME: home,
      TMPDIR: temporary,
      LANG: 'C.UTF-8',
      ...request.locale,
      ...environment.variables,
      PATH: [...new Set(path)].filter((entry) => entry !== '').join(delimiter),
      NOVA_RUNNER: JSON.stringify(start),
    },
    mounts: [...request.fixed, { source: folder.workspace, target: workspace, writable: true }, ...environment.mounts],
    limits: spec.limits,
    log: folder.log,
  };
}

/** Ids of sandboxes are unique within a task only. */
export function driverId(spec: Pick<SandboxSpec, 'task' | 'id'>): string {
  return `${spec.task}\n${spec.id}`;
}

/** Makes the folders that the start needs, and hides what the environment adds to the clone from git there. */
export async function makeFolders(
  folder: SandboxFolder,
  isolates: boolean,
  workspace: string,
  environment: EnvironmentMounts,
): Promise<void> {
  const added: string[] = [];
  if (isolates) {
    for (const { target } of environment.mounts) added.push(relative(workspace, target));
  } else {
    for (const name of ['home', 'tmp']) await mkdir(join(folder.root, name), { mode: 0o700 });
    for (const link of environment.links) {
      const made = await mkdir(dirname(link.path), { recursive: true });
      // What the repository itself has there goes first.
      await symlink(link.target, link.path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      added.push(relative(workspace, made ?? link.path));
    }
  }
  const inside = added.filter((path) => path !== '' && !path.startsWith('..'));
  if (inside.length === 0) return;
  const info = join(folder.workspace, '.git', 'info');
  await mkdir(info, { recursive: true });
  const lines = inside.map((path) => `/${path.replace(/[\\*?[\]!# ]/g, '\\$&')}\n`);
  await writeFile(join(info, 'exclude'), lines.join(''), { flag: 'a' });
}
