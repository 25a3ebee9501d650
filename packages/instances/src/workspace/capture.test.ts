import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { captureUntouched, listing, personGit, type Sample, sampleRepository } from './sample-repository.ts';

const filesOf = (mirror: string, commit: string) =>
  personGit(mirror, ['ls-tree', '-r', '-z', '--name-only', commit]).split('\0').filter(Boolean).sort();

test('uncommitted, untracked, staged and removed work is copied, ignored work is listed, and nothing is touched', async () => {
  using sample = sampleRepository();
  sample.write('.gitignore', 'build/\n*.log\n');
  sample.git('add', '.gitignore');
  sample.write('src/sum.js', 'edited\n');
  sample.write('staged.js', 'staged\n');
  sample.git('add', 'staged.js');
  sample.write('staged.js', 'staged, then edited\n');
  sample.write('untracked/deep/new.js', 'new\n');
  sample.write('build/out.js', 'ignored\n');
  sample.write('x.log', 'ignored\n');
  sample.write('private.txt', 'ignored\n');
  sample.write('.git/info/exclude', 'private.txt\n');
  rmSync(join(sample.repository, 'src/other.js'));
  symlinkSync('src/sum.js', join(sample.repository, 'link'));

  const captured = await captureUntouched(sample);
  assert.equal(captured.dirty, true);
  assert.deepEqual(captured.personPaths.sort(), [
    '.gitignore',
    'link',
    'src/other.js',
    'src/sum.js',
    'staged.js',
    'untracked/deep/new.js',
  ]);
  assert.deepEqual(captured.ignored, ['build/', 'private.txt', 'x.log']);
  assert.equal(personGit(captured.mirror, ['rev-parse', `${captured.commit}^`]).trim(), captured.head);
  assert.equal(personGit(captured.mirror, ['show', `${captured.commit}:staged.js`]), 'staged, then edited\n');
  assert.match(personGit(captured.mirror, ['ls-tree', captured.commit, 'link']), /^120000/);
  assert.equal((await captureUntouched(sample)).commit, captured.commit, 'the same content is the same commit');
  personGit(captured.mirror, ['fsck', '--strict']);
});

test('names with spaces, newlines, quotes and other alphabets survive, in files and in the repository’s own path', async () => {
  using sample = sampleRepository({ name: 'a "b"\n c:d é' });
  const names = [
    'with space',
    'new\nline',
    'quo"te',
    "apo'strophe",
    'back\\slash',
    '-dash',
    ':colon',
    '*star',
    'ünï/日本',
    '\u{1f600}',
  ];
  for (const name of names) sample.write(name, name);
  const captured = await captureUntouched(sample);
  assert.deepEqual(captured.personPaths.sort(), [...names].sort());
  sample.git('add', '-A');
  sample.git('commit', '-qm', 'names');
  const second = await captureUntouched(sample);
  assert.equal(second.dirty, false);
  for (const name of names) assert.ok(filesOf(second.mirror, second.commit).includes(name), name);
  const folder = join(sample.folder, 'clone');
  await sample.workspaces.createClone({ mirror: second.mirror, commit: second.commit, folder, signal: sample.signal });
  assert.equal(personGit(folder, ['status', '--porcelain']), '');
});

test('detached HEAD, linked work trees, shallow and reference clones are copied whole', async () => {
  using sample = sampleRepository();
  sample.write('more.js', 'more\n');
  sample.git('add', '-A');
  sample.git('commit', '-qm', 'second');
  sample.git('checkout', '-q', '--detach');
  assert.equal((await captureUntouched(sample)).headName, null);

  const linked = join(sample.folder, 'linked');
  sample.git('worktree', 'add', '-q', '-b', 'side', linked);
  writeFileSync(join(linked, 'dirty.js'), 'dirty\n');
  const ofLinked = await captureUntouched(sample, linked);
  assert.equal(ofLinked.headName, 'side');
  assert.deepEqual(ofLinked.personPaths, ['dirty.js']);

  const shallow = join(sample.folder, 'shallow');
  personGit(sample.folder, ['clone', '-q', '--depth=1', `file://${sample.repository}`, shallow]);
  const ofShallow = await captureUntouched(sample, shallow);
  personGit(ofShallow.mirror, ['fsck']);
  const folder = join(sample.folder, 'clone');
  await sample.workspaces.createClone({ ...ofShallow, folder, signal: sample.signal });
  assert.equal(personGit(folder, ['rev-list', '--count', 'HEAD']).trim(), '1');
  personGit(shallow, ['fetch', '-q', '--unshallow']);
  const whole = await captureUntouched(sample, shallow, 'T2');
  assert.equal(personGit(whole.mirror, ['rev-list', '--count', whole.commit]).trim(), '2');

  const borrowing = join(sample.folder, 'borrowing');
  personGit(sample.folder, ['clone', '-q', '--shared', sample.repository, borrowing]);
  personGit((await captureUntouched(sample, borrowing)).mirror, ['fsck']);
});

