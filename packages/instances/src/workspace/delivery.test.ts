import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listing, personGit, type Sample, sampleRepository, workInClone } from './sample-repository.ts';

const repaired = 'one\nTWO\nthree\nfour\nfive\nsix\nseven\n';

/** A delivered repair of `src/sum.js`, made from the repository as it stands. */
async function delivered(sample: Sample, edit = (clone: string) => writeFileSync(join(clone, 'src/sum.js'), repaired)) {
  const { workspaces, repository, signal } = sample;
  const capture = await workspaces.capture({ task: 'T1', repository }, signal);
  const work = await workInClone(sample, capture, edit);
  const imported = await workspaces.importBundle(
    { task: 'T1', mirror: capture.mirror, base: capture.commit, bundle: work.bundle, leaseToken: 1 },
    signal,
  );
  const branch = { task: 'T1', repository, branch: 'nova/T1', commit: imported.commit };
  await workspaces.deliver({ ...branch, mirror: capture.mirror, leaseToken: 1 }, signal);
  return { ...branch, base: capture.commit, dirty: capture.dirty, mirror: capture.mirror };
}

const withoutObjects = (found: Record<string, string>) =>
  Object.fromEntries(Object.entries(found).filter(([path]) => !/^\.\/\.git(\/objects.*)?$/.test(path)));

async function refusedUntouched(sample: Sample, request: Awaited<ReturnType<typeof delivered>>, message: RegExp) {
  const before = withoutObjects(listing(sample.repository));
  await assert.rejects(sample.workspaces.apply(request, sample.signal), { code: 'apply.conflict', message });
  assert.deepEqual(withoutObjects(listing(sample.repository)), before);
}

test('a fork, which captured nothing itself, delivers only what the repository lacks', async () => {
  using sample = sampleRepository();
  const request = await delivered(sample);
  const packs = () => readdirSync(join(sample.repository, '.git/objects/pack'));
  const objects = () => Object.keys(listing(sample.repository)).filter((path) => path.startsWith('./.git/objects/'));
  for (const path of ['refs/heads/nova', 'logs/refs/heads/nova'])
    rmSync(join(sample.repository, '.git', path), { recursive: true });
  const newest = sample.git('rev-parse', `${request.commit}^{tree}`);
  rmSync(join(sample.repository, '.git/objects', request.commit.slice(0, 2), request.commit.slice(2)));
  const before = { packs: packs(), objects: objects().length };
  const fork = { ...request, task: 'T2', branch: 'nova/T2', leaseToken: 1 };
  await sample.workspaces.deliver(fork, sample.signal);
  assert.equal(sample.git('rev-parse', 'nova/T2^{tree}'), newest);
  assert.deepEqual(packs(), before.packs);
  assert.equal(objects().length, before.objects + 1);
});

test('delivery adds objects, one ref and its log, nothing else; repeating it is a no-op; a moved branch stays', async () => {
  using sample = sampleRepository();
  const linked = join(sample.folder, 'linked');
  sample.git('worktree', 'add', '-q', '-b', 'side', linked);
  const before = { ...listing(sample.repository), ...listing(linked) };
  const request = await delivered(sample);
  const after = { ...listing(sample.repository), ...listing(linked) };
  const changed = Object.keys(after).filter(
    (path) => before[path] !== after[path] && !path.startsWith('./.git/objects'),
  );
  assert.deepEqual(changed.sort(), [
    './.git/logs/refs/heads',
    './.git/logs/refs/heads/nova',
    './.git/logs/refs/heads/nova/T1',
    './.git/refs/heads',
    './.git/refs/heads/nova',
    './.git/refs/heads/nova/T1',
  ]);
  const delivery = { ...request, leaseToken: 1 };
  assert.deepEqual(await sample.workspaces.deliver(delivery, sample.signal), {
    branch: 'nova/T1',
    commit: request.commit,
  });
  sample.git('update-ref', 'refs/heads/nova/T1', 'HEAD');
  await assert.rejects(sample.workspaces.deliver(delivery, sample.signal), {
    code: 'branch.moved',
    message: /left as it is/,
  });
  assert.equal(sample.git('rev-parse', 'nova/T1'), sample.git('rev-parse', 'main'));
  sample.git('update-ref', '-d', 'refs/heads/nova/T1');
  sample.git('branch', 'nova');
  await assert.rejects(sample.workspaces.deliver(delivery, sample.signal), { code: 'branch.moved' });
  for (const branch of ['main', 'nova/../x', 'nova/a b', '-x']) {
    await assert.rejects(sample.workspaces.deliver({ ...delivery, branch }, sample.signal), { code: 'usage.invalid' });
  }
});

