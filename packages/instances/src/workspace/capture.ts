import { NovaError } from '@nova/core';
import { changesBetween, commitOnTop, pathsOf, treeOf } from './commits.ts';
import { asNovaError, copyObjects } from './git.ts';
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
}

/** Copies HEAD and the person's uncommitted work into the mirror; reads their folder, writes nothing there. */
export async function capture(
  folder: MirrorFolder,
  input: { task: string; repository: string },
  signal: AbortSignal,
): Promise<Capture> {
  requireTask(input.task);
  const repository = await openRepository(input.repository, signal);
  try {
    return await captureOpened(folder, input.task, repository, signal);
  } catch (error) {
    const what = `${repository.top} could not be copied; some of its files or objects can't be read. Nothing of it was changed. Run \`git fsck\` there`;
    throw asNovaError(error, 'repository.unreadable', what);
  }
}

async function captureOpened(
  folder: MirrorFolder,
  task: string,
  repository: SourceRepository,
  signal: AbortSignal,
): Promise<Capture> {
  const { head, headName } = await readHead(repository, signal);
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
    await copyObjects(reading, mirror.place, [head, ...known.map((id) => `^${id}`)], { signal });
    await adoptShallow(mirror, repository);
    await moveRefs(mirror.place, [{ ref: taskRef(task, 'head'), to: head }], 'captured', signal);
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
  return { mirror: mirror.gitDir, head, headName, commit, dirty, personPaths, ignored: files.ignored };
}
