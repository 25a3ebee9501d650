import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLink, checkRawTree, meansGitFolder } from './tree-rules.ts';

const tree = (mode: string, name: string) => Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.alloc(20, 1)]);
const rejected = { code: 'bundle.rejected' };

test('every spelling of the git folder is known, and no ordinary name is taken for it', () => {
  const bad = [
    '.git',
    '.GIT',
    '.Git',
    'git~1',
    'GIT~23',
    '.git ',
    '.git.',
    '.git. .',
    '.git:x',
    '.g\u200cit',
    '．git',
    'a\\.git',
    '.git\\x',
  ];
  for (const name of bad) assert.equal(meansGitFolder(name), true, name);
  for (const name of ['.github', '.gitignore', '.gitattributes', 'git', 'git~', 'a.git', '.gitx', 'digit']) {
    assert.equal(meansGitFolder(name), false, name);
  }
});

test('a tree is read as it is stored', () => {
  for (const mode of ['100644', '100755', '120000', '40000']) checkRawTree(tree(mode, 'a'), 20);
  checkRawTree(Buffer.concat([tree('100644', 'a'), tree('100644', 'b')]), 20);
  for (const mode of ['160000', '104755', '100664', '040000', '100600', '']) {
    assert.throws(() => checkRawTree(tree(mode, 'a'), 20), rejected, mode);
  }
  for (const name of ['', '.', '..', 'a/b', '/a', '.git', '.gitmodules', '.GitModules']) {
    assert.throws(() => checkRawTree(tree('100644', name), 20), rejected, name);
  }
  for (let cut = 1; cut < 29; cut += 1) {
    assert.throws(() => checkRawTree(tree('100644', 'a').subarray(0, cut), 20), rejected, String(cut));
  }
});

test('a link stays inside the tree by its own text, whatever other links there are', () => {
  for (const [path, target] of [
    ['a', 'b/c'],
    ['d/a', '../b'],
    ['d/e/a', '../../b'],
    ['a', './b'],
    ['d/a', '..'],
  ] as const) {
    checkLink(path, target);
  }
  for (const [path, target] of [
    ['a', '/b'],
    ['a', '..'],
    ['d/a', '../../b'],
    ['a', 'b/../c'],
    ['a', ''],
    ['a', 'x/.git/hooks'],
    ['a', '.GIT'],
  ] as const) {
    assert.throws(() => checkLink(path, target), rejected, `${path} -> ${target}`);
  }
});
