import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { NovaError } from '@nova/core';
import { type GitPlace, gitLine, runGit } from './git.ts';
import { takeLock } from './mirror-lock.ts';
import { type ObjectFormat, ownConfig, type Scratch, type ScratchRoot, writeRepository } from './scratch.ts';
import type { SourceRepository } from './source-repository.ts';

/** The host's own bare copy of one repository: the only thing that clones borrow from. */
export interface Mirror {
  readonly gitDir: string;
  readonly objects: string;
  readonly place: GitPlace;
}

/** The folder that all mirrors, their locks and scratch folders lie in. */
export interface MirrorFolder {
  readonly root: string;
  readonly scratches: ScratchRoot;
}

const taskPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;

/** Refuses a task id that could not be part of a ref's name. */
export function requireTask(task: string): void {
  if (taskPattern.test(task)) return;
  throw new NovaError('usage.invalid', `"${task}" is no task id; one has letters, digits, - and _ only.`);
}

/** Refuses what is not a full object id, so that no revision syntax gets in. */
export function requireCommit(commit: string): void {
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) return;
  throw new NovaError('usage.invalid', `"${commit}" is no full commit id.`);
}

export function taskRef(task: string, name: 'head' | 'base' | 'since' | 'change' | 'gate'): string {
  return `refs/nova/tasks/${task}/${name}`;
}

function mirrorAt(gitDir: string): Mirror {
  return { gitDir, objects: join(gitDir, 'objects'), place: { gitDir } };
}

/** Where the mirror of a repository is, made or not. */
export function mirrorOf(folder: MirrorFolder, top: string): Mirror {
  const key = createHash('sha256').update(top).digest('hex').slice(0, 24);
  return mirrorAt(join(folder.root, `${key}.git`));
}

/** The mirror with this path; refuses a path that is not one of ours. */
export async function openMirror(folder: MirrorFolder, path: string): Promise<Mirror> {
  const real = await realpath(path).catch(() => null);
  if (real === null || dirname(real) !== folder.root || !/^[0-9a-f]{24}\.git$/.test(basename(real))) {
    throw new NovaError(
      'repository.missing',
      `${path} is no mirror of this host. Nothing was changed. Capture the repository again.`,
    );
  }
  return mirrorAt(real);
}

/** The kernel's lock on a mirror; released by disposal or by the owner's death. */
export function lockMirror(mirror: Mirror, signal: AbortSignal): Promise<Disposable> {
  return takeLock(`${mirror.gitDir.replace(/\.git$/, '')}.lock`, signal);
}

/** Makes the mirror when it is missing; call it with the lock held. */
export async function ensureMirror(folder: MirrorFolder, mirror: Mirror, objectFormat: ObjectFormat): Promise<void> {
  if (existsSync(mirror.gitDir)) return;
  await using scratch = folder.scratches.make({ objectFormat, shallow: '' });
  const fresh = join(scratch.folder, 'mirror');
  await mkdir(fresh);
  writeRepository(fresh, ownConfig(objectFormat, ['\tbare = true', '\tlogAllRefUpdates = always']), '');
  await rename(fresh, mirror.gitDir);
}

/** The hash that the mirror's objects are named by; its configuration is ours and needs no git to read. */
export async function objectFormatOf(mirror: Mirror): Promise<ObjectFormat> {
  const config = await readFile(join(mirror.gitDir, 'config'), 'utf8');
  return /objectFormat = sha256/.test(config) ? 'sha256' : 'sha1';
}

export async function shallowOf(mirror: Mirror): Promise<string> {
  return readFile(join(mirror.gitDir, 'shallow'), 'utf8').catch(() => '');
}

/** A scratch that reads the mirror's objects. */
export async function mirrorScratch(folder: MirrorFolder, mirror: Mirror): Promise<Scratch> {
  return folder.scratches.make({
    objectFormat: await objectFormatOf(mirror),
    shallow: await shallowOf(mirror),
  });
}

