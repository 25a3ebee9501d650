import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listing, personGit, sampleRepository, workInClone } from './sample-repository.ts';

const leftovers = (mirrors: string) =>
  readdirSync(join(mirrors, '.scratch'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

test('a full disk is named, harms nothing, and once there is space the same calls succeed', async (context) => {
  using sample = sampleRepository();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', sample.mirrors]);
  if (mounted.status !== 0) {
    context.skip('a small file system needs the right to mount one');
    return;
  }
  try {
    writeFileSync(join(sample.repository, 'big'), randomBytes(6 * 1024 * 1024));
    const input = { task: 'T1', repository: sample.repository };
    const before = listing(sample.repository);
    await assert.rejects(sample.workspaces.capture(input, sample.signal), { code: 'disk.full' });
    sample.git('add', '-A');
    sample.git('commit', '-qm', 'big');
    await assert.rejects(sample.workspaces.capture(input, sample.signal), { code: 'disk.full' });
    assert.ok(Object.keys(before).length > 0);
    assert.deepEqual(leftovers(sample.mirrors), []);
    assert.equal(spawnSync('mount', ['-o', 'remount,size=30m', sample.mirrors]).status, 0);
    const capture = await sample.workspaces.capture(input, sample.signal);

    const work = await workInClone(sample, capture, (clone) =>
      writeFileSync(join(clone, 'more'), randomBytes(999_999)),
    );
    const filler = join(sample.mirrors, 'filler');
    spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k'], { stdio: 'ignore' });
    const request = { task: 'T1', mirror: capture.mirror, base: capture.commit, bundle: work.bundle, leaseToken: 1 };
    await assert.rejects(sample.workspaces.importBundle(request, sample.signal), { code: 'disk.full' });
    rmSync(filler);
    personGit(capture.mirror, ['fsck', '--strict']);
    assert.equal((await sample.workspaces.importBundle(request, sample.signal)).commit, work.commit);
  } finally {
    spawnSync('umount', [sample.mirrors]);
  }
});

test('a cancelled call ends with its code and leaves no temporary file', async () => {
  using sample = sampleRepository();
  const before = listing(sample.repository);
  for (let turns = 0; turns < 40; turns += 8) {
    const stop = new AbortController();
    const capturing = sample.workspaces.capture({ task: 'T1', repository: sample.repository }, stop.signal);
    const refused = assert.rejects(capturing, { code: 'task.cancelled' });
    for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
    stop.abort();
    await refused;
  }
  assert.deepEqual(listing(sample.repository), before);
  mkdirSync(join(sample.mirrors, '.scratch'), { recursive: true });
  assert.deepEqual(leftovers(sample.mirrors), []);
  await sample.workspaces.capture({ task: 'T1', repository: sample.repository }, sample.signal);
});

test('a clone refuses a folder in use and a commit that is not there, and leaves nothing', async () => {
  using sample = sampleRepository();
  const { signal } = sample;
  const { mirror, commit } = await sample.workspaces.capture({ task: 'T1', repository: sample.repository }, signal);
  const folder = join(sample.folder, 'clone');
  const absent = sample.workspaces.createClone({ mirror, commit: '0'.repeat(40), folder, signal });
  await assert.rejects(absent, { code: 'repository.missing' });
  assert.equal(readdirSync(sample.folder).includes('clone'), false);
  await assert.rejects(sample.workspaces.createClone({ mirror, commit, folder: sample.repository, signal }), {
    code: 'usage.invalid',
  });
  const elsewhere = sample.workspaces.createClone({ mirror: sample.repository, commit, folder, signal });
  await assert.rejects(elsewhere, { code: 'repository.missing' });
  assert.equal(await sample.workspaces.mirrorObjects(mirror), join(mirror, 'objects'));
});
