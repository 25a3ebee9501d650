import { lstatSync, type PathLike } from 'node:fs';
import { lstat, mkdir, open, readFile, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { TreeChange } from './commits.ts';
import type { SourceRepository } from './source-repository.ts';

const planSchema = z.object({
  /** HEAD after the change; null when HEAD stays. */
  newHead: z.string().nullable(),
  /** Paths in base64, because a name need not be text. */
  entries: z.array(z.object({ path: z.string(), old: z.boolean(), fresh: z.boolean() })),
});
type Plan = z.infer<typeof planSchema>;

/** A folder inside the person's git folder, in which files wait before they take each other's places. */
export interface SwapFolder {
  readonly folder: string;
  /** Where the new files must be put, under their paths. */
  readonly fresh: string;
}

const stagingName = 'nova-apply';

/** Renames must not cross file systems; a linked work tree may lie on another one than its git folder. */
async function stagingFolder(repository: SourceRepository): Promise<string> {
  const [files, git] = await Promise.all([stat(repository.top), stat(repository.gitDir)]);
  return files.dev === git.dev ? join(repository.gitDir, stagingName) : join(repository.top, `.${stagingName}`);
}

function exists(path: PathLike): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

export async function openSwapFolder(repository: SourceRepository): Promise<SwapFolder> {
  const folder = await stagingFolder(repository);
  await mkdir(join(folder, 'old'), { recursive: true });
  await mkdir(join(folder, 'fresh'), { recursive: true });
  return { folder, fresh: join(folder, 'fresh') };
}

/** Paths where something stands that the plan does not expect; the swap would lose it, or lead out of the folder. */
export async function blockedPaths(repository: SourceRepository, changes: readonly TreeChange[]): Promise<string[]> {
  const blocked = new Set<string>();
  const removed = new Set(
    changes.filter(({ oldMode }) => oldMode !== '000000').map(({ path }) => path.toString('latin1')),
  );
  for (const { path, oldMode, newMode } of changes) {
    const found = await lstat(under(repository.top, path)).catch(() => null);
    if (oldMode === '000000' ? found !== null && !found.isDirectory() : found === null)
      blocked.add(path.toString('utf8'));
    if (newMode === '000000') continue;
    for (let parent = parentOf(path); parent.length > 0; parent = parentOf(parent)) {
      const above = await lstat(under(repository.top, parent)).catch(() => null);
      if (above && !above.isDirectory() && !removed.has(parent.toString('latin1')))
        blocked.add(parent.toString('utf8'));
    }
  }
  return [...blocked];
}

function under(folder: string, path: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), path]);
}

function parentOf(path: Buffer): Buffer {
  return path.subarray(0, Math.max(path.lastIndexOf(0x2f), 0));
}

/**
 * Puts the new files in the place of the old ones by renames, after writing down what it is about to do. When it
 * rejects, `undoSwap` puts everything back.
 */
export async function swapFiles(
  repository: SourceRepository,
  swap: SwapFolder,
  changes: readonly TreeChange[],
  newHead: string | null,
): Promise<void> {
  const plan: Plan = {
    newHead,
    entries: changes.map((change) => ({
      path: change.path.toString('base64'),
      old: change.oldMode !== '000000',
      fresh: change.newMode !== '000000',
    })),
  };
  await using file = await open(join(swap.folder, 'plan.json'), 'w');
  await file.writeFile(JSON.stringify(plan));
  await file.sync();
  for (const [index, change] of changes.entries()) {
    if (change.oldMode === '000000') continue;
    const target = under(repository.top, change.path);
    await rename(target, join(swap.folder, 'old', String(index)));
    if (change.newMode === '000000') await removeEmptyFolders(repository, target);
  }
  for (const change of changes) {
    if (change.newMode === '000000') continue;
    const target = under(repository.top, change.path);
    await mkdir(parentOf(target), { recursive: true });
    await rename(under(swap.fresh, change.path), target);
  }
}

async function removeEmptyFolders(repository: SourceRepository, file: Buffer): Promise<void> {
  const top = Buffer.from(repository.top);
  for (let folder = parentOf(file); folder.length > top.length; folder = parentOf(folder)) {
    try {
      await rmdir(folder);
    } catch {
      return;
    }
  }
}

async function rollBack(repository: SourceRepository, folder: string, plan: Plan): Promise<void> {
  const paths = plan.entries.map((entry) => Buffer.from(entry.path, 'base64'));
  for (const [index, entry] of plan.entries.entries()) {
    const path = paths[index] ?? Buffer.of();
    const placed = entry.fresh && !exists(under(join(folder, 'fresh'), path));
    const taken = entry.old && exists(join(folder, 'old', String(index)));
    if (!placed || (entry.old && !taken)) continue;
    await unlink(under(repository.top, path)).catch(() => {});
    await removeEmptyFolders(repository, under(repository.top, path));
  }
  for (const [index, entry] of plan.entries.entries()) {
    const kept = join(folder, 'old', String(index));
    if (!entry.old || !exists(kept)) continue;
    const target = under(repository.top, paths[index] ?? Buffer.of());
    await mkdir(parentOf(target), { recursive: true });
    await rename(kept, target);
  }
}

/** Undoes a swap, finished or half done; a no-op when none was begun. */
export async function undoSwap(repository: SourceRepository, swap: SwapFolder): Promise<void> {
  const plan = await readPlan(swap.folder);
  if (plan) await rollBack(repository, swap.folder, plan);
}

/** From here on the swap stands, whatever happens. */
export async function keepSwap(swap: SwapFolder): Promise<void> {
  await rm(join(swap.folder, 'plan.json'), { force: true });
}

export async function closeSwapFolder(swap: SwapFolder): Promise<void> {
  await rm(swap.folder, { recursive: true, force: true });
}

/** Undoes what a killed swap began, unless HEAD shows that it had come to its end. */
export async function recoverSwap(repository: SourceRepository, head: string): Promise<void> {
  const folder = await stagingFolder(repository);
  if (!exists(folder)) return;
  const plan = await readPlan(folder);
  if (plan && (plan.newHead === null || plan.newHead !== head)) {
    await rollBack(repository, folder, plan);
    if (exists(join(folder, 'index'))) await rename(join(folder, 'index'), join(repository.gitDir, 'index'));
  }
  await rm(folder, { recursive: true, force: true });
}

async function readPlan(folder: string): Promise<Plan | null> {
  const text = await readFile(join(folder, 'plan.json'), 'utf8').catch(() => null);
  if (text === null || text === '') return null;
  return planSchema.parse(JSON.parse(text));
}
