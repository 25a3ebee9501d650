import { existsSync } from 'node:fs';
import { copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, NovaError } from '@nova/core';
import { changesBetween, novaIdentity, pathsOf, signature, type TreeChange, treeOf } from './commits.ts';
import { sendObjects } from './deliver.ts';
import {
  blockedPaths,
  closeSwapFolder,
  keepSwap,
  openSwapFolder,
  recoverSwap,
  type SwapFolder,
  swapFiles,
  undoSwap,
} from './file-swap.ts';
import { asNovaError, type GitPlace, gitFields, gitLine, joinFields, runGit } from './git.ts';
import { lockIndex } from './index-lock.ts';
import { type MirrorFolder, mirrorOf, moveRefs, requireCommit, requireTask } from './mirror.ts';
import { neededName, type Scratch } from './scratch.ts';
import { openRepository, readHead, type SourceRepository } from './source-repository.ts';
import { type MergeOutcome, mergeTrees } from './three-way.ts';
import { copyIndex, hasCommit, isAncestor, readWorkingTree, viewOf, type WorkingTree } from './working-tree.ts';

export interface ApplyRequest {
  task: string;
  repository: string;
  branch: string;
  commit: string;
  base: string;
  dirty: boolean;
}

export interface Applied {
  how: 'fast-forward' | 'merge' | 'patched-files' | 'already-applied';
  head: string;
}

interface Work {
  readonly repository: SourceRepository;
  readonly scratch: Scratch;
  readonly view: GitPlace;
  readonly files: WorkingTree;
  readonly head: string;
  readonly input: ApplyRequest;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const inTheWay = new Set(['ENOTEMPTY', 'EISDIR', 'EEXIST', 'ENOTDIR']);

const unfinished = ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'rebase-merge', 'rebase-apply'];

/** Brings a change into what the person has checked out: all of it, or nothing is changed. */
export async function apply(
  folder: MirrorFolder,
  input: ApplyRequest,
  clock: Clock,
  signal: AbortSignal,
): Promise<Applied> {
  requireTask(input.task);
  requireCommit(input.commit);
  requireCommit(input.base);
  const repository = await openRepository(input.repository, signal);
  try {
    await using scratch = folder.scratches.make(repository);
    await writeFile(join(scratch.folder, neededName), repository.top);
    await using _lock = await lockIndex(repository);
    const { head } = await readHead(repository, signal);
    await recoverSwap(repository, head);
    refuseUnfinished(repository);
    const view = await viewOf(repository, scratch, [repository.objects, mirrorOf(folder, repository.top).objects]);
    for (const commit of [input.commit, input.base]) await requirePresent(view, input, commit, signal);
    if (await isAncestor(view, input.commit, head, signal)) return { how: 'already-applied', head };
    const files = await readWorkingTree(repository, scratch, view, signal);
    const headTree = await treeOf(view, head, signal);
    const clean = files.indexTree === headTree && files.trackedTree === headTree;
    const work: Work = { repository, scratch, view, files, head, input, clock, signal };
    return clean && !input.dirty ? await moveHead(work, headTree) : await patchFiles(work);
  } catch (error) {
    throw asNovaError(
      error,
      'internal',
      `${input.branch} was not applied to ${repository.top}; its files are as before.`,
    );
  }
}

/** Puts a person's files back, and unlocks their index, after a process died while it applied. */
export async function recoverApplies(folder: MirrorFolder, signal: AbortSignal): Promise<void> {
  for (const leftover of folder.scratches.leftovers()) {
    const marker = join(leftover, neededName);
    const top = await readFile(marker, 'utf8').catch(() => '');
    if (top === '') continue;
    try {
      if (existsSync(top)) {
        const repository = await openRepository(top, signal);
        await using _lock = await lockIndex(repository);
        await recoverSwap(repository, (await readHead(repository, signal)).head);
      }
      await rm(marker);
    } catch (error) {
      // The plan stays beside the files, and the next apply there follows it; others must not wait for this one.
      if (!(error instanceof NovaError)) throw error;
    }
  }
}

function refuseUnfinished(repository: SourceRepository): void {
  const found = unfinished.find((name) => existsSync(join(repository.gitDir, name)));
  if (found === undefined) return;
  throw new NovaError(
    'apply.conflict',
    `${repository.top} is in the middle of a merge, rebase or cherry-pick (${found}). Nothing was changed. Finish or abort it, then apply again.`,
    { details: { paths: [] } },
  );
}

async function requirePresent(view: GitPlace, input: ApplyRequest, commit: string, signal: AbortSignal): Promise<void> {
  if (await hasCommit(view, commit, signal)) return;
  throw new NovaError(
    'branch.moved',
    `The commit ${commit} of ${input.branch} is gone from the repository and from the mirror. Nothing was changed. Run the task again.`,
  );
}

function conflict(input: ApplyRequest, paths: readonly string[], why: string): NovaError {
  return new NovaError(
    'apply.conflict',
    `${input.branch} does not fit the files as they are now: ${why} ${paths.join(', ')}. Nothing was changed. Commit or move your work in these files and apply again, or merge by hand: git merge ${input.branch}`,
    { details: { paths } },
  );
}

function mergedTree(input: ApplyRequest, outcome: MergeOutcome): string {
  if ('tree' in outcome) return outcome.tree;
  throw conflict(input, outcome.conflicts, 'both sides changed');
}

