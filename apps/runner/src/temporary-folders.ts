import { readFileSync } from 'node:fs';
import { chmod, lstat, mkdir, readdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NovaError, toNovaError } from '@nova/core';

/** Where something is mounted in this process's view, in full paths. */
export function mountPoints(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ').slice(4, 5))
    .map((path) => path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))));
}

/**
 * Empties folders for temporary files, given by their real paths, so that no run finds what another left. What is kept,
 * and every folder on the way to it, stays: the workspace itself may lie below a temporary folder. Links are not followed.
 */
export async function emptyFolders(folders: readonly string[], kept: readonly string[]): Promise<void> {
  const stays = new Set([...folders, ...kept]);
  try {
    for (const folder of folders) {
      await standsThere(folder);
      await empty(folder, stays);
    }
  } catch (error) {
    const known = toNovaError(error, 'sandbox.limit');
    if (known.code !== 'sandbox.limit') throw known;
    throw new NovaError(
      'sandbox.limit',
      `What the tests left in their temporary folders could not be removed: ${known.message}. The repository is untouched. Make the tests remove what they make, then run the task again.`,
      { cause: error, details: { limit: 'temporary-files' } },
    );
  }
}

/** A run may have removed the folder, or put a link to somebody else's in its place. */
async function standsThere(folder: string): Promise<void> {
  const status = await lstat(folder).catch(() => null);
  if (!status?.isDirectory()) {
    await rm(folder, { force: true });
    await mkdir(folder, { mode: 0o700 });
  }
  const real = await realpath(folder);
  if (real !== folder) throw new Error(`${folder} leads to ${real} now, which was left alone.`);
}

async function empty(folder: string, stays: ReadonlySet<string>): Promise<void> {
  const names = await readdir(folder).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    if (error.code !== 'EACCES') throw error;
    await chmod(folder, 0o700);
    return readdir(folder);
  });
  for (const name of names) {
    const path = join(folder, name);
    if (stays.has(path)) continue;
    if ([...stays].some((other) => other.startsWith(`${path}/`))) await empty(path, stays);
    else await remove(path, folder);
  }
}

async function remove(path: string, folder: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    // Something in there was made read-only.
    await chmod(folder, 0o700).catch(() => {});
    await openUp(path);
    await rm(path, { recursive: true, force: true });
  }
}

async function openUp(path: string): Promise<void> {
  const status = await lstat(path).catch(() => null);
  if (!status?.isDirectory()) return;
  await chmod(path, 0o700);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await openUp(join(path, entry.name));
  }
}
