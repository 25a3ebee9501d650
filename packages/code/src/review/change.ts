import { literal } from '../changes/preview.ts';
import { git } from '../workspace/git.ts';
import { changedLines } from './diff-lines.ts';

/** What differs between two commits. */
export interface TreeDifference {
  /** Paths now that are new or hold something else than before. */
  readonly now: ReadonlySet<string>;
  /** Their paths before, where they had one. */
  readonly before: ReadonlySet<string>;
  /** From a path before to the path now, where a file was moved. */
  readonly renamed: ReadonlyMap<string, string>;
}

const options = ['--no-color', '--no-ext-diff', '--no-textconv', '--find-renames'] as const;

/** The paths that differ between two commits. */
export async function differenceOf(folder: string, since: string, commit: string): Promise<TreeDifference> {
  const listing = await git(folder, ['diff', '--name-status', '-z', ...options, since, commit]);
  const fields = listing.toString('utf8').split('\0');
  const now = new Set<string>();
  const before = new Set<string>();
  const renamed = new Map<string, string>();
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [status = '', first = ''] = fields.slice(index, index + 2);
    if (/^[RC]/.test(status)) {
      const second = fields[index + 2] ?? '';
      index += 1;
      now.add(second);
      before.add(first);
      if (status.startsWith('R')) renamed.set(first, second);
      continue;
    }
    if (status !== 'D') now.add(first);
    if (status !== 'A') before.add(first);
  }
  return { now, before, renamed };
}

/** The lines that are new in some files, by path now. */
export async function newLines(
  folder: string,
  since: string,
  commit: string,
  paths: readonly string[],
  { renamed }: TreeDifference,
): Promise<Map<string, ReadonlySet<number>>> {
  const origins = new Map([...renamed].map(([before, now]) => [now, before]));
  const found = new Map<string, ReadonlySet<number>>();
  for (const path of paths) {
    const both = [path, ...(origins.has(path) ? [origins.get(path) ?? path] : [])];
    const diff = await git(folder, ['diff', '--unified=0', ...options, since, commit, '--', ...literal(both)]);
    found.set(path, new Set(changedLines(diff.toString('utf8')).added.map(({ line }) => line)));
  }
  return found;
}