test('a history that was rewritten and pruned still gets a whole branch', async () => {
  using sample = sampleRepository();
  const { workspaces, repository, signal } = sample;
  const capture = await workspaces.capture({ task: 'T1', repository }, signal);
  const work = await workInClone(sample, capture, (clone) => writeFileSync(join(clone, 'src/sum.js'), repaired));
  const request = { task: 'T1', mirror: capture.mirror, base: capture.commit };
  await workspaces.importBundle({ ...request, bundle: work.bundle, leaseToken: 1 }, signal);
  sample.git('commit', '-q', '--amend', '-m', 'rewritten');
  sample.write('src/sum.js', 'rewritten\n');
  sample.git('commit', '-q', '-a', '--amend', '-m', 'rewritten');
  sample.git('reflog', 'expire', '--expire=now', '--all');
  sample.git('gc', '-q', '--prune=now');
  await workspaces.deliver({ ...request, repository, branch: 'nova/T1', commit: work.commit, leaseToken: 1 }, signal);
  sample.git('fsck', '--strict', '--connectivity-only');
  assert.equal(sample.git('show', 'nova/T1:src/sum.js'), repaired);
});

test('a clean checkout that moved on gets a merge commit in the person’s name; a second apply says so', async () => {
  using sample = sampleRepository();
  sample.git('config', 'user.name', 'Per Son');
  sample.git('config', 'user.email', 'per@localhost');
  const request = await delivered(sample);
  sample.write('src/sum.js', 'one\ntwo\nthree\nfour\nfive\nsix\nSEVEN\n');
  sample.write('.gitignore', '*.tmp\n');
  sample.git('add', '-A');
  sample.git('commit', '-qm', 'moved on');
  sample.write('untracked', 'stays\n');
  const applied = await sample.workspaces.apply(request, sample.signal);
  assert.equal(applied.how, 'merge');
  assert.equal(sample.read('src/sum.js'), 'one\nTWO\nthree\nfour\nfive\nsix\nSEVEN\n');
  assert.equal(sample.git('status', '--porcelain'), '?? untracked\n');
  assert.equal(sample.git('log', '-1', '--format=%an <%ae> %P').trim().split(' ').length, 5);
  assert.match(sample.git('log', '-1', '--format=%an <%ae>'), /Per Son <per@localhost>/);
  sample.git('fsck', '--strict');
  assert.deepEqual(await sample.workspaces.apply(request, sample.signal), {
    how: 'already-applied',
    head: applied.head,
  });
  assert.equal(existsSync(join(sample.repository, '.git/index.lock')), false);
  assert.equal(existsSync(join(sample.repository, '.git/nova-apply')), false);
});

test('removed, added, renamed and executable files and links arrive by fast-forward', async () => {
  using sample = sampleRepository();
  const request = await delivered(sample, (clone) => {
    personGit(clone, ['mv', 'src/other.js', 'moved \n file']);
    rmSync(join(clone, 'test'), { recursive: true });
    writeFileSync(join(clone, 'test'), 'a file where a folder was\n', { mode: 0o755 });
    mkdirSync(join(clone, 'deep/er'), { recursive: true });
    writeFileSync(join(clone, 'deep/er/file'), 'x');
  });
  assert.equal((await sample.workspaces.apply(request, sample.signal)).how, 'fast-forward');
  assert.equal(sample.git('status', '--porcelain'), '');
  assert.equal(sample.git('diff', '--stat', 'nova/T1'), '');
  assert.equal(existsSync(join(sample.repository, 'deep/er/file')), true);
});

test('with uncommitted work only the change itself comes into the files; index and HEAD stay', async () => {
  using sample = sampleRepository();
  sample.write('src/sum.js', 'one\ntwo\nthree\nfour\nfive\nsix\nmine\n');
  sample.write('src/other.js', 'staged\n');
  sample.git('add', 'src/other.js');
  const request = await delivered(sample, (clone) => {
    writeFileSync(join(clone, 'src/sum.js'), 'one\nTWO\nthree\nfour\nfive\nsix\nmine\n');
    writeFileSync(join(clone, 'added.js'), 'added\n');
  });
  assert.equal(request.dirty, true);
  const head = sample.git('rev-parse', 'HEAD').trim();
  const staged = sample.git('diff', '--cached');
  assert.deepEqual(await sample.workspaces.apply(request, sample.signal), { how: 'patched-files', head });
  assert.equal(sample.read('src/sum.js'), 'one\nTWO\nthree\nfour\nfive\nsix\nmine\n');
  assert.equal(sample.read('added.js'), 'added\n');
  assert.equal(sample.git('diff', '--cached'), staged);
  assert.equal(sample.git('rev-parse', 'HEAD').trim(), head);
  assert.equal((await sample.workspaces.apply(request, sample.signal)).how, 'already-applied');
});

test('a checkout that became dirty is patched by three-way merge', async () => {
  using sample = sampleRepository();
  const request = await delivered(sample);
  sample.write('src/sum.js', 'one\ntwo\nthree\nfour\nfive\nsix\nmine\n');
  assert.equal((await sample.workspaces.apply(request, sample.signal)).how, 'patched-files');
  assert.equal(sample.read('src/sum.js'), 'one\nTWO\nthree\nfour\nfive\nsix\nmine\n');
});

