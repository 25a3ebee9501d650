import type { TextEdit } from '@nova/core';
import { git } from '../workspace/git.ts';
import type { WorkingTree } from '../workspace/working-tree.ts';

/** The unified diff of some edits against the commit; the files are put back before it resolves. */
export async function previewDiff(edits: readonly TextEdit[], tree: WorkingTree): Promise<string> {
  try {
    await tree.apply(edits);
    const paths = [...new Set(edits.map((edit) => edit.path))].sort();
    if (paths.length === 0) return '';
    const diff = await git(tree.folder, [
      'diff',
      '--no-color',
      '--no-ext-diff',
      '--no-textconv',
      '--',
      ...literal(paths),
    ]);
    return diff.toString('utf8');
  } finally {
    await tree.restore();
  }
}

/** Paths that git must not read as patterns. */
export function literal(paths: readonly string[]): string[] {
  return paths.map((path) => `:(literal)${path}`);
}
