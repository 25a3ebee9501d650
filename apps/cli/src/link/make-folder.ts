import { mkdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isKernelFolder, NovaError, toNovaError } from '@nova/core';

/**
 * Makes a folder of the data folder `root`, parents included, for this person only. Rejects with `folder.unusable` or
 * `disk.full`; nothing is made where the kernel's own files are, whatever links lead there.
 */
export function makeFolder(path: string, root: string): void {
  try {
    const missing: string[] = [];
    let existing = resolve(path);
    while (!isThere(existing)) {
      missing.unshift(basename(existing));
      existing = dirname(existing);
    }
    let place = realpathSync(existing);
    if (isKernelFolder(join(place, ...missing))) throw new Error(`${place} holds the kernel's own files`);
    // One by one: Node's own making of parents never ends in a place that takes none, such as /proc.
    for (const name of missing) {
      place = join(place, name);
      makeOne(place);
    }
  } catch (cause) {
    const error = toNovaError(cause);
    if (error.code === 'disk.full') throw error;
    throw new NovaError(
      'folder.unusable',
      `The data folder ${root} cannot be used: ${error.message}. Nothing was kept there. Name a folder of yours on a disk in NOVA_HOME.`,
      { cause },
    );
  }
}

function makeOne(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    if (!isThere(path)) throw cause;
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