test('a repository of another user is copied', {
  skip: process.getuid?.() !== 0 && 'needs root to give a folder away',
}, async () => {
  using sample = sampleRepository();
  const { chownSync } = await import('node:fs');
  chownSync(sample.repository, 65534, 65534);
  chownSync(join(sample.repository, '.git'), 65534, 65534);
  await captureUntouched(sample);
});

test('a nested repository is listed, not copied, and a folder that became a link is a link', async () => {
  using sample = sampleRepository();
  sample.write('nested/file.js', 'x');
  personGit(join(sample.repository, 'nested'), ['init', '-q']);
  personGit(join(sample.repository, 'nested'), ['add', '-A']);
  personGit(join(sample.repository, 'nested'), ['commit', '-qm', 'nested']);
  renameSync(join(sample.repository, 'src'), join(sample.repository, 'moved'));
  symlinkSync('moved', join(sample.repository, 'src'));
  rmSync(join(sample.repository, 'package.json'));
  sample.write('package.json/inside', 'a folder where a file was\n');
  const captured = await captureUntouched(sample);
  assert.deepEqual(captured.ignored, ['nested/']);
  assert.deepEqual(filesOf(captured.mirror, captured.commit), [
    'moved/other.js',
    'moved/sum.js',
    'package.json/inside',
    'src',
    'test/sum.test.js',
  ]);
});

test('an edit within the tick of the index, with equal size and time, is seen', async () => {
  using sample = sampleRepository();
  const file = join(sample.repository, 'src/sum.js');
  const time = Math.floor(Date.now() / 1000) - 100;
  sample.git('config', 'core.trustCtime', 'false');
  utimesSync(file, time, time);
  sample.git('add', '-A');
  utimesSync(join(sample.repository, '.git/index'), time, time);
  writeFileSync(file, 'ONE\ntwo\nthree\nfour\nfive\nsix\nseven\n');
  utimesSync(file, time, time);
  assert.deepEqual((await captureUntouched(sample)).personPaths, ['src/sum.js']);
});

test('line endings and a split or sparse index mean what they mean to the person', async () => {
  using sample = sampleRepository();
  sample.git('config', 'core.autocrlf', 'true');
  sample.write('src/sum.js', 'one\r\ntwo\r\nthree\r\nfour\r\nfive\r\nsix\r\nseven\r\n');
  assert.equal((await captureUntouched(sample)).dirty, false);
  sample.git('update-index', '--split-index');
  sample.write('src/other.js', 'edited\r\n');
  const split = await captureUntouched(sample);
  assert.deepEqual(split.personPaths, ['src/other.js']);
  assert.equal(personGit(split.mirror, ['show', `${split.commit}:src/other.js`]), 'edited\n');
  sample.git('checkout', '-q', '.');
  sample.git('sparse-checkout', 'set', '--cone', '--sparse-index', 'src');
  assert.equal((await captureUntouched(sample)).dirty, false);
});

test('two captures of one repository at once both end whole', async () => {
  using sample = sampleRepository();
  sample.write('dirty.js', 'dirty\n');
  const tasks = ['A', 'B', 'C', 'D'];
  const all = await Promise.all(
    tasks.map((task) => sample.workspaces.capture({ task, repository: sample.repository }, sample.signal)),
  );
  assert.equal(new Set(all.map((captured) => captured.commit)).size, 1);
  const mirror = all[0]?.mirror ?? '';
  personGit(mirror, ['fsck', '--strict']);
  for (const task of tasks) personGit(mirror, ['rev-parse', '--verify', `refs/nova/tasks/${task}/base`]);
});

