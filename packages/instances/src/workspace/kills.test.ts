import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { listing, personGit, type Sample, sampleRepository, workInClone } from './sample-repository.ts';

const script = fileURLToPath(new URL('killed-call.ts', import.meta.url));

// Only these change anything; what is on disk before one of the others is what is on disk before the next of these.
const writing =
  'pack-objects index-pack unpack-objects update-ref update-index write-tree read-tree commit-tree checkout-index';

/** Runs a call in a process of its own that is killed at its `at`-th writing git command; false when it got through. */
function killedAt(sample: Sample, at: number, method: string, input: unknown): boolean {
  const folder = join(sample.folder, 'bin');
  const git = process.env['PATH']
    ?.split(':')
    .map((part) => join(part, 'git'))
    .find((path) => {
      return spawnSync('test', ['-x', path]).status === 0;
    });
  const count = join(sample.folder, 'count');
  rmSync(count, { force: true });
  mkdirSync(folder, { recursive: true });
  const lines = [
    '#!/bin/sh',
    'writes=0',
    `for word in ${writing}; do case " $* " in *" $word "*) writes=1;; esac; done`,
    `[ $writes = 1 ] && echo x >> '${count}'`,
    `if [ $writes = 1 ] && [ $(wc -l < '${count}') -ge ${at} ]; then kill -9 $PPID; exit 1; fi`,
    `exec '${git ?? 'git'}' "$@"`,
  ];
  writeFileSync(join(folder, 'git'), `${lines.join('\n')}\n`);
  chmodSync(join(folder, 'git'), 0o755);
  const call = { mirrors: sample.mirrors, bundle: join(sample.folder, 'bundle.bundle'), method, input };
  const ended = spawnSync(process.execPath, [script, JSON.stringify(call)], {
    env: { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    encoding: 'utf8',
  });
  if (ended.signal !== 'SIGKILL') assert.equal(ended.status, 0, ended.stderr);
  return ended.signal === 'SIGKILL';
}

/** Kills the call at each of its writing git commands in turn; `check` looks at what is left. */
async function killEverywhere(
  sample: Sample,
  method: string,
  input: unknown,
  check: (at: number) => Promise<void>,
): Promise<number> {
  for (let at = 1; ; at += 1) {
    const killed = killedAt(sample, at, method, input);
    await check(at);
    if (!killed) return at - 1;
  }
}

function repairIn(sample: Sample, capture: { mirror: string; commit: string }) {
  return workInClone(sample, capture, (clone) => {
    writeFileSync(join(clone, 'src/sum.js'), 'one\nTWO\nthree\nfour\nfive\nsix\nseven\n');
    writeFileSync(join(clone, 'new.js'), 'new\n');
    rmSync(join(clone, 'src/other.js'));
  });
}

async function sampleWork(sample: Sample) {
  sample.write('dirty.js', 'dirty\n');
  const capture = await sample.workspaces.capture({ task: 'T1', repository: sample.repository }, sample.signal);
  return { capture, work: await repairIn(sample, capture) };
}

test('a capture killed at any writing git command leaves the person’s folder alone and is repeated to the same commit', async () => {
  using sample = sampleRepository();
  sample.write('dirty.js', 'dirty\n');
  const before = listing(sample.repository);
  const commits = new Set<string>();
  const points = await killEverywhere(sample, 'capture', { task: 'T1', repository: sample.repository }, async (at) => {
    assert.deepEqual(listing(sample.repository), before, `killed at ${at}`);
    const input = { task: `T${at}`, repository: sample.repository };
    const captured = await sample.workspaces.capture(input, sample.signal);
    commits.add(captured.commit);
    personGit(captured.mirror, ['fsck', '--strict']);
    rmSync(captured.mirror, { recursive: true });
    assert.ok((await sample.workspaces.sweep(sample.signal)) <= 2);
  });
  assert.ok(points > 6);
  assert.equal(commits.size, 1);
});

test('an import killed at any writing git command leaves the change out or in, and a repeat brings it in', async () => {
  using sample = sampleRepository();
  const { capture, work } = await sampleWork(sample);
  const input = { task: 'T1', mirror: capture.mirror, base: capture.commit, bundle: 'bundle', leaseToken: 2 };
  const points = await killEverywhere(sample, 'importBundle', input, async (at) => {
    personGit(capture.mirror, ['fsck', '--strict']);
    const imported = await sample.workspaces.importBundle(input, sample.signal);
    assert.equal(imported.commit, work.commit, `killed at ${at}`);
    personGit(capture.mirror, ['update-ref', '-d', 'refs/nova/tasks/T1/change']);
    await sample.workspaces.sweep(sample.signal);
  });
  assert.ok(points > 3);
});

test('a delivery killed at any writing git command creates the whole branch or none', async () => {
  using sample = sampleRepository();
  const { capture, work } = await sampleWork(sample);
  const base = { task: 'T1', mirror: capture.mirror, leaseToken: 2 };
  await sample.workspaces.importBundle({ ...base, base: capture.commit, bundle: 'bundle' }, sample.signal);
  const input = { ...base, repository: sample.repository, branch: 'nova/T1', commit: work.commit };
  const points = await killEverywhere(sample, 'deliver', input, async () => {
    sample.git('fsck', '--strict');
    await sample.workspaces.deliver(input, sample.signal);
    assert.equal(sample.git('rev-parse', 'nova/T1').trim(), work.commit);
    sample.git('branch', '-q', '-D', 'nova/T1');
  });
  assert.ok(points > 2);
});

test('an apply killed at any writing git command is undone or finished by the next one', async () => {
  using sample = sampleRepository();
  const capture = await sample.workspaces.capture({ task: 'T1', repository: sample.repository }, sample.signal);
  const work = await repairIn(sample, capture);
  const base = { task: 'T1', mirror: capture.mirror, leaseToken: 2 };
  await sample.workspaces.importBundle({ ...base, base: capture.commit, bundle: 'bundle' }, sample.signal);
  const input = {
    task: 'T1',
    repository: sample.repository,
    branch: 'nova/T1',
    commit: work.commit,
    base: capture.commit,
    dirty: false,
  };
  const points = await killEverywhere(sample, 'apply', input, async (at) => {
    // Every other time a restarted host puts things right, else the next apply does.
    if (at % 2 === 0) {
      await sample.workspaces.sweep(sample.signal);
      assert.equal(existsSync(join(sample.repository, '.git/index.lock')), false, `killed at ${at}`);
      assert.equal(existsSync(join(sample.repository, '.git/nova-apply')), false, `killed at ${at}`);
      assert.equal(sample.git('status', '--porcelain'), '', `killed at ${at}`);
    }
    const applied = await sample.workspaces.apply(input, sample.signal);
    assert.equal(applied.head, work.commit, `killed at ${at}`);
    assert.equal(sample.git('status', '--porcelain'), '', `killed at ${at}`);
    assert.equal(readFileSync(join(sample.repository, 'new.js'), 'utf8'), 'new\n');
    sample.git('reset', '-q', '--hard', capture.commit);
  });
  assert.ok(points > 6);
});
