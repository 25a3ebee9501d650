import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GitFailure, type GitPlace, gitFields, gitLine, joinFields, runGit } from './git.ts';
import type { Scratch } from './scratch.ts';

/** Either the merged tree, or the paths on which the sides disagree. */
export type MergeOutcome = { readonly tree: string } | { readonly conflicts: string[] };

interface Side {
  readonly mode: string;
  readonly id: string;
}

interface Trees {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

/**
 * Merges three trees in a scratch, file by file and line by line, with nothing but git's own merge: merge drivers and
 * attributes of the repository have no say, and renames are not guessed.
 */
export async function mergeTrees(
  scratch: Scratch,
  place: GitPlace,
  trees: Trees,
  signal: AbortSignal,
): Promise<MergeOutcome> {
  const { workTree: _, ...rest } = place;
  const merging: GitPlace = { ...rest, indexFile: join(scratch.folder, 'merge-index') };
  await runGit(merging, ['read-tree', '--empty'], { signal });
  await runGit(merging, ['read-tree', '-i', '-m', '--aggressive', trees.base, trees.ours, trees.theirs], { signal });
  const conflicts: string[] = [];
  const merged: Buffer[] = [];
  for (const { path, sides } of await unmergedEntries(merging, signal)) {
    const result = await mergeFile(scratch, merging, sides, signal);
    if (result === null) conflicts.push(path.toString('utf8'));
    else merged.push(Buffer.concat([Buffer.from(`${result.mode} ${result.id}\t`), path]));
  }
  if (conflicts.length > 0) return { conflicts };
  if (merged.length > 0) {
    await runGit(merging, ['update-index', '-z', '--index-info'], { stdin: joinFields(merged), signal });
  }
  return { tree: await gitLine(merging, ['write-tree'], { signal }) };
}

async function unmergedEntries(
  place: GitPlace,
  signal: AbortSignal,
): Promise<{ path: Buffer; sides: Map<number, Side> }[]> {
  const found = new Map<string, { path: Buffer; sides: Map<number, Side> }>();
  for (const entry of await gitFields(place, ['ls-files', '-u', '-z'], { signal })) {
    const tab = entry.indexOf(0x09);
    const [mode = '', id = '', stage = ''] = entry.toString('latin1', 0, tab).split(' ');
    const path = entry.subarray(tab + 1);
    const key = path.toString('latin1');
    const known = found.get(key) ?? { path, sides: new Map<number, Side>() };
    known.sides.set(Number(stage), { mode, id });
    found.set(key, known);
  }
  return [...found.values()];
}

/** Null when a person must decide. */
async function mergeFile(
  scratch: Scratch,
  place: GitPlace,
  sides: ReadonlyMap<number, Side>,
  signal: AbortSignal,
): Promise<Side | null> {
  const [base, ours, theirs] = [sides.get(1), sides.get(2), sides.get(3)];
  if (!base || !ours || !theirs) return null;
  if (![base, ours, theirs].every((side) => side.mode.startsWith('100'))) return null;
  const mode = ours.mode === base.mode ? theirs.mode : ours.mode;
  const files: string[] = [];
  for (const [name, side] of Object.entries({ ours, base, theirs })) {
    const file = join(scratch.folder, `merge-${name}`);
    await writeFile(file, (await runGit(place, ['cat-file', 'blob', side.id], { signal })).stdout);
    files.push(file);
  }
  try {
    const { stdout } = await runGit(place, ['merge-file', '-p', '-q', ...files], { signal });
    return { mode, id: await gitLine(place, ['hash-object', '-w', '--stdin'], { stdin: stdout, signal }) };
  } catch (error) {
    // The exit code is the number of conflicts, or 255 for files that are not text.
    if (error instanceof GitFailure && error.exitCode !== null) return null;
    throw error;
  }
}
