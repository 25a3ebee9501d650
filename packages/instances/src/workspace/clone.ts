import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NovaError } from '@nova/core';
import { novaIdentity } from './commits.ts';
import { asNovaError, type GitPlace, quotedPath, runGit } from './git.ts';
import { type MirrorFolder, objectFormatOf, openMirror, requireCommit, shallowOf } from './mirror.ts';
import { ownConfig, writeRepository } from './scratch.ts';
import { hasCommit } from './working-tree.ts';

/** What a clone is made from and where. */
export interface CloneRequest {
  readonly mirror: string;
  readonly commit: string;
  /** Must be absent or empty. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/**
 * Makes a clone that borrows the mirror's objects, detached at the commit, without remotes or hooks. The last time
 * that the host runs git in it: from here on a sandbox may have written there. Leaves nothing when it rejects.
 */
export async function createClone(folder: MirrorFolder, request: CloneRequest): Promise<void> {
  const { commit, signal } = request;
  requireCommit(commit);
  const mirror = await openMirror(folder, request.mirror);
  if (existsSync(request.folder) && (await readdir(request.folder)).length > 0) {
    throw new NovaError('usage.invalid', `${request.folder} is not empty; a clone needs a folder of its own.`);
  }
  if (!(await hasCommit(mirror.place, commit, signal))) {
    throw new NovaError('repository.missing', `The mirror ${mirror.gitDir} has no commit ${commit}. Capture again.`);
  }
  const existed = existsSync(request.folder);
  try {
    const gitDir = join(request.folder, '.git');
    await mkdir(gitDir, { recursive: true });
    writeRepository(gitDir, cloneConfig(await objectFormatOf(mirror)), await shallowOf(mirror));
    await writeFile(join(gitDir, 'objects/info/alternates'), `${quotedPath(mirror.objects)}\n`);
    const place: GitPlace = { gitDir, workTree: request.folder };
    await runGit(place, ['read-tree', '--reset', '-u', commit], { signal });
    await writeFile(join(gitDir, 'HEAD'), `${commit}\n`);
  } catch (error) {
    await rm(request.folder, { recursive: true, force: true });
    if (existed) await mkdir(request.folder);
    throw asNovaError(
      error,
      'repository.unreadable',
      `${commit} could not be checked out in ${request.folder}; it was removed.`,
    );
  }
}

function cloneConfig(objectFormat: 'sha1' | 'sha256'): string {
  const { name, email } = novaIdentity;
  return ownConfig(objectFormat, [
    '\tbare = false',
    '\tfileMode = true',
    '\thooksPath = /dev/null',
    '[user]',
    `\tname = ${name}`,
    `\temail = ${email}`,
    '[gc]',
    '\tauto = 0',
    '[maintenance]',
    '\tauto = false',
    '[commit]',
    '\tgpgSign = false',
  ]);
}
