import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listing, personGit, sampleRepository, workInClone } from './sample-repository.ts';

test('a change goes from the repository through a clone, quarantine and gate back into a branch and the files', async () => {
  using sample = sampleRepository();
  const { workspaces, signal, repository } = sample;
  const before = listing(repository);
  const captured = await workspaces.capture({ task: 'T1', repository }, signal);
  assert.deepEqual(listing(repository), before);
  assert.equal(captured.dirty, false);
  assert.equal(captured.headName, 'main');
  assert.equal(captured.commit, sample.git('rev-parse', 'HEAD').trim());

  const work = await workInClone(sample, captured, (clone) => {
    assert.equal(personGit(clone, ['status', '--porcelain']), '');
    assert.equal(personGit(clone, ['remote']), '');
    writeFileSync(join(clone, 'src/sum.js'), 'one\nTWO\nthree\nfour\nfive\nsix\nseven\n');
    writeFileSync(join(clone, 'test/sum.test.js'), 'weaker\n');
    writeFileSync(join(clone, 'conftest.py'), 'added\n');
  });
  const request = { task: 'T1', mirror: captured.mirror, base: captured.commit };
  const imported = await workspaces.importBundle({ ...request, bundle: work.bundle, leaseToken: 3 }, signal);
  assert.equal(imported.commit, work.commit);
  assert.deepEqual(imported.paths, ['conftest.py', 'src/sum.js', 'test/sum.test.js']);
  assert.match(imported.diff, /^-two\n\+TWO$/m);

  const gate = await workspaces.prepareGate({ ...request, commit: imported.commit, testFiles: [] }, signal);
  assert.deepEqual(gate.restored, ['conftest.py', 'test/sum.test.js']);
  assert.deepEqual(await workspaces.prepareGate({ ...request, commit: imported.commit, testFiles: [] }, signal), gate);
  assert.equal(personGit(captured.mirror, ['diff', '--name-only', captured.commit, gate.commit]).trim(), 'src/sum.js');

  const delivery = { task: 'T1', repository, mirror: captured.mirror, branch: 'nova/T1', commit: imported.commit };
  await workspaces.deliver({ ...delivery, leaseToken: 3 }, signal);
  assert.equal(sample.git('rev-parse', 'nova/T1').trim(), imported.commit);
  assert.equal(sample.git('status', '--porcelain'), '');
  sample.git('fsck', '--strict');

  const applied = await workspaces.apply(
    { task: 'T1', repository, branch: 'nova/T1', commit: imported.commit, base: captured.commit, dirty: false },
    signal,
  );
  assert.deepEqual(applied, { how: 'fast-forward', head: imported.commit });
  assert.equal(sample.git('rev-parse', 'main').trim(), imported.commit);
  assert.equal(sample.git('status', '--porcelain'), '');
  assert.match(sample.read('src/sum.js'), /TWO/);
});

test('the same way works with the longer hash and from a linked work tree', async () => {
  using sample = sampleRepository({ objectFormat: 'sha256' });
  const { workspaces, signal } = sample;
  const repository = join(sample.folder, 'linked');
  sample.git('worktree', 'add', '-q', '-b', 'side', repository);
  const captured = await workspaces.capture({ task: 'T1', repository }, signal);
  assert.equal(captured.head.length, 64);
  const work = await workInClone(sample, captured, (clone) => writeFileSync(join(clone, 'src/sum.js'), 'new\n'));
  const request = { task: 'T1', mirror: captured.mirror, base: captured.commit, leaseToken: 1 };
  const { commit } = await workspaces.importBundle({ ...request, bundle: work.bundle }, signal);
  assert.equal((await workspaces.prepareGate({ ...request, commit, testFiles: [] }, signal)).commit, commit);
  const branch = { task: 'T1', repository, branch: 'nova/T1', commit };
  await workspaces.deliver({ ...branch, mirror: captured.mirror, leaseToken: 1 }, signal);
  const main = sample.git('rev-parse', 'main');
  const applied = await workspaces.apply({ ...branch, base: captured.commit, dirty: false }, signal);
  assert.deepEqual(applied, { how: 'fast-forward', head: commit });
  assert.equal(personGit(repository, ['status', '--porcelain']), '');
  assert.equal(personGit(repository, ['symbolic-ref', 'HEAD']), 'refs/heads/side\n');
  assert.equal(sample.git('rev-parse', 'main'), main);
  assert.equal(sample.git('status', '--porcelain'), '');
});
