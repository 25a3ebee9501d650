import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { chmod, lstat, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as otherWork } from 'node:timers/promises';
import { promisify } from 'node:util';
import { dependencySourceSchema, NovaError, toNovaError } from '@nova/core';
import { z } from 'zod';

const sealName = 'sealed.json';

/** What a sealed environment says of itself: the last file written, so that its presence means complete. */
export const sealSchema = z.object({
  version: z.literal(1),
  key: z.string(),
  preparedAt: z.string(),
  kinds: z.array(z.string()),
  source: dependencySourceSchema,
  gaps: z.array(z.string()),
  log: z.string().nullable(),
  entries: z.number().int(),
  bytes: z.number(),
  digest: z.string(),
  /** Repository-relative folders that hold a sealed `node_modules`, '' for the top. */
  nodeModules: z.array(z.string()),
  /**
   * The virtual environment, stored in `folder`, whose scripts only work at the absolute path `path`; `names` are the
   * repository-relative folders at which commands of the person look for it.
   */
  venv: z.object({ folder: z.string(), path: z.string(), names: z.array(z.string()).default([]) }).nullable(),
  /** Host folders that the environment's interpreter lives in and every sandbox must show. */
  outside: z.array(z.string()),
  /** Repository-relative folders from which Python imports the project. */
  pythonPath: z.array(z.string()),
  /** True when the folder `metadata` tells Python about the project. */
  metadata: z.boolean(),
});
export type Seal = z.infer<typeof sealSchema>;

export interface Listing {
  readonly entries: number;
  readonly bytes: number;
  readonly digest: string;
}

/**
 * A digest of names, kinds, sizes, modification times and link targets under `folder`. Reads no content: cheap enough
 * for each use, and any ordinary write changes it. Paths for which `leaveOut` holds don't count.
 */
export async function listTree(folder: string, leaveOut: (path: string) => boolean = () => false): Promise<Listing> {
  const hash = createHash('sha256');
  let entries = 0;
  let bytes = 0;
  for await (const { path, absolute } of walk(folder)) {
    if (path === sealName || leaveOut(path)) continue;
    const status = lstatSync(absolute);
    entries += 1;
    if (status.isDirectory()) hash.update(`d\0${path}\0`);
    else if (status.isSymbolicLink()) hash.update(`l\0${path}\0${readlinkSync(absolute)}\0`);
    else {
      bytes += status.size;
      hash.update(`f\0${path}\0${status.size}\0${Math.floor(status.mtimeMs)}\0`);
    }
  }
  return { entries, bytes, digest: hash.digest('hex') };
}

/** So many folders are read at a stretch: one call after the other is many times faster than a promise for each. */
const foldersAtOnce = 32;

/** Every entry under `folder`, parents first, in an order that depends on names only. */
export async function* walk(folder: string): AsyncGenerator<{ path: string; absolute: string; isFolder: boolean }> {
  const pending = [''];
  let folders = 0;
  for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
    folders += 1;
    if (folders % foldersAtOnce === 0) await otherWork();
    const found = readdirSync(join(folder, parent), { withFileTypes: true });
    const names = found.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
    names.sort((left, right) => (left.name < right.name ? -1 : 1));
    for (const { name, isFolder } of names) {
      const path = parent === '' ? name : `${parent}/${name}`;
      yield { path, absolute: join(folder, path), isFolder };
      if (isFolder) pending.push(path);
    }
  }
}

/**
 * Makes `making` read-only, writes its seal and moves it to `target` in one step. A kill leaves either `making` or a
 * complete `target`. When another process was faster, its result is kept and `making` removed.
 */
export async function seal(
  making: string,
  target: string,
  about: Omit<Seal, 'version' | 'entries' | 'bytes' | 'digest'>,
): Promise<void> {
  await setWritable(making, false);
  const listing = await listTree(making);
  await chmod(making, 0o755);
  const file = await open(join(making, sealName), 'w', 0o444);
  try {
    await file.writeFile(`${JSON.stringify({ version: 1, ...about, ...listing }, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  // One flush of the file system instead of one fsync for each of tens of thousands of files.
  await promisify(execFile)('sync', ['-f', making]);
  await chmod(making, 0o555);
  try {
    await rename(making, target);
  } catch (cause) {
    if (!isCode(cause, 'ENOTEMPTY', 'EEXIST')) throw toNovaError(cause);
    await removeTree(making);
    return;
  }
  const parent = await open(join(target, '..'), 'r');
  try {
    await parent.sync();
  } finally {
    await parent.close();
  }
}

/** The seal in `folder`, or null when there is none. Throws `environment.corrupt` when it cannot be read. */
export async function readSeal(folder: string): Promise<Seal | null> {
  let text: string;
  try {
    text = await readFile(join(folder, sealName), 'utf8');
  } catch (cause) {
    if (isCode(cause, 'ENOENT', 'ENOTDIR')) return null;
    throw corrupt(folder, cause);
  }
  try {
    return sealSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw corrupt(folder, cause);
  }
}

/** Throws `environment.corrupt` when the files in `folder` are no longer those that were sealed. */
export async function verifySeal(folder: string, sealed: Seal): Promise<void> {
  const listing = await listTree(folder).catch((cause: unknown) => {
    throw corrupt(folder, cause);
  });
  if (listing.digest !== sealed.digest || listing.entries !== sealed.entries || listing.bytes !== sealed.bytes) {
    throw corrupt(folder, null);
  }
}

/** Removes a tree, also one made read-only; a missing one is no error. */
export async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (cause) {
    if (!isCode(cause, 'EACCES', 'EPERM', 'ENOTEMPTY')) throw cause;
    await setWritable(folder, true);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function setWritable(folder: string, writable: boolean): Promise<void> {
  const change = (mode: number) => (writable ? mode | 0o700 : mode & 0o555);
  await chmod(folder, change((await lstat(folder)).mode & 0o777));
  for await (const { absolute } of walk(folder)) {
    const status = lstatSync(absolute);
    if (!status.isSymbolicLink()) chmodSync(absolute, change(status.mode & 0o777));
  }
}

function corrupt(folder: string, cause: unknown): NovaError {
  return new NovaError(
    'environment.corrupt',
    `The sealed environment ${folder} was changed after it had been sealed. It is not used; Nova prepares it again.`,
    { cause },
  );
}

/** True when `thrown` is a system error with one of these codes. */
export function isCode(thrown: unknown, ...codes: string[]): boolean {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'string' && codes.includes(code);
}
