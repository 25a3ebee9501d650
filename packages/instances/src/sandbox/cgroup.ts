import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Isolation, SandboxLimits } from '@nova/core';
import { identify, killAll, type ProcessIdentity } from '../supervision/processes.ts';

/** Where groups can be made on this machine, found once; `reason` says why a limit cannot be had. */
export interface ControlGroupSupport {
  readonly memory: ControllerPlace | null;
  readonly processes: ControllerPlace | null;
  readonly reason: string;
}

export interface ControllerPlace {
  readonly version: 'cgroup-v2' | 'cgroup-v1';
  /** Folder in which own groups are made. */
  readonly parent: string;
}

/** The limits of one sandbox. Only folders made here are ever removed. */
export interface ControlGroup {
  readonly memory: Isolation['memory'];
  readonly processes: Isolation['processes'];
  readonly missing: readonly string[];
  /** A process joins by writing its pid into each of these files. */
  readonly joinFiles: readonly string[];
  /** How often the kernel killed a process of the group because memory ran out. */
  memoryKills(): Promise<number>;
  members(): ProcessIdentity[];
  /** Kills every member and removes the folders. */
  remove(): Promise<void>;
}

const run = promisify(execFile);

/** What the kernel says about this process; injected so that other machines' layouts can be tried. */
export interface KernelView {
  /** Text of `/proc/self/cgroup`. */
  readonly cgroup: string;
  /** Text of `/proc/self/mountinfo`. */
  readonly mountinfo: string;
  /** True when a process may be moved into a group made in this folder. */
  mayMakeGroup(folder: string): Promise<boolean>;
}

/** Finds out where this process may make groups with a memory and a process limit. */
export async function findControlGroups(view?: KernelView): Promise<ControlGroupSupport> {
  const { cgroup, mountinfo, mayMakeGroup } = view ?? {
    cgroup: await readFile('/proc/self/cgroup', 'utf8').catch(() => ''),
    mountinfo: await readFile('/proc/self/mountinfo', 'utf8').catch(() => ''),
    mayMakeGroup: mayMakeRealGroup,
  };
  const folders = ownFolders(cgroup, mountinfo);
  const unified = folders.unified === null ? null : await delegatedParent(folders.unified, mayMakeGroup);
  const place = async (controller: 'memory' | 'pids'): Promise<ControllerPlace | null> => {
    if (unified !== null) return { version: 'cgroup-v2', parent: unified };
    const own = folders.legacy.get(controller);
    return own !== undefined && (await mayMakeGroup(own.folder)) ? { version: 'cgroup-v1', parent: own.folder } : null;
  };
  const [memory, processes] = [await place('memory'), await place('pids')];
  const reason =
    folders.unified === null && folders.legacy.size === 0
      ? 'no control group file system is mounted'
      : 'this user may not make control groups here (start Nova in a delegated scope: systemd-run --user --scope -p Delegate=yes)';
  return { memory, processes, reason };
}

interface OwnFolder {
  readonly folder: string;
  readonly mount: string;
}

function ownFolders(
  cgroup: string,
  mountinfo: string,
): { unified: OwnFolder | null; legacy: ReadonlyMap<string, OwnFolder> } {
  const mounts = mountinfo.split('\n').flatMap((line) => {
    const [left, right] = line.split(' - ');
    const [, , , root, mount] = left?.split(' ') ?? [];
    const [type, , options] = right?.split(' ') ?? [];
    return root !== undefined && mount !== undefined && (type === 'cgroup' || type === 'cgroup2')
      ? [{ type, root: unescapePath(root), mount: unescapePath(mount), options: options?.split(',') ?? [] }]
      : [];
  });
  let unified: OwnFolder | null = null;
  const legacy = new Map<string, OwnFolder>();
  for (const line of cgroup.split('\n')) {
    const [, hierarchy, controllers, path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined || controllers === undefined) continue;
    for (const mount of mounts) {
      const inside = path === mount.root ? '' : path.startsWith(mount.root) ? path.slice(mount.root.length) : path;
      const own = { folder: join(mount.mount, inside), mount: mount.mount };
      if (hierarchy === '0' && mount.type === 'cgroup2') unified = own;
      if (hierarchy !== '0' && mount.type === 'cgroup') {
        for (const name of controllers.split(',')) if (mount.options.includes(name)) legacy.set(name, own);
      }
    }
  }
  return { unified, legacy };
}