/**
 * Revisions whose whole history the mirror already holds. After the person changed how deep their clone is, none: the
 * old ones may lack ancestors that now belong to them.
 */
export async function knownRevisions(
  mirror: Mirror,
  repository: SourceRepository,
  signal: AbortSignal,
): Promise<string[]> {
  if ((await shallowOf(mirror)) !== repository.shallow) return [];
  const args = ['for-each-ref', '--format=%(objectname)', 'refs/nova/tasks/'];
  const ids = (await gitLine(mirror.place, args, { signal })).split('\n').filter((id) => id !== '');
  return [...new Set(ids)];
}

/** Keeps the mirror's boundary of history that of the person's clone; call it with the lock held. */
export async function adoptShallow(mirror: Mirror, repository: SourceRepository): Promise<void> {
  if ((await shallowOf(mirror)) === repository.shallow) return;
  const path = join(mirror.gitDir, 'shallow');
  if (repository.shallow === '') await rm(path, { force: true });
  else await writeAtomically(path, repository.shallow);
}

/** Moves refs all together or not at all; an `old` of null means that the ref must not exist. */
export async function moveRefs(
  place: GitPlace,
  moves: readonly { ref: string; to: string; old?: string | null }[],
  reason: string,
  signal: AbortSignal,
): Promise<void> {
  const lines = moves.map(({ ref, to, old }) => {
    if (old === undefined) return `update ${ref}\0${to}\0\0`;
    return old === null ? `create ${ref}\0${to}\0` : `update ${ref}\0${to}\0${old}\0`;
  });
  const variables = {
    GIT_COMMITTER_NAME: 'Nova',
    GIT_COMMITTER_EMAIL: 'nova@localhost',
    ...place.variables,
  };
  await runGit({ ...place, variables }, ['update-ref', '-m', reason, '--stdin', '-z'], {
    stdin: lines.join(''),
    signal,
  });
}

/** What a ref points at; null when it does not exist. */
export async function readRef(place: GitPlace, ref: string, signal: AbortSignal): Promise<string | null> {
  const id = await gitLine(place, ['rev-parse', '-q', '--verify', ref], { signal, accept: [1, 128] });
  return id === '' ? null : id;
}

/** Refuses a lease older than one already seen for the task. */
export async function checkLease(mirror: Mirror, task: string, token: number): Promise<void> {
  const highest = Number(await readFile(leasePath(mirror, task), 'utf8').catch(() => '-1'));
  if (token >= highest) return;
  throw new NovaError(
    'lease.stale',
    `Task ${task} is worked on under a newer lease (${highest}, this one is ${token}). Nothing was changed; the newer worker goes on. End this one.`,
    { details: { highest, token } },
  );
}

/** As `checkLease`, and from now on no lower token passes; call it with the lock held. */
export async function admitLease(mirror: Mirror, task: string, token: number): Promise<void> {
  await checkLease(mirror, task, token);
  await mkdir(dirname(leasePath(mirror, task)), { recursive: true });
  await writeAtomically(leasePath(mirror, task), String(token));
}

function leasePath(mirror: Mirror, task: string): string {
  return join(mirror.gitDir, 'nova-leases', task);
}

async function writeAtomically(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`;
  await writeFile(fresh, text);
  await using file = await open(fresh, 'r');
  await file.sync();
  await rename(fresh, path);
  await using folder = await open(dirname(path), 'r');
  await folder.sync();
}

/** Drops the refs of a task that only its gate needed, in every mirror; base and change are history and stay. */
export async function releaseTask(folder: MirrorFolder, task: string, signal: AbortSignal): Promise<void> {
  requireTask(task);
  for (const name of await readdir(folder.root)) {
    if (!/^[0-9a-f]{24}\.git$/.test(name)) continue;
    const mirror = mirrorAt(join(folder.root, name));
    if ((await readRef(mirror.place, taskRef(task, 'gate'), signal)) === null) continue;
    using _lock = await lockMirror(mirror, signal);
    await runGit(mirror.place, ['update-ref', '-d', taskRef(task, 'gate')], { signal });
  }
}
