import { constants } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { applyEdits, editsByPath, NovaError, type TextEdit, toNovaError } from '@nova/core';
import type { ToolContext } from '../tool-context.ts';
import { git } from './git.ts';

/** Folders that hold dependencies: mounted or linked in from outside, and never ours to remove. */
const dependencyFolders = ['node_modules', '.venv', 'venv', '.env', '.tox', '.yarn'];

/** The files of a clone: put back to the commit after every run, whatever the run did to them. */
export class WorkingTree {
  readonly folder: string;
  readonly #commit: string;
  readonly #settle: ToolContext['settle'];

  constructor(folder: string, commit: string, settle: ToolContext['settle']) {
    this.folder = folder;
    this.#commit = commit;
    this.#settle = settle;
  }

  /** Paths of the files tracked at the commit, with forward slashes; a link is another name of a file, and none itself. */
  async tracked(): Promise<string[]> {
    const listing = await git(this.folder, ['ls-tree', '-r', '-z', this.#commit]);
    return listing
      .toString('utf8')
      .split('\0')
      .flatMap((entry) => (entry.startsWith('100') ? [entry.slice(entry.indexOf('\t') + 1)] : []));
  }

  /**
   * Every file as it is in the commit; files that a run made are gone, dependencies stay. Rejects with `sandbox.limit` when
   * what the tests did to the folder cannot be undone.
   */
  async restore(): Promise<void> {
    try {
      await this.#putBack();
    } catch {
      const left = await this.#settle();
      await this.#putBack().catch((cause: unknown) => {
        throw cannotRestore(cause, left);
      });
    }
  }

  async #putBack(): Promise<void> {
    // A killed git leaves its lock behind, and would then refuse for ever.
    for (const name of ['index', 'HEAD', 'ORIG_HEAD']) {
      await rm(join(this.folder, '.git', `${name}.lock`), { recursive: true, force: true });
    }
    await git(this.folder, ['reset', '--hard', '--quiet', this.#commit]);
    const keep = dependencyFolders.flatMap((name) => ['-e', name]);
    // Some left-overs cannot be removed (a mount point, a file of another user); they are nobody's change.
    await git(this.folder, ['clean', '-ffdq', ...keep], { acceptable: [1] });
  }

  /** Tracked files that differ and untracked files that appeared, without the dependency folders. */
  async changed(): Promise<string[]> {
    const status = await git(this.folder, [
      'status',
      '--porcelain=v1',
      '-z',
      '--no-renames',
      '--untracked-files=all',
      '--',
      '.',
      ...dependencyFolders.map((name) => `:(exclude,glob)**/${name}/**`),
      ...dependencyFolders.map((name) => `:(exclude,glob)**/${name}`),
    ]);
    const entries = status.toString('utf8').split('\0').filter(Boolean);
    return entries.map((entry) => entry.slice(3)).sort();
  }

  /** The text of a tracked file as it is now; null when it is not UTF-8 text, a link, or not there. */
  async read(path: string): Promise<string | null> {
    try {
      const bytes = await readFile(join(this.folder, path), { flag: constants.O_RDONLY | constants.O_NOFOLLOW });
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return null;
    }
  }

  async write(path: string, text: string): Promise<void> {
    const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
    await writeFile(join(this.folder, path), text, { flag: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW });
  }

  /** Applies edits to the files; `tool.input` when a file is not there or the edits do not fit. */
  async apply(edits: readonly TextEdit[]): Promise<void> {
    for (const [path, group] of editsByPath(edits)) {
      if (path.startsWith('/') || path.split('/').some((part) => part === '..' || part === '.git')) {
        throw new NovaError('tool.input', `An edit names ${path}, which lies outside the repository's files.`);
      }
      const text = await this.read(path);
      if (text === null) throw new NovaError('tool.input', `An edit names ${path}, which is not a text file here.`);
      await this.write(path, applyEdits(text, group));
    }
  }
}

function cannotRestore(cause: unknown, left: readonly string[]): NovaError {
  const said = cause instanceof Error ? cause.message : String(cause);
  // Git's own words tell of a full disk, for which the tests are not to blame.
  const known = toNovaError(new Error(said, { cause }), 'sandbox.limit');
  if (known.code === 'disk.full') return known;
  const running = left.length === 0 ? '' : ` They had left running, until Nova ended it: ${left.join('; ')}.`;
  return new NovaError(
    'sandbox.limit',
    `The tests changed the copy of the repository they ran on so that it cannot be put back (${said}).${running} The repository itself is untouched. Make the tests clean up after themselves, then run the task again.`,
    { cause, details: { limit: 'workspace', left: [...left] } },
  );
}