test('conflicts of any kind change nothing and name the paths', async () => {
  {
    using sample = sampleRepository();
    const request = await delivered(sample, (clone) => {
      writeFileSync(join(clone, 'src/sum.js'), repaired);
      writeFileSync(join(clone, 'new.js'), 'new\n');
      rmSync(join(clone, 'src/other.js'));
    });
    sample.write('src/sum.js', 'one\nMINE\nthree\nfour\nfive\nsix\nseven\n');
    await refusedUntouched(sample, request, /src\/sum\.js.*git merge nova\/T1/s);
    sample.git('commit', '-qam', 'mine');
    await refusedUntouched(sample, request, /src\/sum\.js/);
    sample.git('reset', '-q', '--hard', 'HEAD^');
    sample.write('src/other.js', 'edited, removed there\n');
    await refusedUntouched(sample, request, /src\/other\.js/);
    sample.git('checkout', '-q', '.');
    sample.write('new.js', 'in the way\n');
    await refusedUntouched(sample, request, /new\.js/);
    rmSync(join(sample.repository, 'new.js'));
    sample.write('.git/info/exclude', 'new.js\n');
    sample.write('new.js', 'ignored, but mine\n');
    await refusedUntouched(sample, request, /new\.js/);
    rmSync(join(sample.repository, 'new.js'));
    sample.write('.git/index.lock', '');
    await assert.rejects(sample.workspaces.apply(request, sample.signal), {
      code: 'apply.conflict',
      message: /index\.lock/,
    });
    rmSync(join(sample.repository, '.git/index.lock'));
    sample.write('.git/MERGE_HEAD', `${request.commit}\n`);
    await refusedUntouched(sample, request, /middle of a merge/);
    rmSync(join(sample.repository, '.git/MERGE_HEAD'));
    assert.equal((await sample.workspaces.apply(request, sample.signal)).how, 'fast-forward');
  }
});

test('what stands where the change needs a folder is never written through or lost', async () => {
  using sample = sampleRepository();
  const request = await delivered(sample, (clone) => {
    writeFileSync(join(clone, 'src/sum.js'), repaired);
    mkdirSync(join(clone, 'zone'));
    writeFileSync(join(clone, 'zone/file'), 'x');
    rmSync(join(clone, 'test'), { recursive: true });
    writeFileSync(join(clone, 'test'), 'a file where a folder was');
  });
  sample.write('.git/info/exclude', 'zone\nkept\n');
  const outside = join(sample.folder, 'outside');
  mkdirSync(outside);
  symlinkSync(outside, join(sample.repository, 'zone'));
  await refusedUntouched(sample, request, /zone/);
  assert.deepEqual(Object.keys(listing(outside)), ['.']);
  rmSync(join(sample.repository, 'zone'));
  sample.write('test/kept', 'an ignored file of the person');
  await assert.rejects(sample.workspaces.apply(request, sample.signal), {
    code: 'apply.conflict',
    message: /in the way/,
  });
  assert.equal(sample.git('status', '--porcelain'), '');
  assert.equal(sample.read('test/kept'), 'an ignored file of the person');
});

test('a ref that can’t be moved puts every file and the index back', async () => {
  using sample = sampleRepository();
  const request = await delivered(sample);
  sample.write('.git/refs/heads/main.lock', '');
  await assert.rejects(sample.workspaces.apply(request, sample.signal), { code: 'internal', message: /as before/ });
  assert.equal(sample.git('status', '--porcelain'), '');
  assert.match(sample.read('src/sum.js'), /two/);
  assert.equal(existsSync(join(sample.repository, '.git/nova-apply')), false);
});

test('the gate takes tests and configuration from the base, added ones away, and the named files too', async () => {
  using sample = sampleRepository();
  const request = await delivered(sample, (clone) => {
    writeFileSync(join(clone, 'src/sum.js'), repaired);
    writeFileSync(join(clone, 'src/other.js'), 'a test by name of the person only\n');
    writeFileSync(join(clone, 'package.json'), '{"scripts":{"test":"true"}}\n');
    writeFileSync(join(clone, 'vitest.config.mts'), 'x');
    writeFileSync(join(clone, 'sitecustomize.py'), 'x');
    rmSync(join(clone, 'test'), { recursive: true });
    writeFileSync(join(clone, 'test'), 'a file where the tests were\n');
  });
  const gate = { task: 'T1', mirror: request.mirror, base: request.base, commit: request.commit };
  const prepared = await sample.workspaces.prepareGate({ ...gate, testFiles: ['src/other.js'] }, sample.signal);
  const differs = personGit(request.mirror, ['diff', '--name-only', request.base, prepared.commit]);
  assert.equal(differs, 'src/sum.js\n');
  assert.deepEqual(prepared.restored, [
    'package.json',
    'sitecustomize.py',
    'src/other.js',
    'test',
    'test/sum.test.js',
    'vitest.config.mts',
  ]);
  const again = await sample.workspaces.prepareGate({ ...gate, testFiles: ['src/other.js'] }, sample.signal);
  assert.equal(again.commit, prepared.commit);
  await sample.workspaces.release('T1', sample.signal);
  const refs = personGit(request.mirror, ['for-each-ref', '--format=%(refname)']);
  assert.doesNotMatch(refs, /gate/);
  assert.match(refs, /base\n.*change\n/);
});
