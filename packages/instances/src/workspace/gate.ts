import { join } from 'node:path';
import { changesBetween, commitOnTop, pathsOf, type TreeChange, treeOf } from './commits.ts';
import { asNovaError, copyObjects, gitLine, joinFields, runGit } from './git.ts';
import {
  lockMirror,
  type MirrorFolder,
  mirrorScratch,
  moveRefs,
  openMirror,
  requireCommit,
  requireTask,
  taskRef,
} from './mirror.ts';
import { isProtectedPath } from './protected-paths.ts';
import { scratchPlace } from './scratch.ts';

/** Which change to judge, and the files that show the failure. */
export interface GateRequest {
  task: string;
  mirror: string;
  base: string;
  commit: string;
  testFiles: string[];
}

/**
 * Makes the commit that the gate judges: the change, with every test and every piece of runner configuration as the
 * base has it, and those that the base does not have removed. The same input gives the same commit.
 */
export async function prepareGate(
  folder: MirrorFolder,
  input: GateRequest,
  signal: AbortSignal,
): Promise<{ commit: string; restored: string[] }> {
  requireTask(input.task);
  requireCommit(input.base);
  requireCommit(input.commit);
  const mirror = await openMirror(folder, input.mirror);
  try {
    await using scratch = await mirrorScratch(folder, mirror);
    const place = scratchPlace(scratch, [mirror.objects]);
    const named = new Set(input.testFiles);
    const changed = await changesBetween(place, input.base, input.commit, signal);
    const protectedChanges = changed.filter(({ path }) => {
      const text = path.toString('utf8');
      return named.has(text) || isProtectedPath(text);
    });
    await runGit(place, ['read-tree', input.commit], { signal });
    await putBack(place, protectedChanges, signal);
    const tree = await gitLine(place, ['write-tree'], { signal });
    const same = tree === (await treeOf(place, input.commit, signal));
    const commit = same
      ? input.commit
      : await commitOnTop(place, tree, input.base, 'The change, judged by the tests of its base', signal);
    const restored = same ? [] : pathsOf(await changesBetween(place, input.commit, commit, signal));

    using _lock = await lockMirror(mirror, signal);
    await copyObjects(place, mirror.place, [commit, `^${input.base}`, `^${input.commit}`], { signal });
    await moveRefs(mirror.place, [{ ref: taskRef(input.task, 'gate'), to: commit }], 'gate prepared', signal);
    return { commit, restored };
  } catch (error) {
    const what = `The tree for the gate could not be made from ${input.base} and ${input.commit} in ${join(mirror.gitDir)}; nothing was changed.`;
    throw asNovaError(error, 'gate.failed', what);
  }
}

/** Removals come first: a file may stand where the base has a folder. */
async function putBack(
  place: ReturnType<typeof scratchPlace>,
  changes: readonly TreeChange[],
  signal: AbortSignal,
): Promise<void> {
  const line = (mode: string, id: string, path: Buffer) => Buffer.concat([Buffer.from(`${mode} ${id}\t`), path]);
  const removals = changes.filter((change) => change.oldMode === '000000');
  const others = changes.filter((change) => change.oldMode !== '000000');
  const stdin = joinFields([
    ...removals.map((change) => line('0', '0'.repeat(change.newId.length), change.path)),
    ...others.map((change) => line(change.oldMode, change.oldId, change.path)),
  ]);
  if (changes.length > 0) await runGit(place, ['update-index', '--replace', '-z', '--index-info'], { stdin, signal });
}
