import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { systemClock } from '@nova/core';
import { addBundle, listing, personGit, type Sample, sampleRepository, workInClone } from './sample-repository.ts';
import { createWorkspaces } from './workspaces.ts';

async function captured(sample: Sample) {
  return sample.workspaces.capture({ task: 'T1', repository: sample.repository }, sample.signal);
}

function requestFor(capture: { mirror: string; commit: string }, bundle: string, leaseToken = 1) {
  return { task: 'T1', mirror: capture.mirror, base: capture.commit, bundle, leaseToken };
}

interface RawEntry {
  mode: string;
  name: string;
  content?: string;
  id?: string;
}

/** A commit with a tree that git itself would not make. */
function rawCommit(clone: string, entries: readonly RawEntry[], parents: readonly string[]): string {
  const parts = entries.map(({ mode, name, content, id }) => {
    const object = id ?? personGit(clone, ['hash-object', '-w', '--stdin'], content ?? 'x').trim();
    return Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(object, 'hex')]);
  });
  const args = ['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'];
  const tree = personGit(clone, args, Buffer.concat(parts)).trim();
  return personGit(clone, ['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent]), '-m', 'x']).trim();
}

function bundleOf(sample: Sample, clone: string, commit: string, without: string | null): void {
  personGit(clone, ['update-ref', 'refs/heads/raw', commit]);
  addBundle(sample, clone, 'raw', ['refs/heads/raw', ...(without ? [`^${without}`] : [])]);
}

async function freshClone(sample: Sample, capture: { mirror: string; commit: string }): Promise<string> {
  const folder = join(sample.folder, 'hostile');
  await sample.workspaces.createClone({ ...capture, folder, signal: sample.signal });
  return folder;
}

test('names of any kind arrive, repeating is a no-op, and a long diff is cut with a note', async () => {
  using sample = sampleRepository();
  const capture = await captured(sample);
  const names = ['new\nline', 'sp ace', 'quo"te', 'ünï'];
  const work = await workInClone(sample, capture, (clone) => {
    for (const name of names) writeFileSync(join(clone, name), 'x\n');
    writeFileSync(join(clone, 'long.txt'), 'a line of text\n'.repeat(40_000));
    symlinkSync('../src/sum.js', join(clone, 'test/link'));
    chmodSync(join(clone, 'src/sum.js'), 0o755);
  });
  const imported = await sample.workspaces.importBundle(requestFor(capture, work.bundle), sample.signal);
  assert.deepEqual(imported.paths.sort(), ['long.txt', ...names, 'src/sum.js', 'test/link'].sort());
  assert.ok(imported.diff.length < 257 * 1024);
  assert.match(imported.diff, /cut here: the diff has \d+ bytes/);
  assert.deepEqual(await sample.workspaces.importBundle(requestFor(capture, work.bundle), sample.signal), imported);
  personGit(capture.mirror, ['fsck', '--strict']);
  assert.equal(personGit(capture.mirror, ['rev-parse', 'refs/nova/tasks/T1/change']).trim(), work.commit);
});

test('an older lease changes nothing, in this process or after a restart; an equal one may repeat', async () => {
  using sample = sampleRepository();
  const capture = await captured(sample);
  const first = await workInClone(sample, capture, (clone) => writeFileSync(join(clone, 'a'), '1'), 'first');
  const second = await workInClone(sample, capture, (clone) => writeFileSync(join(clone, 'a'), '2'), 'second');
  await sample.workspaces.importBundle(requestFor(capture, 'first', 7), sample.signal);
  const before = listing(capture.mirror);
  const stale = sample.workspaces.importBundle(requestFor(capture, 'second', 6), sample.signal);
  await assert.rejects(stale, { code: 'lease.stale', message: /newer lease/ });
  const delivery = { task: 'T1', repository: sample.repository, mirror: capture.mirror, branch: 'nova/T1' };
  const late = sample.workspaces.deliver({ ...delivery, commit: first.commit, leaseToken: 6 }, sample.signal);
  await assert.rejects(late, { code: 'lease.stale' });
  assert.deepEqual(listing(capture.mirror), before);
  assert.equal(sample.git('branch', '--list', 'nova/*'), '');
  const restarted = createWorkspaces({
    mirrors: sample.mirrors,
    blobs: { get: async (name) => sample.blobs.get(name) ?? Buffer.of() },
    clock: systemClock,
  });
  await assert.rejects(restarted.importBundle(requestFor(capture, 'second', 6), sample.signal), {
    code: 'lease.stale',
  });
  await restarted.importBundle(requestFor(capture, 'second', 7), sample.signal);
  assert.equal(personGit(capture.mirror, ['rev-parse', 'refs/nova/tasks/T1/change']).trim(), second.commit);
});

test('imports of several tasks and of one task at once all end whole', async () => {
  using sample = sampleRepository();
  const capture = await captured(sample);
  const work = await workInClone(sample, capture, (clone) => writeFileSync(join(clone, 'a'), '1'));
  const request = requestFor(capture, work.bundle);
  const all = await Promise.all(
    ['T1', 'T1', 'T2', 'T3'].map((task) => sample.workspaces.importBundle({ ...request, task }, sample.signal)),
  );
  assert.deepEqual(new Set(all.map(({ commit }) => commit)), new Set([work.commit]));
  personGit(capture.mirror, ['fsck', '--strict']);
});

test('every hostile tree is refused with its reason and leaves the mirror as it was', async (context) => {
  using sample = sampleRepository();
  const capture = await captured(sample);
  const clone = await freshClone(sample, capture);
  const baseTree = personGit(clone, ['rev-parse', 'HEAD^{tree}']).trim();
  const file = (name: string): RawEntry => ({ mode: '100644', name });
  const link = (name: string, content: string): RawEntry => ({ mode: '120000', name, content });
  const cases: Record<string, [RawEntry[], RegExp]> = {
    'git folder': [[{ mode: '40000', name: '.git', id: baseTree }], /git's own folder|contains '.git'/],
    'upper case': [[file('.GIT')], /git's own folder|contains '.git'/],
    'short name': [[file('git~1')], /git's own folder|contains '.git'/],
    'trailing dot': [[file('.git.')], /git's own folder|contains '.git'/],
    stream: [[file('.git::$INDEX_ALLOCATION')], /git's own folder|contains '.git'/],
    'zero width': [[file('.g\u200cit')], /git's own folder|contains '.git'/],
    'full width': [[file('\uff0egit')], /git's own folder|contains '.git'/],
    backslash: [[file('a\\.git\\config')], /git's own folder|contains '.git'/],
    'parent folder': [[{ mode: '40000', name: '..', id: baseTree }], /inside the tree|git refuses/],
    'slash in a name': [[file('a/../../b')], /inside the tree|git refuses/],
    absolute: [[file('/etc/passwd')], /inside the tree|git refuses/],
    submodule: [[{ mode: '160000', name: 'lib', id: capture.commit }], /submodule/],
    gitmodules: [[{ ...file('.gitmodules'), content: '[submodule "a"]\n\tpath=a\n\turl=b\n' }], /submodules/],
    'setuid bit': [[{ mode: '104755', name: 'run' }], /mode 104755|git refuses/],
    'group writable': [[{ mode: '100664', name: 'odd' }], /mode 100664|git refuses/],
    'zero padded': [[{ mode: '0100644', name: 'odd' }], /mode 0100644|git refuses/],
    device: [[{ mode: '020644', name: 'tty' }], /mode 020644|git refuses/],
    'absolute link': [[link('l', '/etc/passwd')], /leads out/],
    'link out': [[link('l', '../x')], /leads out/],
    'link that climbs late': [[link('a', 'b/../../x')], /leads out/],
    'link into git': [[link('l', '.git/hooks')], /git's own folder|contains '.git'/],
    'two of one name': [[file('a'), file('a')], /git refuses/],
  };
  const before = listing(sample.mirrors);
  for (const [name, [entries, reason]] of Object.entries(cases)) {
    await context.test(name, async () => {
      bundleOf(sample, clone, rawCommit(clone, entries, [capture.commit]), capture.commit);
      const importing = sample.workspaces.importBundle(requestFor(capture, 'raw'), sample.signal);
      await assert.rejects(importing, { code: 'bundle.rejected', message: reason });
      const refs = personGit(capture.mirror, ['for-each-ref', '--format=%(refname)']);
      assert.equal(refs, 'refs/nova/tasks/T1/base\nrefs/nova/tasks/T1/head\n');
    });
  }
  const after = listing(sample.mirrors);
  const changed = Object.keys(after).filter((path) => before[path] !== after[path] && !path.includes('.scratch'));
  assert.deepEqual(changed, []);
});

test('a hostile history is refused: merges, other roots, long chains, nothing new, several tips, tags', async () => {
  using sample = sampleRepository();
  const capture = await captured(sample);
  const clone = await freshClone(sample, capture);
  const importing = () => sample.workspaces.importBundle(requestFor(capture, 'raw'), sample.signal);
  const rejected = (message: RegExp) => ({ code: 'bundle.rejected', message });
  const file: RawEntry = { mode: '100644', name: 'a' };

  const other = rawCommit(clone, [file], []);
  bundleOf(sample, clone, other, null);
  await assert.rejects(importing(), rejected(/0 parents/));
  bundleOf(sample, clone, rawCommit(clone, [file], [capture.commit, other]), capture.commit);
  await assert.rejects(importing(), rejected(/2 parents/));
  bundleOf(sample, clone, capture.commit, null);
  await assert.rejects(importing(), rejected(/changes nothing/));

  let tip = capture.commit;
  for (let index = 0; index < 21; index += 1) {
    tip = rawCommit(clone, [{ ...file, content: String(index) }], [tip]);
    if (index === 19) {
      bundleOf(sample, clone, tip, capture.commit);
      assert.equal((await importing()).commit, tip);
    }
  }
  bundleOf(sample, clone, tip, capture.commit);
  await assert.rejects(importing(), rejected(/more than 20 commits/));

  addBundle(sample, clone, 'raw', ['refs/heads/raw', 'HEAD', `^${capture.commit}^{tree}`].slice(0, 2));
  await assert.rejects(importing(), rejected(/2 tips/));
  personGit(clone, ['tag', '-a', '-m', 'x', 'tagged', tip]);
  addBundle(sample, clone, 'raw', ['refs/tags/tagged', `^${capture.commit}`]);
  await assert.rejects(importing(), rejected(/tag, not a commit/));

  // A sound commit in front of a hidden one: every commit on the way is looked at, not only the last.
  const hidden = rawCommit(clone, [{ mode: '160000', name: 'lib', id: capture.commit }], [capture.commit]);
  bundleOf(sample, clone, rawCommit(clone, [file], [hidden]), capture.commit);
  await assert.rejects(importing(), rejected(/submodule/));
});

test('garbage, cuts, flipped bytes, missing objects and bombs are refused', async () => {
  using sample = sampleRepository();
  const capture = await captured(sample);
  const work = await workInClone(sample, capture, (clone) => writeFileSync(join(clone, 'a'), 'content\n'.repeat(99)));
  const good = Buffer.from(sample.blobs.get(work.bundle) ?? []);
  const refuse = async (bytes: Buffer, message: RegExp) => {
    sample.blobs.set('bad', bytes);
    const importing = sample.workspaces.importBundle(requestFor(capture, 'bad'), sample.signal);
    await assert.rejects(importing, { code: 'bundle.rejected', message });
  };
  await refuse(Buffer.of(), /no git bundle/);
  await refuse(Buffer.from('x'.repeat(100_000)), /no git bundle/);
  for (let cut = 1; cut < good.length; cut += 17) await refuse(good.subarray(0, cut), /./);
  await refuse(Buffer.concat([good, Buffer.from('more')]), /behind its end/);
  const packAt = good.indexOf('PACK');
  for (let at = packAt; at < good.length; at += 13) {
    const flipped = Buffer.from(good);
    flipped[at] = (flipped[at] ?? 0) ^ 0x41;
    await refuse(flipped, /./);
  }
  const header = good.subarray(0, packAt).toString('utf8');
  await refuse(Buffer.from(`${header.replace('\n', '\n@filter=blob:none\n')}`.replace('v2', 'v3')), /does not belong/);
  await refuse(packOf(header, [[1, Buffer.from('x')]]), /./);
  await refuse(packOf(header, [[3, Buffer.alloc(1)]], 70 * 1024 * 1024), /unpacks to more/);
  const bomb = Buffer.alloc(65 * 1024 * 1024);
  await refuse(packOf(header, [[3, bomb]]), /unpacks to more/);
  // The reference delta claims a result of 2^40 bytes.
  await refuse(packOf(header, [[7, Buffer.from([8, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 1, 0x61])]]), /unpacks to more/);

  const lacking = join(sample.folder, 'lacking');
  execFileSync('cp', ['-r', work.clone, lacking]);
  const blob = personGit(lacking, ['rev-parse', `${work.commit}:a`]).trim();
  const tree = personGit(lacking, ['rev-parse', `${work.commit}^{tree}`]).trim();
  const pack = execFileSync('git', ['pack-objects', '--stdout', '-q'], {
    cwd: lacking,
    input: `${work.commit}\n${tree}\n`,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  await refuse(Buffer.concat([Buffer.from(header), pack]), /git refuses|missing/);
  assert.ok(blob);
  personGit(capture.mirror, ['fsck', '--strict']);
  assert.equal(
    (await sample.workspaces.importBundle(requestFor(capture, work.bundle), sample.signal)).commit,
    work.commit,
  );
});

/** A pack with these objects (type, content), whatever sense they make. */
function packOf(header: string, objects: readonly (readonly [number, Buffer])[], claimed?: number): Buffer {
  const parts = objects.map(([type, content]) => {
    let size = claimed ?? content.length;
    const bytes = [(type << 4) | (size % 16)];
    for (size = Math.floor(size / 16); size > 0; size = Math.floor(size / 128)) {
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
      bytes.push(size % 128);
    }
    return Buffer.concat([Buffer.from(bytes), type === 7 ? Buffer.alloc(20) : Buffer.of(), deflateSync(content)]);
  });
  const start = Buffer.alloc(12);
  start.write('PACK');
  start.writeUInt32BE(2, 4);
  start.writeUInt32BE(objects.length, 8);
  return Buffer.concat([Buffer.from(header), start, ...parts, Buffer.alloc(20)]);
}

test('what a killed process left is swept, what a living one uses is not', async () => {
  using sample = sampleRepository();
  await captured(sample);
  mkdirSync(join(sample.mirrors, '.scratch/999999999-1/left/git'), { recursive: true });
  assert.equal(await sample.workspaces.sweep(sample.signal), 1);
  assert.equal(await sample.workspaces.sweep(sample.signal), 0);
});
