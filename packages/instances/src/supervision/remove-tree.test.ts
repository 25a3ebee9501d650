import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { removeTree } from './remove-tree.ts';

test('removes read-only folders and follows no link', async () => {
  const root = await mkdtemp(join(tmpdir(), 'nova remove '));
  try {
    const tree = join(root, 'tree');
    await mkdir(join(tree, 'deep', 'deeper'), { recursive: true });
    await writeFile(join(root, 'kept'), 'content');
    await symlink(root, join(tree, 'deep', 'link'));
    for (const path of [join(tree, 'deep', 'deeper'), join(tree, 'deep'), tree]) await chmod(path, 0o500);
    await removeTree(tree);
    assert.equal(existsSync(tree), false);
    assert.equal(await readFile(join(root, 'kept'), 'utf8'), 'content');
    await removeTree(tree);
  } finally {
    await rm(root, { recursive: true });
  }
});