test('nothing that the repository configures is ever run', async (context) => {
  const tricks: Record<string, (sample: Sample, command: string) => void> = {
    fsmonitor: (sample, command) => sample.git('config', 'core.fsmonitor', command),
    hooks(sample, command) {
      const hooks = join(sample.folder, 'hooks');
      mkdirSync(hooks);
      for (const hook of [
        'post-checkout',
        'post-index-change',
        'reference-transaction',
        'pre-commit',
        'post-merge',
        'pre-auto-gc',
        'post-commit',
      ]) {
        writeFileSync(join(hooks, hook), `#!/bin/sh\n${command}\n`);
        chmodSync(join(hooks, hook), 0o755);
      }
      personGit(sample.repository, ['config', 'core.hooksPath', hooks]);
    },
    filter(sample, command) {
      sample.write('.gitattributes', '* filter=evil diff=evil merge=evil\n');
      for (const key of [
        'filter.evil.clean',
        'filter.evil.smudge',
        'filter.evil.process',
        'diff.evil.textconv',
        'diff.evil.command',
        'merge.evil.driver',
        'diff.external',
      ]) {
        sample.git('config', key, command);
      }
    },
    packObjectsHook: (sample, command) => sample.git('config', 'uploadpack.packObjectsHook', command),
    lazyFetch(sample, command) {
      sample.git('config', 'core.repositoryformatversion', '1');
      sample.git('config', 'extensions.partialClone', 'origin');
      sample.git('config', 'remote.origin.promisor', 'true');
      sample.git('config', 'remote.origin.url', `ext::${command}`);
      sample.git('config', 'protocol.ext.allow', 'always');
      const blob = sample.git('rev-parse', 'HEAD:src/other.js').trim();
      rmSync(join(sample.repository, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    },
    programs(sample, command) {
      for (const key of [
        'core.pager',
        'core.editor',
        'core.sshCommand',
        'core.askPass',
        'gpg.program',
        'credential.helper',
        'sequence.editor',
        'core.alternateRefsCommand',
      ]) {
        sample.git('config', key, command);
      }
      for (const key of ['commit.gpgSign', 'log.showSignature']) sample.git('config', key, 'true');
      for (const name of ['config', 'update-ref', 'rev-parse', 'commit-tree'])
        sample.git('config', `alias.${name}`, `!${command}`);
    },
    include(sample, command) {
      const file = join(sample.folder, 'included');
      writeFileSync(
        file,
        `[core]\n\tfsmonitor = ${command}\n[hook "evil"]\n\tevent = reference-transaction\n\tcommand = ${command}\n`,
      );
      sample.git('config', 'include.path', file);
    },
  };
  // What a person would run and thereby fall for the trick. No version here reads the pack-objects hook from a repository.
  const baits: Record<string, string[] | undefined> = {
    fsmonitor: ['status'],
    hooks: ['update-ref', 'refs/heads/bait', 'HEAD'],
    filter: ['add', '-A'],
    lazyFetch: ['cat-file', '-p', 'HEAD:src/other.js'],
    programs: ['commit', '--allow-empty', '-S', '-m', 'x'],
    include: ['status'],
  };
  for (const [name, install] of Object.entries(tricks)) {
    await context.test(name, async () => {
      using sample = sampleRepository();
      const marker = join(sample.folder, 'marker');
      const script = join(sample.folder, 'script');
      writeFileSync(script, `#!/bin/sh\necho "$0 $*" >> '${marker}'\nexit 1\n`);
      chmodSync(script, 0o755);
      install(sample, script);
      sample.write('src/sum.js', 'edited\n');
      rmSync(marker, { force: true });
      const bait = baits[name];
      if (bait) {
        try {
          sample.git(...bait);
        } catch {
          // The script fails on purpose.
        }
        assert.ok(existsSync(marker), `plain git falls for ${name}, else this shows nothing`);
        rmSync(marker);
      }
      const capture = sample.workspaces.capture({ task: 'T1', repository: sample.repository }, sample.signal);
      const captured = await capture.catch(() => null);
      if (captured) {
        const commit = personGit(captured.mirror, [
          'commit-tree',
          `${captured.commit}^{tree}`,
          '-p',
          captured.commit,
          '-m',
          'x',
        ]).trim();
        const branch = { task: 'T1', repository: sample.repository, branch: 'nova/T1', commit };
        await sample.workspaces.deliver({ ...branch, mirror: captured.mirror, leaseToken: 1 }, sample.signal);
        await sample.workspaces.apply({ ...branch, base: captured.commit, dirty: true }, sample.signal);
        personGit(sample.repository, [
          '-c',
          'core.fsmonitor=',
          '-c',
          'core.hooksPath=/dev/null',
          'reset',
          '-q',
          '--soft',
          'HEAD',
        ]);
        rmSync(marker, { force: true });
        sample.git('-c', 'core.fsmonitor=', '-c', 'core.hooksPath=/dev/null', 'update-ref', 'HEAD', captured.head);
      }
      assert.equal(Object.keys(listing(sample.folder)).includes('./marker'), false);
    });
  }
});

test('the excludes of the person’s own configuration hold', async () => {
  using sample = sampleRepository();
  const names = ['HOME', 'XDG_CONFIG_HOME', 'GIT_CONFIG_GLOBAL'] as const;
  const before = names.map((name) => [name, process.env[name]] as const);
  try {
    for (const name of names) delete process.env[name];
    process.env['HOME'] = sample.folder;
    mkdirSync(join(sample.folder, '.config/git'), { recursive: true });
    writeFileSync(join(sample.folder, '.config/git/ignore'), '*.default\n');
    sample.write('a.default', 'x');
    sample.write('a.mine', 'x');
    const byDefault = await captureUntouched(sample);
    assert.deepEqual([byDefault.personPaths, byDefault.ignored], [['a.mine'], ['a.default']]);
    writeFileSync(join(sample.folder, '.gitconfig'), '[core]\n\texcludesFile = ~/my ignore\n');
    writeFileSync(join(sample.folder, 'my ignore'), '*.mine\n');
    const byName = await captureUntouched(sample);
    assert.deepEqual([byName.personPaths, byName.ignored], [['a.default'], ['a.mine']]);
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});

test('pipes and sockets in the way block nothing', async () => {
  using sample = sampleRepository();
  for (const path of ['pipe', '.git/info/exclude', '.git/shallow', '.git/info/attributes']) {
    rmSync(join(sample.repository, path), { force: true });
    execFileSync('mkfifo', [join(sample.repository, path)]);
  }
  assert.equal((await captureUntouched(sample)).dirty, false);
});
