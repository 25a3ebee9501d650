import { type GitPlace, gitFields, gitLine } from './git.ts';

/** Who a commit of Nova's own is by. */
export const novaIdentity = { name: 'Nova', email: 'nova@localhost' } as const;

/** The variables that fix a commit's identity and date; `seconds` since the epoch. */
export function signature(identity: { name: string; email: string }, seconds: string): Record<string, string> {
  return {
    GIT_AUTHOR_NAME: identity.name,
    GIT_AUTHOR_EMAIL: identity.email,
    GIT_AUTHOR_DATE: `@${seconds} +0000`,
    GIT_COMMITTER_NAME: identity.name,
    GIT_COMMITTER_EMAIL: identity.email,
    GIT_COMMITTER_DATE: `@${seconds} +0000`,
  };
}

/** A commit that depends on nothing but its tree, parent and message: it takes the parent's date. */
export async function commitOnTop(
  place: GitPlace,
  tree: string,
  parent: string,
  message: string,
  signal: AbortSignal,
): Promise<string> {
  const seconds = (await gitLine(place, ['log', '-1', '--format=%ct', parent], { signal })).trim();
  const variables = { ...place.variables, ...signature(novaIdentity, seconds) };
  const args = ['commit-tree', tree, '-p', parent];
  return gitLine({ ...place, variables }, args, { stdin: `${message}\n`, signal });
}

export async function treeOf(place: GitPlace, commit: string, signal: AbortSignal): Promise<string> {
  return gitLine(place, ['rev-parse', '--verify', `${commit}^{tree}`], { signal });
}

/** One path that differs between two trees. A missing side has mode `000000`. */
export interface TreeChange {
  readonly path: Buffer;
  readonly oldMode: string;
  readonly newMode: string;
  readonly oldId: string;
  readonly newId: string;
}

/** Paths that differ between two commits or trees, without guessing renames. */
export async function changesBetween(
  place: GitPlace,
  from: string,
  to: string,
  signal: AbortSignal,
): Promise<TreeChange[]> {
  const args = ['diff-tree', '-r', '-z', '--no-renames', '--full-index', '--no-ext-diff', '--no-textconv', '--raw'];
  const fields = await gitFields(place, [...args, from, to], { signal });
  const changes: TreeChange[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [oldMode = '', newMode = '', oldId = '', newId = ''] = (fields[index] ?? '').toString().slice(1).split(' ');
    changes.push({ path: fields[index + 1] ?? Buffer.of(), oldMode, newMode, oldId, newId });
  }
  return changes;
}

/** Paths as text, for people and for the wire. */
export function pathsOf(changes: readonly TreeChange[]): string[] {
  return changes.map((change) => change.path.toString('utf8'));
}