function unescapePath(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/**
 * Version 2 lets a group have limited children only when its own processes live in leaves. So: the own group, when it is ours
 * alone (then this process moves to a leaf) or the root; else the nearest ancestor that was delegated to this user.
 */
async function delegatedParent(own: OwnFolder, mayMakeGroup: KernelView['mayMakeGroup']): Promise<string | null> {
  for (let folder = own.folder; ; folder = join(folder, '..')) {
    const available = words(join(folder, 'cgroup.controllers'));
    if (available.includes('memory') && available.includes('pids') && (await mayMakeGroup(folder))) {
      const delegated = () => {
        const enabled = words(join(folder, 'cgroup.subtree_control'));
        return enabled.includes('memory') && enabled.includes('pids');
      };
      if (!delegated() && folder === own.folder) await enableControllers(folder);
      if (delegated()) return folder;
    }
    if (folder === own.mount || folder === '/') return null;
  }
}

async function enableControllers(folder: string): Promise<void> {
  const enable = () =>
    writeFile(join(folder, 'cgroup.subtree_control'), '+memory +pids').then(
      () => true,
      () => false,
    );
  if (await enable()) return;
  const members = words(join(folder, 'cgroup.procs'));
  if (members.length !== 1 || members[0] !== String(process.pid)) return;
  const leaf = join(folder, 'nova-host');
  try {
    await mkdir(leaf, { recursive: true });
    await writeFile(join(leaf, 'cgroup.procs'), String(process.pid));
    await enable();
  } catch {
    // Not permitted: the caller sees that nothing was enabled and says which limit is missing.
  }
}

/** Making a folder is not enough: whether a process may be moved there depends on where it comes from, so one is moved. */
async function mayMakeRealGroup(folder: string): Promise<boolean> {
  const trial = join(folder, `nova-trial-${process.pid}-${randomUUID()}`);
  try {
    await mkdir(trial);
  } catch {
    return false;
  }
  try {
    await run('/bin/sh', ['-c', 'echo $$ > "$1"', 'sh', join(trial, 'cgroup.procs')]);
    return true;
  } catch {
    return false;
  } finally {
    await removeGroup(trial);
  }
}

/** The folders of one group; plain JSON, so that another host, started elsewhere, finds the same group. */
export interface ControlGroupPlaces {
  readonly memory: Opened | null;
  readonly processes: Opened | null;
}

interface Opened {
  readonly folder: string;
  readonly version: 'cgroup-v2' | 'cgroup-v1';
}

/** Where the group of this name will be; makes nothing. */
export function planControlGroup(support: ControlGroupSupport, name: string): ControlGroupPlaces {
  const plan = (place: ControllerPlace | null): Opened | null =>
    place === null ? null : { folder: join(place.parent, name), version: place.version };
  return { memory: plan(support.memory), processes: plan(support.processes) };
}

/** Makes the group of one sandbox. What cannot be limited is said in `missing`; `reason` says why there is no place. */
export async function makeControlGroup(
  places: ControlGroupPlaces,
  limits: SandboxLimits,
  reason: string,
): Promise<ControlGroup> {
  const missing: string[] = [];
  const opened: { memory: Opened | null; processes: Opened | null } = { memory: null, processes: null };
  for (const kind of ['memory', 'processes'] as const) {
    const place = places[kind];
    try {
      if (place === null) throw new Error(reason);
      await mkdir(place.folder, { recursive: true });
      await writeLimit(kind, place.version, place.folder, limits);
      opened[kind] = place;
    } catch (error) {
      if (place !== null && place.folder !== opened.memory?.folder) await rmdir(place.folder).catch(ignoreAbsent);
      const said = error instanceof Error ? error.message : String(error);
      missing.push(`${kind === 'memory' ? 'memory' : 'process count'} is not limited: ${said}`);
    }
  }
  return new FolderControlGroup(opened, missing);
}

/** Takes over a group that was made before; one that is gone has no members. */
export function takeControlGroup(places: ControlGroupPlaces): ControlGroup {
  return new FolderControlGroup(places, []);
}

async function writeLimit(
  kind: 'memory' | 'processes',
  version: Opened['version'],
  folder: string,
  limits: SandboxLimits,
): Promise<void> {
  if (kind === 'processes') return writeFile(join(folder, 'pids.max'), String(limits.processes));
  const bytes = String(limits.memoryBytes);
  if (version === 'cgroup-v2') {
    await writeFile(join(folder, 'memory.max'), bytes);
    await writeFile(join(folder, 'memory.swap.max'), '0').catch(ignoreAbsent);
    return;
  }
  // Memory and swap together may never be less than memory alone, so they are raised and lowered in this order.
  await writeFile(join(folder, 'memory.limit_in_bytes'), bytes);
  await writeFile(join(folder, 'memory.memsw.limit_in_bytes'), bytes).catch(ignoreAbsent);
}

/** Swap accounting may be switched off in the kernel; memory itself stays limited. */
function ignoreAbsent(): void {}

class FolderControlGroup implements ControlGroup {
  readonly memory: Isolation['memory'];
  readonly processes: Isolation['processes'];
  readonly missing: readonly string[];
  readonly joinFiles: readonly string[];
  readonly #folders: readonly string[];
  readonly #memory: Opened | null;
  readonly #processes: Opened | null;

  constructor(opened: ControlGroupPlaces, missing: readonly string[]) {
    const places = [opened.memory, opened.processes].filter((place) => place !== null);
    this.#folders = [...new Set(places.map(({ folder }) => folder))];
    this.#memory = opened.memory;
    this.#processes = opened.processes;
    this.memory = opened.memory?.version ?? 'none';
    this.processes = opened.processes?.version ?? 'none';
    this.missing = missing;
    this.joinFiles = this.#folders.map((folder) => join(folder, 'cgroup.procs'));
  }

  async memoryKills(): Promise<number> {
    if (this.#memory === null) return 0;
    const file = this.#memory.version === 'cgroup-v2' ? 'memory.events' : 'memory.oom_control';
    const text = await readFile(join(this.#memory.folder, file), 'utf8').catch(() => '');
    return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
  }

  members(): ProcessIdentity[] {
    const pids = new Set<string>();
    for (const folder of this.#folders) for (const pid of words(join(folder, 'cgroup.procs'))) pids.add(pid);
    return [...pids].map((pid) => identify(Number(pid))).filter((identity) => identity !== null);
  }

  async remove(): Promise<void> {
    // With no room left, nothing inside can fork away from the search.
    if (this.#processes !== null) await writeFile(join(this.#processes.folder, 'pids.max'), '0').catch(ignoreAbsent);
    await killAll(() => this.members());
    for (const folder of this.#folders) await removeGroup(folder);
  }
}

/** A group can be removed only after its last member was reaped, which the kernel does in its own time. */
async function removeGroup(folder: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      // Members may have made groups below, when the sandbox could see the file system.
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        if (entry.isDirectory()) await removeGroup(join(folder, entry.name));
      }
      await rmdir(folder);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function words(file: string): string[] {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // Absent or forbidden: it holds no word for us.
  }
  return text.split(/\s+/).filter((word) => word !== '');
}
