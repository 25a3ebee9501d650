import assert from 'node:assert/strict';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TemporaryProject } from '../testing/temporary-project.ts';
import { WorkingTree } from './working-tree.ts';

test('putting back is tried again once nothing runs that stands in its way', async () => {
  using project = new TemporaryProject({ 'a.txt': 'as it was' });
  const head = join(project.folder, '.git', 'HEAD');
  const text = readFileSync(head);
  let settled = 0;
  const tree = new WorkingTree(project.folder, project.commit, async () => {
    settled += 1;
    writeFileSync(head, text);
    return ['sleep 987654'];
  });
  writeFileSync(join(project.folder, 'a.txt'), 'changed');
  writeFileSync(head, 'broken');
  await tree.restore();
  assert.equal(settled, 1);
  assert.equal(readFileSync(join(project.folder, 'a.txt'), 'utf8'), 'as it was');
});

test('locks that a killed git left do not stand in the way', async () => {
  using project = new TemporaryProject({ 'a.txt': 'as it was' });
  const tree = new WorkingTree(project.folder, project.commit, async () => assert.fail('nothing is in the way'));
  for (const name of ['index.lock', 'HEAD.lock', 'ORIG_HEAD.lock']) {
    writeFileSync(join(project.folder, '.git', name), '');
  }
  writeFileSync(join(project.folder, 'a.txt'), 'changed');
  await tree.restore();
  assert.equal(readFileSync(join(project.folder, 'a.txt'), 'utf8'), 'as it was');
});

test('what cannot be put back is refused as the doing of the tests, with what they left running', async () => {
  using project = new TemporaryProject({ 'a.txt': 'as it was' });
  const tree = new WorkingTree(project.folder, project.commit, async () => ['sleep 987654']);
  rmSync(join(project.folder, '.git', 'objects'), { recursive: true });
  await assert.rejects(tree.restore(), (error: { code?: string; message?: string }) => {
    assert.equal(error.code, 'sandbox.limit');
    assert.match(error.message ?? '', /sleep 987654/);
    return true;
  });
});

test('a link is no file of its own: it is neither listed, nor read, nor written through', async () => {
  using project = new TemporaryProject({ 'src/a.js': 'real\n' });
  const outside = join(project.scratch, 'outside.js');
  writeFileSync(outside, 'of the person\n');
  symlinkSync('src/a.js', join(project.folder, 'a-link.js'));
  symlinkSync(outside, join(project.folder, 'z.js'));
  project.git('add', '--all');
  project.git('-c', 'user.name=A', '-c', 'user.email=a@localhost', 'commit', '--quiet', '--message', 'Links');
  const commit = project.git('rev-parse', 'HEAD').trim();
  const tree = new WorkingTree(project.folder, commit, async () => []);
  assert.deepEqual(await tree.tracked(), ['.gitignore', 'src/a.js']);
  assert.equal(await tree.read('a-link.js'), null);
  for (const path of ['a-link.js', 'z.js'])
    await assert.rejects(tree.apply([{ path, start: 0, end: 1, text: 'x' }]), { code: 'tool.input' });
  await assert.rejects(tree.write('z.js', 'x'));
  assert.equal(readFileSync(outside, 'utf8'), 'of the person\n');
});
