import { copyFile, mkdir, readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { NovaError } from '@nova/core';
import { GitFailure, type GitPlace, gitFields, gitLine, joinFields, runGit } from './git.ts';
import { type Scratch, scratchPlace } from './scratch.ts';
import { isRegularFile, type SourceRepository } from './source-repository.ts';

/** The person's files as git trees in a scratch; nothing of theirs was touched. */
export interface WorkingTree {
  /** With the scratch's index holding `tree`, and the person's files as work tree. */
  readonly place: GitPlace;
  /** What their index holds. */
  readonly indexTree: string;
  /** Tracked files as they are on disk. */
  readonly trackedTree: string;
  /** Tracked and untracked files as they are on disk; ignored ones are not in it. */
  readonly tree: string;
  /** Ignored entries, folders collapsed, and git repositories nested in the work tree. */
  readonly ignored: string[];
}

/** The scratch as a view of the person's work tree, with their data settings and their excludes. */
export async function viewOf(
  repository: SourceRepository,
  scratch: Scratch,
  alternates: readonly string[],
): Promise<GitPlace> {
  const files: [string, string][] = [
    [join(repository.commonDir, 'info/exclude'), 'info/exclude'],
    [join(repository.commonDir, 'info/attributes'), 'info/attributes'],
    [join(repository.gitDir, 'info/sparse-checkout'), 'info/sparse-checkout'],
  ];
  await mkdir(join(scratch.gitDir, 'info'), { recursive: true });
  for (const [from, to] of files) {
    if (await isRegularFile(from)) await copyFile(from, join(scratch.gitDir, to));
  }
  return scratchPlace(scratch, alternates, {
    workTree: repository.top,
    settings: repository.settings,
  });
}

/**
 * Their index is copied for what it knows about unchanged files. The copy must not look newer than the original: git
 * would then trust a file that changed within the same tick.
 */
export async function copyIndex(repository: SourceRepository, scratch: Scratch, place: GitPlace): Promise<void> {
  const source = join(repository.gitDir, 'index');
  const target = place.indexFile ?? join(scratch.gitDir, 'index');
  const found = await stat(source).catch(() => null);
  if (!found?.isFile()) return;
  await copyFile(source, target);
  for (const name of await readdir(repository.gitDir)) {
    const shared = join(repository.gitDir, name);
    if (!name.startsWith('sharedindex.') || !(await isRegularFile(shared))) continue;
    await copyFile(shared, join(scratch.gitDir, name));
  }
  const time = Math.floor(found.mtimeMs / 1000);
  await utimes(target, time, time);
}

function refuseUnfinished(repository: SourceRepository, unmerged: readonly Buffer[]): void {
  if (unmerged.length === 0) return;
  const paths = [...new Set(unmerged.map((entry) => entry.toString('utf8').split('\t').slice(1).join('\t')))];
  throw new NovaError(
    'repository.unreadable',
    `${repository.top} is in the middle of a merge or rebase with conflicts in ${paths.join(', ')}. Nothing was changed. Resolve or abort it, then try again.`,
    { details: { paths } },
  );
}

/**
 * Writes the person's files as trees into the scratch. The place must not borrow the person's own objects: git renews
 * the time of an object that it would otherwise have written. What only they have stays missing in the scratch.
 */
export async function readWorkingTree(
  repository: SourceRepository,
  scratch: Scratch,
  place: GitPlace,
  signal: AbortSignal,
): Promise<WorkingTree> {
  await copyIndex(repository, scratch, place);
  refuseUnfinished(repository, await gitFields(place, ['ls-files', '-u', '-z'], { signal }));
  await refuseSubmodules(repository, place, signal);
  await refuseLargeFiles(repository, place, signal);
  const writeTree = () => gitLine(place, ['write-tree', '--missing-ok'], { signal });
  const indexTree = await writeTree();
  await updateTracked(place, signal);
  const trackedTree = await writeTree();
  const untracked = await gitFields(place, ['ls-files', '-o', '--exclude-standard', '-z'], { signal });
  const isNested = (path: Buffer) => path.at(-1) === 0x2f;
  const added = untracked.filter((path) => !isNested(path));
  await update(place, added, signal);
  const tree = await writeTree();
  const ignored = await gitFields(place, ['ls-files', '-o', '-i', '--exclude-standard', '--directory', '-z'], {
    signal,
  });
  const skipped = [...ignored, ...untracked.filter(isNested)].map((path) => path.toString('utf8'));
  return { place, indexTree, trackedTree, tree, ignored: [...new Set(skipped)].sort() };
}

/** A path can be gone because a folder above it became a link; only a plain removal from the index takes that. */
async function updateTracked(place: GitPlace, signal: AbortSignal): Promise<void> {
  const fields = await gitFields(place, ['diff-files', '-z', '--raw', '--no-ext-diff', '--no-renames'], { signal });
  const present: Buffer[] = [];
  const removals: Buffer[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [, , id = '', , status] = (fields[index] ?? '').toString().split(' ');
    const path = fields[index + 1] ?? Buffer.of();
    if (status !== 'D') present.push(path);
    else removals.push(Buffer.concat([Buffer.from(`0 ${'0'.repeat(Math.max(40, id.length))}\t`), path]));
  }
  if (removals.length > 0) {
    await runGit(place, ['update-index', '-z', '--index-info'], { stdin: joinFields(removals), signal });
  }
  await update(place, present, signal);
}

async function update(place: GitPlace, paths: readonly Buffer[], signal: AbortSignal): Promise<void> {
  if (paths.length === 0) return;
  const args = ['update-index', '--add', '--remove', '--replace', '-z', '--stdin'];
  await runGit(place, args, { stdin: joinFields(paths), signal });
}

async function refuseSubmodules(repository: SourceRepository, place: GitPlace, signal: AbortSignal): Promise<void> {
  const tracked = await gitFields(place, ['ls-files', '-s', '-z'], { signal });
  const found = tracked.find(
    (entry) => entry.subarray(0, 6).toString() === '160000' || entry.subarray(-12).toString() === '\t.gitmodules',
  );
  if (found === undefined) return;
  const path = found.toString('utf8').split('\t').slice(1).join('\t');
  throw new NovaError(
    'repository.submodules',
    `${repository.top} uses git submodules (${path}), which Nova can't copy. Nothing was changed. Point Nova at a repository without submodules, or at one submodule's own clone.`,
    { details: { path } },
  );
}

async function refuseLargeFiles(repository: SourceRepository, place: GitPlace, signal: AbortSignal): Promise<void> {
  const tracked = (await runGit(place, ['ls-files', '-z'], { signal })).stdout;
  const answers = await gitFields(place, ['check-attr', '--stdin', '-z', 'filter'], { stdin: tracked, signal });
  for (let index = 2; index < answers.length; index += 3) {
    if (answers[index]?.toString() !== 'lfs') continue;
    const path = answers[index - 2]?.toString('utf8') ?? '';
    throw new NovaError(
      'repository.lfs',
      `${repository.top} keeps files in Git LFS (${path}), which Nova can't copy. Nothing was changed. Use a repository whose files are in git itself (\`git lfs migrate export\`).`,
      { details: { path } },
    );
  }
}

/** True when `ancestor` is `commit` or one of its ancestors. */
export async function isAncestor(
  place: GitPlace,
  ancestor: string,
  commit: string,
  signal: AbortSignal,
): Promise<boolean> {
  return (
    (await runGit(place, ['merge-base', '--is-ancestor', ancestor, commit], { signal, accept: [1] })).exitCode === 0
  );
}

/** True when the object is there and is a commit. */
export async function hasCommit(place: GitPlace, commit: string, signal: AbortSignal): Promise<boolean> {
  try {
    await runGit(place, ['cat-file', '-e', `${commit}^{commit}`], { signal });
    return true;
  } catch (error) {
    if (error instanceof GitFailure) return false;
    throw error;
  }
}
