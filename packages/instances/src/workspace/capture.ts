import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { NovaError } from '@nova/core';
import { changesBetween, commitOnTop, pathsOf, treeOf } from './commits.ts';
import { asNovaError, copyObjects, gitLine } from './git.ts';
import {
  adoptShallow,
  ensureMirror,
  knownRevisions,
  lockMirror,
  type MirrorFolder,
  mirrorOf,
  moveRefs,
  requireTask,
  taskRef,
} from './mirror.ts';
import { scratchPlace } from './scratch.ts';
import { openRepository, readHead, type SourceRepository } from './source-repository.ts';
import { hasCommit, readWorkingTree, viewOf } from './working-tree.ts';

/** What the mirror now holds of a person's repository. */
export interface Capture {
  mirror: string;
  head: string;
  headName: string | null;
  commit: string;
  dirty: boolean;
  personPaths: string[];
  ignored: string[];
  /** Where the person's line of work left `ref`: the commit that a change since then is measured from. */
  since: { ref: string; commit: string } | null;
}

/** Copies HEAD and the person's uncommitted work into the mirror; reads their folder, writes nothing there. */
export async function capture(
  folder: MirrorFolder,
  input: { task: string; repository: string; since?: string | undefined; forBranch?: boolean },
  signal: AbortSignal,
): Promise<Capture> {
  requireTask(input.task);
  const repository = await openRepository(input.repository, signal);
  if (input.forBranch) await refuseReadOnly(repository);
  try {
    return await captureOpened(folder, input.task, repository, input.since ?? null, signal);
  } catch (error) {
    const what = `${repository.top} could not be copied; some of its files or objects can't be read. Nothing of it was changed. Run \`git fsck\` there`;
    throw asNovaError(error, 'repository.unreadable', what);
  }
}

/** Found out now, and not after the work: nothing could be delivered. */
async function refuseReadOnly({ top, objects, commonDir }: SourceRepository): Promise<void> {
  for (const folder of [objects, join(commonDir, 'refs')]) {
    await access(folder, constants.W_OK).catch((cause: NodeJS.ErrnoException) => {
      throw new NovaError(
        'repository.readonly',
        `Nothing can be written to ${folder} (${cause.code ?? cause.message}), so no branch could be delivered to ${top}. Nothing was changed. Make it writable for yourself, or clone it and work on the clone.`,
        { cause },
      );
    });
  }
}

async function captureOpened(
  folder: MirrorFolder,
  task: string,
  repository: SourceRepository,
  ref: string | null,
  signal: AbortSignal,
): Promise<Capture> {
  const { head, headName } = await readHead(repository, signal);
  const since = ref === null ? null : await readSince(repository, ref, head, signal);
  const mirror = mirrorOf(folder, repository.top);
  await using scratch = folder.scratches.make(repository);
  const reading = scratchPlace(scratch, [repository.objects, mirror.objects]);
  if (!(await hasCommit(scratchPlace(scratch, [repository.objects]), head, signal))) {
    throw new NovaError(
      'repository.unreadable',
      `The commit at HEAD of ${repository.top} (${head}) is missing or broken. Nothing was changed. Run \`git fsck\` there.`,
    );
  }
  {
    using _lock = await lockMirror(mirror, signal);
    await ensureMirror(folder, mirror, repository.objectFormat);
    const known = await knownRevisions(mirror, repository, signal);
    const wanted = since === null ? [head] : [head, since.commit];
    await copyObjects(reading, mirror.place, [...wanted, ...known.map((id) => `^${id}`)], { signal });
    await adoptShallow(mirror, repository);
    const moves = [{ ref: taskRef(task, 'head'), to: head }];
    if (since !== null) moves.push({ ref: taskRef(task, 'since'), to: since.commit });
    await moveRefs(mirror.place, moves, 'captured', signal);
  }
  const view = await viewOf(repository, scratch, [mirror.objects]);
  const files = await readWorkingTree(repository, scratch, view, signal);
  const dirty = files.tree !== (await treeOf(view, head, signal));
  const message = "The person's uncommitted work";
  const commit = dirty ? await commitOnTop(view, files.tree, head, message, signal) : head;
  const personPaths = dirty ? pathsOf(await changesBetween(view, head, commit, signal)) : [];

  using _lock = await lockMirror(mirror, signal);
  if (dirty) await copyObjects(reading, mirror.place, [commit, `^${head}`], { signal });
  await moveRefs(mirror.place, [{ ref: taskRef(task, 'base'), to: commit }], 'captured', signal);
  return { mirror: mirror.gitDir, head, headName, commit, dirty, personPaths, ignored: files.ignored, since };
}

/**
 * The commit that HEAD and `ref` share, so that what others did on `ref` since then is not taken for the person's change;
 * `ref` itself when they share none. Refuses with `usage.invalid` what names no commit.
 */
async function readSince(
  repository: SourceRepository,
  ref: string,
  head: string,
  signal: AbortSignal,
): Promise<{ ref: string; commit: string }> {
  const named = ['rev-parse', '-q', '--verify', '--end-of-options', `${ref}^{commit}`];
  const commit = ref.startsWith('-') ? '' : await gitLine(repository.refs, named, { signal, accept: [1, 128] });
  if (!/^[0-9a-f]{40,64}$/.test(commit)) {
    throw new NovaError(
      'usage.invalid',
      `"${ref}" names no commit of ${repository.top}, so there is nothing to compare with. Nothing was changed. Name a branch, a tag or a commit that \`git log\` knows there.`,
    );
  }
  const shared = await gitLine(repository.refs, ['merge-base', head, commit], { signal, accept: [1, 128] });
  return { ref, commit: shared === '' ? commit : shared };
}
