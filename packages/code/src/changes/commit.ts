import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NovaError, type TextEdit } from '@nova/core';
import { git } from '../workspace/git.ts';
import type { WorkingTree } from '../workspace/working-tree.ts';
import { literal } from './preview.ts';

interface CommitRequest {
  readonly edits: readonly TextEdit[];
  readonly message: string;
  /** ISO 8601; author's and committer's date, so that the same change always has the same hash. */
  readonly committedAt: string;
  /** The commit to build on. */
  readonly base: string;
  /** Folder for the bundle while it is made. */
  readonly scratch: string;
}

/**
 * Commits edits on top of the base and packs the new commit as a git bundle whose reference is `HEAD`. No hook and no
 * filter runs. The clone stands at the base again when this resolves; the commit stays in its objects.
 */
export async function commitChange(
  request: CommitRequest,
  tree: WorkingTree,
): Promise<{ commit: string; bundle: Buffer }> {
  const file = join(request.scratch, `change-${process.pid}.bundle`);
  await git(tree.folder, ['checkout', '--quiet', '--force', '--detach', request.base]);
  try {
    await tree.apply(request.edits);
    const paths = [...new Set(request.edits.map((edit) => edit.path))].sort();
    await git(tree.folder, ['add', '--', ...literal(paths)]);
    const unchanged = await git(tree.folder, ['diff', '--cached', '--name-only']);
    if (unchanged.length === 0) {
      throw new NovaError('tool.input', 'The edits change nothing, so there is nothing to commit.');
    }
    const identity = { NAME: 'Nova', EMAIL: 'nova@localhost', DATE: request.committedAt };
    const environment = Object.fromEntries(
      Object.entries(identity).flatMap(([key, value]) => [
        [`GIT_AUTHOR_${key}`, value],
        [`GIT_COMMITTER_${key}`, value],
      ]),
    );
    await git(tree.folder, ['commit', '--quiet', '--no-verify', '--cleanup=verbatim', '-F', '-'], {
      input: request.message,
      environment,
    });
    const commit = (await git(tree.folder, ['rev-parse', 'HEAD'])).toString('utf8').trim();
    await git(tree.folder, ['bundle', 'create', '--quiet', file, `${request.base}..HEAD`]);
    return { commit, bundle: await readFile(file) };
  } finally {
    await rm(file, { force: true });
    await tree.restore();
  }
}
