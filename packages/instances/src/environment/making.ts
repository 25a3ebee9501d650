import { randomUUID } from 'node:crypto';
import { appendFile, lstat, mkdir, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { SandboxDriver } from '../sandbox/driver.ts';
import { identify } from '../supervision/processes.ts';
import { removeSocket } from './install-sandbox.ts';
import { isCode, removeTree } from './sealing.ts';

const prefix = '.making-';
const sandboxList = 'sandboxes';

/** The folder of one preparation under way; its name tells whose it is, so that leftovers can be told from work. */
export interface Making {
  readonly folder: string;
  /** Records the id of a sandbox before it starts, so that a later sweep can end it. */
  sandbox(label: string): Promise<string>;
  /** Makes a folder in it. */
  subfolder(name: string): Promise<string>;
}

/** Makes an empty folder for preparing `key`. */
export async function openMaking(store: string, key: string): Promise<Making> {
  // Short, because the path becomes part of the scripts of a virtual environment, whose first line has a limit.
  const name = `${prefix}${key.slice(0, 12)}-${await ownIdentity()}-${randomUUID().slice(0, 8)}`;
  const folder = join(store, name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return {
    folder,
    async sandbox(label) {
      const id = `environment-${label}-${randomUUID()}`;
      await appendFile(join(folder, sandboxList), `${id}\n`, { flush: true });
      return id;
    },
    async subfolder(name) {
      const path = join(folder, name);
      await mkdir(path, { recursive: true });
      return path;
    },
  };
}

/** Removes what only the preparation itself needed. */
export async function closeMaking(making: Making): Promise<void> {
  await rm(join(making.folder, sandboxList), { force: true });
}

/** Ends the sandboxes and removes the folders of preparations whose process is gone. Returns how many there were. */
export async function sweepMakings(store: string, run: string, drivers: readonly SandboxDriver[]): Promise<number> {
  let swept = 0;
  const names = await readdir(store).catch((cause: unknown) => {
    if (isCode(cause, 'ENOENT')) return [];
    throw cause;
  });
  for (const name of names) {
    const path = join(store, name);
    if (name.endsWith('.lock')) {
      const owner = await readlink(path).catch(() => null);
      if (owner !== null && !(await lives(owner))) await rm(path, { force: true });
      continue;
    }
    if (name.startsWith('.removing-')) {
      await removeTree(path);
      continue;
    }
    const owner = new RegExp(`^\\${prefix}[0-9a-f]+-(\\d+\\.\\d+\\.[0-9a-f]+)-[0-9a-f]{8}$`).exec(name)?.[1];
    if (owner === undefined || (await lives(owner))) continue;
    for (const id of (await readFile(join(path, sandboxList), 'utf8').catch(() => '')).split('\n')) {
      if (id === '') continue;
      for (const driver of drivers) await (await driver.adopt(id))?.end();
      await removeSocket(run, id);
    }
    await removeTree(path);
    swept += 1;
  }
  return swept;
}

/** Takes a sealed environment out of the store in one step, then removes it. */
export async function discard(store: string, key: string): Promise<void> {
  const aside = join(store, `.removing-${key}-${randomUUID().slice(0, 8)}`);
  try {
    await rename(join(store, key), aside);
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return;
    throw cause;
  }
  await removeTree(aside);
}

/**
 * Holds the only right to prepare `key`, across processes; waits while a living process has it. It saves double work;
 * correctness rests on the atomic rename at the end.
 */
export async function lockKey(store: string, key: string, signal: AbortSignal): Promise<AsyncDisposable> {
  await mkdir(store, { recursive: true });
  const path = join(store, `${key}.lock`);
  const own = await ownIdentity();
  for (let wait = 20; ; wait = Math.min(wait * 2, 500)) {
    signal.throwIfAborted();
    try {
      await symlink(own, path);
      return {
        [Symbol.asyncDispose]: () => rm(path, { force: true }),
      };
    } catch (cause) {
      if (!isCode(cause, 'EEXIST')) throw cause;
    }
    const owner = await readlink(path).catch(() => null);
    if (owner !== null && !(await lives(owner))) await takeAway(path, owner);
    else await pause(wait, undefined, { signal });
  }
}

/** Removes a dead owner's lock, and puts back one that a living process took in between. */
async function takeAway(path: string, owner: string): Promise<void> {
  const aside = `${path}.${randomUUID().slice(0, 8)}.lock`;
  try {
    await rename(path, aside);
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return;
    throw cause;
  }
  const taken = await readlink(aside);
  if (taken !== owner) {
    await symlink(taken, path).catch((cause: unknown) => {
      if (!isCode(cause, 'EEXIST')) throw cause;
    });
  }
  await rm(aside, { force: true });
}

async function ownIdentity(): Promise<string> {
  const self = await identify(process.pid);
  if (self === null) throw new Error(`the running process ${process.pid} is not in /proc`);
  return `${self.pid}.${self.startTime}.${self.boot.slice(0, 8)}`;
}

async function lives(owner: string): Promise<boolean> {
  const [pid, startTime, boot] = owner.split('.');
  const now = await identify(Number(pid));
  return now !== null && now.startTime === startTime && boot !== undefined && now.boot.startsWith(boot);
}

/** True when there is something at `path`, a dangling link included. */
export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
