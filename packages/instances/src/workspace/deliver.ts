import { NovaError } from '@nova/core';
import { asNovaError, copyObjects, GitFailure, type GitPlace, gitLine, runGit } from './git.ts';
import {
  admitLease,
  checkLease,
  lockMirror,
  type MirrorFolder,
  mirrorScratch,
  moveRefs,
  openMirror,
  readRef,
  requireCommit,
  requireTask,
  taskRef,
} from './mirror.ts';
import { scratchPlace } from './scratch.ts';
import { openRepository, type SourceRepository } from './source-repository.ts';
import { hasCommit } from './working-tree.ts';

/** A change has at most 20 commits, on one with the person's uncommitted work. */
const ancestorsLookedAt = 22;

export interface DeliverRequest {
  task: string;
  repository: string;
  mirror: string;
  branch: string;
  commit: string;
  leaseToken: number;
}

/**
 * Creates the branch in the person's repository: objects first, then the one ref, by compare-and-swap from "absent".
 * Repeating it is a no-op; a branch that is elsewhere stays there.
 */
export async function deliver(
  folder: MirrorFolder,
  input: DeliverRequest,
  signal: AbortSignal,
): Promise<{ branch: string; commit: string }> {
  requireTask(input.task);
  requireCommit(input.commit);
  const ref = `refs/heads/${input.branch}`;
  const repository = await openRepository(input.repository, signal);
  const mirror = await openMirror(folder, input.mirror);
  await requireBranchName(mirror.place, input.branch, signal);
  await checkLease(mirror, input.task, input.leaseToken);
  using _lock = await lockMirror(mirror, signal);
  await admitLease(mirror, input.task, input.leaseToken);
  try {
    const found = await readRef(repository.refs, ref, signal);
    if (found === input.commit) return { branch: input.branch, commit: input.commit };
    if (found !== null) throw moved(repository, input.branch, `is at ${found}`);
    await using scratch = await mirrorScratch(folder, mirror);
    const from = scratchPlace(scratch, [mirror.objects]);
    // A fork never captured the repository itself: what it started from is among the ancestors.
    const head =
      (await readRef(mirror.place, taskRef(input.task, 'head'), signal)) ??
      (await nearestTheyHave(from, repository, input.commit, signal));
    await sendObjects(from, repository, input.commit, head, signal);
    await create(repository, input.branch, input.commit, signal);
    return { branch: input.branch, commit: input.commit };
  } catch (error) {
    const what = `The branch ${input.branch} could not be created in ${repository.top}; it does not exist there. The change is kept in the mirror; call again.`;
    throw asNovaError(error, 'internal', what);
  }
}

/** The nearest ancestor that the person's repository holds, of the few on which a change can lie; null when none. */
async function nearestTheyHave(
  from: GitPlace,
  repository: SourceRepository,
  commit: string,
  signal: AbortSignal,
): Promise<string | null> {
  const args = ['rev-list', '--first-parent', `--max-count=${ancestorsLookedAt}`, commit];
  for (const id of (await gitLine(from, args, { signal })).split('\n')) {
    if (await hasCommit({ gitDir: from.gitDir, objects: repository.objects }, id, signal)) return id;
  }
  return null;
}

async function requireBranchName(place: GitPlace, branch: string, signal: AbortSignal): Promise<void> {
  const checked = await runGit(place, ['check-ref-format', `refs/heads/${branch}`], { signal, accept: [1] });
  if (checked.exitCode === 0 && branch.startsWith('nova/')) return;
  throw new NovaError('usage.invalid', `"${branch}" is no name of a branch of Nova's (nova/…). Nothing was changed.`);
}

/**
 * Adds a commit with all it needs to the person's objects. The command runs in a repository of ours that only lends
 * their object folder, so their configuration is never read.
 */
export async function sendObjects(
  from: GitPlace,
  repository: SourceRepository,
  commit: string,
  known: string | null,
  signal: AbortSignal,
): Promise<void> {
  const theirs: GitPlace = { gitDir: from.gitDir, objects: repository.objects };
  const has = known !== null && (await hasCommit(theirs, known, signal));
  await copyObjects(from, theirs, has ? [commit, `^${known}`] : [commit], { loose: has, signal });
}

async function create(
  repository: SourceRepository,
  branch: string,
  commit: string,
  signal: AbortSignal,
): Promise<void> {
  const ref = `refs/heads/${branch}`;
  try {
    await moveRefs(repository.refs, [{ ref, to: commit, old: null }], 'nova: delivered', signal);
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    const found = await readRef(repository.refs, ref, signal);
    if (found === commit) return;
    if (found !== null) throw moved(repository, branch, `is at ${found}`);
    if (/exists; cannot create|cannot lock ref/i.test(error.stderr))
      throw moved(repository, branch, `can't be made (${error.stderr.trim()})`);
    throw error;
  }
}

function moved(repository: SourceRepository, branch: string, what: string): NovaError {
  return new NovaError(
    'branch.moved',
    `The branch ${branch} in ${repository.top} ${what}, so it was left as it is. The change is kept in the mirror. Rename or delete that branch, then resume the task.`,
    { details: { branch } },
  );
}
