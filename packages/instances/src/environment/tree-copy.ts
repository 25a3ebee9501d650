import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { toNovaError } from '@nova/core';
import { type Listing, listTree, removeTree } from './sealing.ts';

/**
 * Copies a tree with times, modes and links as they are, sharing blocks where the file system can. The entries
 * `emptied` at its top come out as empty folders; what `leaveOut` names is copied but not compared. False when the original changed meanwhile, so that the copy is not
 * the `expected` one; nothing is left then.
 */
export async function copyTree(
  source: string,
  target: string,
  expected: Listing,
  emptied: readonly string[],
  leaveOut: (path: string) => boolean = () => false,
): Promise<boolean> {
  await mkdir(dirname(target), { recursive: true });
  try {
    await promisify(execFile)('cp', ['-a', '--reflink=auto', '--', source, target], { maxBuffer: 1024 * 1024 });
  } catch (cause) {
    await removeTree(target);
    const problem = toNovaError(cause);
    if (problem.code === 'disk.full') throw problem;
    return false;
  }
  for (const name of emptied) {
    await removeTree(join(target, name));
  }
  const copied = await listTree(target, leaveOut);
  if (copied.digest !== expected.digest) {
    await removeTree(target);
    return false;
  }
  for (const name of emptied) await mkdir(join(target, name));
  return true;
}