/** Only the change itself, merged into the files; index and HEAD stay. */
async function patchFiles(work: Work): Promise<Applied> {
  const { view, scratch, files, input, signal, head } = work;
  const trees = {
    base: await treeOf(view, input.base, signal),
    ours: files.tree,
    theirs: await treeOf(view, input.commit, signal),
  };
  const tree = mergedTree(input, await mergeTrees(scratch, view, trees, signal));
  if (tree === files.tree) return { how: 'already-applied', head };
  await replaceFiles(work, files.tree, tree, null, async () => {});
  return { how: 'patched-files', head };
}

/** A clean checkout goes forward, or to a merge commit of the person's. */
async function moveHead(work: Work, headTree: string): Promise<Applied> {
  const { repository, view, scratch, input, signal, head } = work;
  const forward = await isAncestor(view, head, input.commit, signal);
  const commit = forward ? input.commit : await mergeCommit(work);
  const tree = await treeOf(view, commit, signal);
  const own = { ...view, alternates: [...(view.alternates ?? [])] };
  await sendObjects(own, repository, commit, head, signal);
  const index = join(scratch.folder, 'new-index');
  const indexed: GitPlace = { ...view, indexFile: index };
  await copyIndex(repository, scratch, indexed);
  await runGit(indexed, ['read-tree', '-i', '-m', headTree, tree], { signal });
  await replaceFiles(work, headTree, tree, commit, async (swap) => {
    await runGit(indexed, ['update-index', '-q', '--refresh'], { signal, accept: [1] });
    await replaceIndex(repository, swap, index, async () => {
      const reason = forward ? `nova: fast-forward to ${input.branch}` : `nova: merge ${input.branch}`;
      await moveRefs(repository.refs, [{ ref: 'HEAD', to: commit, old: head }], reason, signal);
    });
  });
  return { how: forward ? 'fast-forward' : 'merge', head: commit };
}

async function mergeCommit(work: Work): Promise<string> {
  const { repository, view, scratch, input, signal, head, clock } = work;
  const found = await gitLine(view, ['merge-base', head, input.commit], { signal, accept: [1] });
  const base = found.split('\n')[0] || input.base;
  const tree = mergedTree(input, await mergeTrees(scratch, view, { base, ours: head, theirs: input.commit }, signal));
  const seconds = String(Math.floor(clock.now() / 1000));
  const place = { ...view, variables: signature(repository.identity ?? novaIdentity, seconds) };
  const args = ['commit-tree', tree, '-p', head, '-p', input.commit];
  return gitLine(place, args, { stdin: `Merge branch '${input.branch}'\n`, signal });
}

async function replaceFiles(
  work: Work,
  from: string,
  to: string,
  newHead: string | null,
  afterwards: (swap: SwapFolder) => Promise<void>,
): Promise<void> {
  const { repository, view, scratch, input, signal } = work;
  const changes = await changesBetween(view, from, to, signal);
  const blocked = await blockedPaths(repository, changes);
  if (blocked.length > 0) throw conflict(input, blocked, 'files are in the way or gone:');
  const swap = await openSwapFolder(repository);
  // The folder holds the person's own files while they are out of place: it goes only once they are back or done with.
  try {
    await writeFresh({ ...view, indexFile: join(scratch.folder, 'fresh-index') }, to, swap, changes, signal);
    await refuseChangedMeanwhile(work, changes);
    await swapFiles(repository, swap, changes, newHead);
    await afterwards(swap);
  } catch (error) {
    await undoSwap(repository, swap);
    await closeSwapFolder(swap);
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (inTheWay.has(code)) throw conflict(input, pathsOf(changes), 'something stands in the way of one of');
    throw error;
  }
  await keepSwap(swap);
  await closeSwapFolder(swap);
}

async function writeFresh(
  place: GitPlace,
  tree: string,
  swap: SwapFolder,
  changes: readonly TreeChange[],
  signal: AbortSignal,
): Promise<void> {
  await runGit(place, ['read-tree', tree], { signal });
  const paths = changes.filter((change) => change.newMode !== '000000').map((change) => change.path);
  if (paths.length === 0) return;
  const args = ['checkout-index', '-q', '-f', '-z', '--stdin', `--prefix=${swap.fresh}/`];
  await runGit(place, args, { stdin: joinFields(paths), signal });
}

/** The scratch's index knows the files as they were read; whatever differs now was edited since. */
async function refuseChangedMeanwhile(work: Work, changes: readonly TreeChange[]): Promise<void> {
  const edited = await gitFields(work.files.place, ['diff-files', '-z', '--name-only', '--no-ext-diff'], {
    signal: work.signal,
  });
  const touched = new Set(pathsOf(changes));
  const both = edited.map((path) => path.toString('utf8')).filter((path) => touched.has(path));
  if (both.length > 0) throw conflict(work.input, both, 'files were edited while it was applied:');
}

/** The index and the ref change together: when the ref can't move, the old index comes back. */
async function replaceIndex(
  repository: SourceRepository,
  swap: SwapFolder,
  fresh: string,
  moveRef: () => Promise<void>,
): Promise<void> {
  const current = join(repository.gitDir, 'index');
  const kept = join(swap.folder, 'index');
  const staged = join(repository.gitDir, 'nova-index');
  await copyFile(current, kept);
  await copyFile(fresh, staged);
  await rename(staged, current);
  try {
    await moveRef();
  } catch (error) {
    await rename(kept, current);
    throw error;
  }
}
