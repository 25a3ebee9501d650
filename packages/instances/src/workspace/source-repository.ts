import { existsSync } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { NovaError } from '@nova/core';
import { asNovaError, type GitPlace, gitLine, readConfig, splitFields } from './git.ts';
import type { ObjectFormat } from './scratch.ts';

/** A person's repository, found without asking git to discover anything. */
export interface SourceRepository {
  /** Real path of the work tree. */
  readonly top: string;
  /** Of this work tree; a linked one has its own. */
  readonly gitDir: string;
  /** Shared by all work trees: objects, branches, configuration. */
  readonly commonDir: string;
  readonly objects: string;
  readonly objectFormat: ObjectFormat;
  readonly shallow: string;
  /** For commands that read or move refs; their hooks are off. */
  readonly refs: GitPlace;
  /** The configuration that says what the files mean; data only, nothing in it names a program. */
  readonly settings: readonly (readonly [string, string])[];
  readonly identity: { readonly name: string; readonly email: string } | null;
}

const dataSettings =
  'core\\.(autocrlf|eol|safecrlf|filemode|symlinks|ignorecase|precomposeunicode|sparsecheckout|sparsecheckoutcone|trustctime|checkstat)|index\\.sparse';

/** The text of a small file of git's; empty when there is none. A pipe in its place would block for ever. */
async function textOf(path: string): Promise<string> {
  return (await isRegularFile(path)) ? readFile(path, 'utf8') : '';
}

/** True for a file that can be read to its end. */
export async function isRegularFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}

function missing(path: string, why: string): NovaError {
  return new NovaError(
    'repository.missing',
    `${path} ${why}. Nothing was changed. Name the top folder of a git work tree, or make one with \`git init\`.`,
  );
}

function topAbove(folder: string): string | null {
  for (let at = dirname(folder); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (at === dirname(at)) return null;
  }
}

async function gitDirOf(top: string): Promise<string> {
  const entry = join(top, '.git');
  const found = await stat(entry).catch(() => null);
  if (found?.isDirectory()) return realpath(entry);
  if (found?.isFile()) {
    const target = /^gitdir: ([^\0]+?)\n?$/.exec(await textOf(entry))?.[1];
    if (target === undefined) throw missing(top, 'has a .git file that names no git folder');
    return realpath(resolve(top, target)).catch(() => {
      throw missing(top, `belongs to a git folder that is gone (${target})`);
    });
  }
  if (['HEAD', 'objects', 'refs'].every((name) => existsSync(join(top, name)))) {
    throw missing(top, 'is a bare git repository, without a work tree');
  }
  const above = topAbove(top);
  if (above !== null) {
    throw new NovaError(
      'usage.invalid',
      `${top} is a folder inside the repository ${above}. Nothing was changed. Name the top folder: ${above}`,
    );
  }
  throw missing(top, 'is not a git repository');
}

/** Opens the repository whose top folder is `path`; changes nothing and runs nothing of its own. */
export async function openRepository(path: string, signal: AbortSignal): Promise<SourceRepository> {
  const top = await realpath(path).catch(() => {
    throw missing(path, 'does not exist');
  });
  if (!(await stat(top)).isDirectory()) throw missing(path, 'is not a folder');
  try {
    const gitDir = await gitDirOf(top);
    const common = (await textOf(join(gitDir, 'commondir'))).replace(/\n$/, '');
    const commonDir = common === '' ? gitDir : await realpath(resolve(gitDir, common));
    if (!existsSync(join(gitDir, 'HEAD')) || !existsSync(join(commonDir, 'objects'))) {
      throw missing(top, 'has a .git folder that is not a git repository');
    }
    return await describe(top, gitDir, commonDir, signal);
  } catch (error) {
    throw asNovaError(error, 'repository.unreadable', `${top} can't be read as a git repository. Nothing was changed.`);
  }
}

async function describe(
  top: string,
  gitDir: string,
  commonDir: string,
  signal: AbortSignal,
): Promise<SourceRepository> {
  const answer = { signal, accept: [1] };
  const listing = await readConfig(
    gitDir,
    ['-z', '--get-regexp', `^(${dataSettings}|user\\.(name|email)|hook\\..*)$`],
    answer,
  );
  const entries = splitFields(listing.stdout).map((field): [string, string] => {
    const [key = '', ...value] = field.toString('utf8').split('\n');
    return [key, value.length === 0 ? 'true' : value.join('\n')];
  });
  const [excludes, attributes, objectFormat] = await Promise.all([
    pathSetting(gitDir, 'core.excludesFile', 'ignore', signal),
    pathSetting(gitDir, 'core.attributesFile', 'attributes', signal),
    gitLine({ gitDir }, ['rev-parse', '--show-object-format'], { signal }),
  ]);
  const last = (key: string) => entries.findLast(([name]) => name === key)?.[1];
  const name = last('user.name');
  const email = last('user.email');
  return {
    top,
    gitDir,
    commonDir,
    objects: join(commonDir, 'objects'),
    objectFormat: objectFormat === 'sha256' ? 'sha256' : 'sha1',
    shallow: await textOf(join(commonDir, 'shallow')),
    refs: { gitDir, settings: hooksOff(entries) },
    settings: [
      ...entries.filter(([key]) => !key.startsWith('user.') && !key.startsWith('hook.')),
      ['core.excludesFile', excludes],
      ['core.attributesFile', attributes],
    ],
    identity: name && email ? { name, email } : null,
  };
}

/** Newer versions of git also take hooks from configuration, each under a name of its own. */
function hooksOff(entries: readonly (readonly [string, string])[]): [string, string][] {
  const names = new Set(entries.flatMap(([key]) => /^hook\.(.+)\.[^.]+$/s.exec(key)?.[1] ?? []));
  return [...names].flatMap((name): [string, string][] => [
    [`hook.${name}.enabled`, 'false'],
    [`hook.${name}.command`, 'true'],
  ]);
}

async function pathSetting(gitDir: string, key: string, fallback: string, signal: AbortSignal): Promise<string> {
  const { stdout } = await readConfig(gitDir, ['-z', '--type=path', '--get', key], { signal, accept: [1] });
  const named = splitFields(stdout).at(-1)?.toString('utf8');
  if (named) return named;
  return join(process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'git', fallback);
}

/** What HEAD is: refuses a repository without a commit. */
export async function readHead(
  repository: SourceRepository,
  signal: AbortSignal,
): Promise<{ head: string; headName: string | null }> {
  const symbolic = await gitLine(repository.refs, ['symbolic-ref', '-q', 'HEAD'], { signal, accept: [1] });
  const head = await gitLine(repository.refs, ['rev-parse', '-q', '--verify', 'HEAD'], { signal, accept: [1, 128] });
  if (head === '') {
    throw new NovaError(
      'repository.empty',
      `${repository.top} has no commit yet. Nothing was changed. Commit something first: git add -A && git commit`,
    );
  }
  return { head, headName: symbolic === '' ? null : symbolic.replace(/^refs\/heads\//, '') };
}
