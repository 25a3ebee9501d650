import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NovaError } from '@nova/core';
import { processName } from './scratch.ts';
import type { SourceRepository } from './source-repository.ts';

/** Holds git's own lock on the person's index, so that none of their commands works on it meanwhile. */
export async function lockIndex(repository: SourceRepository): Promise<AsyncDisposable> {
  const path = join(repository.gitDir, 'index.lock');
  await removeOurStaleLock(path);
  try {
    await using file = await open(path, 'wx');
    await file.writeFile(`nova ${processName('self') ?? process.pid}\n`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new NovaError(
      'apply.conflict',
      `Another git command is at work in ${repository.top} (${path} exists). Nothing was changed. Let it finish, or remove that file if none runs; then apply again.`,
      { details: { paths: [] } },
    );
  }
  return {
    async [Symbol.asyncDispose]() {
      await rm(path, { force: true });
    },
  };
}

async function removeOurStaleLock(path: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const owner = /^nova (\d+)-(\d+)\n$/.exec(text);
  if (!owner || processName(Number(owner[1])) === `${owner[1]}-${owner[2]}`) return;
  await rm(path, { force: true });
}
