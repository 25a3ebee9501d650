import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { changesBetween } from './commits.ts';
import { closeSwapFolder, openSwapFolder, recoverSwap, swapFiles, undoSwap } from './file-swap.ts';
import { listing, sampleRepository } from './sample-repository.ts';
import { openRepository } from './source-repository.ts';

test('a swap that fails half way, or whose process died there, is undone to the last byte', async () => {
  using sample = sampleRepository();
  const repository = await openRepository(sample.repository, sample.signal);
  const base = sample.git('rev-parse', 'HEAD').trim();
  sample.git('rm', '-q', '-r', 'test', 'src/other.js');
  sample.write('src/sum.js', 'new\n');
  sample.write('added/deep/file', 'new\n');
  sample.git('add', '-A');
  sample.git('commit', '-qm', 'second');
  const commit = sample.git('rev-parse', 'HEAD').trim();
  sample.git('reset', '-q', '--hard', base);
  const changes = await changesBetween({ gitDir: repository.gitDir }, base, commit, sample.signal);
  const files = () =>
    Object.fromEntries(
      Object.entries(listing(sample.repository))
        .filter(([path]) => !path.startsWith('./.git'))
        .map(([path, text]) => [path, text.replace(/ \d+ folder$/, ' folder')]),
    );
  const before = files();
  for (const how of ['undo', 'recover'] as const) {
    const swap = await openSwapFolder(repository);
    // The first new file is there, the second is not: the swap fails between the two.
    mkdirSync(join(swap.fresh, 'added/deep'), { recursive: true });
    writeFileSync(join(swap.fresh, 'added/deep/file'), 'new\n');
    await assert.rejects(swapFiles(repository, swap, changes, null), { code: 'ENOENT' });
    assert.notDeepEqual(files(), before);
    if (how === 'recover') await recoverSwap(repository, base);
    else await undoSwap(repository, swap);
    assert.deepEqual(files(), before, how);
    await closeSwapFolder(swap);
  }
});
