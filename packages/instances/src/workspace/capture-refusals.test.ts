import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ErrorCode } from '@nova/core';
import { captureUntouched, personGit, sampleRepository } from './sample-repository.ts';

const refusal = (code: ErrorCode, message: RegExp = /Nothing was changed/) => ({ code, message });

test('what is no repository with a commit and a work tree is refused with the reason', async () => {
  using sample = sampleRepository({ commit: false });
  const capture = (repository: string) => sample.workspaces.capture({ task: 'T', repository }, sample.signal);
  await assert.rejects(capture(sample.repository), refusal('repository.empty', /git commit/));
  await assert.rejects(capture(join(sample.folder, 'nowhere')), refusal('repository.missing'));
  await assert.rejects(capture(sample.folder), refusal('repository.missing'));
  const bare = join(sample.folder, 'bare');
  personGit(sample.folder, ['init', '-q', '--bare', bare]);
  await assert.rejects(capture(bare), refusal('repository.missing', /bare/));
  sample.write('inner/file', 'x');
  await assert.rejects(
    capture(join(sample.repository, 'inner')),
    refusal('usage.invalid', /Name the top folder: .*\/app/),
  );
  writeFileSync(join(sample.repository, '.git/config'), '[broken');
  await assert.rejects(capture(sample.repository), refusal('repository.unreadable'));
  await assert.rejects(
    sample.workspaces.capture({ task: '../x', repository: sample.repository }, sample.signal),
    refusal('usage.invalid', /task id/),
  );
});

test('submodules, large file storage, conflicts and broken objects are refused', async () => {
  {
    using sample = sampleRepository();
    const head = sample.git('rev-parse', 'HEAD').trim();
    sample.git('update-index', '--add', '--cacheinfo', `160000,${head},lib`);
    await assert.rejects(captureUntouched(sample), refusal('repository.submodules', /lib/));
  }
  {
    using sample = sampleRepository();
    sample.write('.gitattributes', '*.bin filter=lfs diff=lfs merge=lfs -text\n');
    await captureUntouched(sample);
    sample.write('big.bin', 'version https://git-lfs.github.com/spec/v1\n');
    sample.git('-c', 'filter.lfs.clean=cat', 'add', '-A');
    await assert.rejects(captureUntouched(sample), refusal('repository.lfs', /big\.bin/));
  }
  {
    using sample = sampleRepository();
    sample.git('checkout', '-qb', 'side');
    sample.write('src/sum.js', 'side\n');
    sample.git('commit', '-qam', 'side');
    sample.git('checkout', '-q', 'main');
    sample.write('src/sum.js', 'main\n');
    sample.git('commit', '-qam', 'main');
    assert.throws(() => sample.git('merge', '-q', 'side'));
    await assert.rejects(captureUntouched(sample), refusal('repository.unreadable', /conflicts in src\/sum\.js/));
  }
  {
    using sample = sampleRepository();
    const blob = sample.git('rev-parse', 'HEAD:src/sum.js').trim();
    rmSync(join(sample.repository, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    await assert.rejects(captureUntouched(sample), refusal('repository.unreadable', /git fsck/));
  }
});

test('a commit to measure a change from is found without running anything, and what names none is refused', async () => {
  using sample = sampleRepository();
  const first = sample.git('rev-parse', 'HEAD').trim();
  sample.git('checkout', '-qb', 'side');
  sample.write('src/sum.js', 'side\n');
  sample.git('commit', '-qam', 'side');
  sample.git('checkout', '-q', 'main');
  sample.write('src/other.js', 'main\n');
  sample.git('commit', '-qam', 'main');
  const since = async (ref: string) =>
    (await sample.workspaces.capture({ task: 'T', repository: sample.repository, since: ref }, sample.signal)).since;
  assert.deepEqual(await since('HEAD~1'), { ref: 'HEAD~1', commit: first });
  assert.deepEqual(await since('side'), { ref: 'side', commit: first }, 'what others did meanwhile is no change here');
  for (const ref of ['nowhere', '-h', '--all', 'HEAD:src', 'side..main', '', ' ', 'x\ny']) {
    await assert.rejects(since(ref), refusal('usage.invalid', /names no commit .* Nothing was changed/s));
  }
  sample.git('checkout', '-q', '--orphan', 'alone');
  sample.git('commit', '-qm', 'alone');
  const stranger = sample.git('rev-parse', 'main').trim();
  const captured = await sample.workspaces.capture(
    { task: 'U', repository: sample.repository, since: 'main' },
    sample.signal,
  );
  assert.equal(captured.since?.commit, stranger, 'without common history it is compared as it is');
  personGit(captured.mirror, ['cat-file', '-e', `${stranger}^{tree}`]);
});
