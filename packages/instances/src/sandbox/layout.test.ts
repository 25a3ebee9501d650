import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { SandboxSpec } from '@nova/core';
import { fileName, makeFolders, sandboxFolder, workspaceInside } from './layout.ts';

const folder = sandboxFolder('/data/instances', 'T1', 'work');
const spec = (path: string): SandboxSpec => ({
  id: 'work',
  task: 'T1',
  role: 'work',
  mirror: '/data/mirrors/x.git',
  commit: 'c0ffee',
  environment: null,
  path,
  driver: 'bubblewrap',
  limits: { memoryBytes: 1, processes: 1, callSeconds: 1 },
});
const shown = [{ source: '/x', target: '/home/me/.tools/node', writable: false }];

describe('layout of a sandbox', () => {
  test("the clone appears at the person's own path, unless something else must be there", () => {
    const cases = {
      '/home/me/code/app': '/home/me/code/app',
      '/home/me/code/../a p\np/': '/home/me/a p\np',
      '/tmp/app': '/tmp/app',
      '/usr/src/app': '/workspace',
      '/etc': '/workspace',
      '/': '/workspace',
      '/home/me': '/workspace',
      '/home/me/.tools/node/lib/app': '/workspace',
      '/home/me/.tools/node-app': '/home/me/.tools/node-app',
    };
    for (const [path, inside] of Object.entries(cases)) {
      assert.equal(workspaceInside(spec(path), true, folder, shown), inside, path);
    }
    assert.equal(workspaceInside(spec('/home/me/code/app'), false, folder, shown), folder.workspace);
  });

  test('any id becomes a name of its own inside the folder', () => {
    const ids = ['work', 'Work', '..', '.', '', 'a/b', 'a\nb', 'ä', 'x'.repeat(300), '~1'];
    const names = ids.map(fileName);
    assert.equal(new Set(names).size, ids.length);
    for (const name of names) assert.match(name, /^[A-Za-z0-9_~-][A-Za-z0-9._-]{0,60}$/);
  });

  test('what the environment adds to a clone is no change in git', async () => {
    const root = await mkdtemp(join(tmpdir(), 'nova layout '));
    try {
      const own = sandboxFolder(root, 'T1', 'work');
      await mkdir(own.workspace, { recursive: true });
      execFileSync('git', ['init', '-q', own.workspace]);
      await writeFile(join(root, 'module'), '');
      await mkdir(join(own.workspace, 'kept'));
      const links = [
        { path: join(own.workspace, 'a [b]* c', 'node_modules', 'left'), target: join(root, 'module') },
        { path: join(own.workspace, 'node_modules', 'right'), target: join(root, 'module') },
        { path: join(own.workspace, 'kept', 'link!'), target: join(root, 'module') },
      ];
      await makeFolders(own, false, own.workspace, { mounts: [], variables: {}, pathEntries: [], links });
      for (const { path, target } of links) assert.equal(await readlink(path), target);
      await writeFile(join(own.workspace, 'kept', 'new'), '');
      const status = execFileSync('git', ['status', '--porcelain', '-uall'], { cwd: own.workspace, encoding: 'utf8' });
      assert.equal(status, '?? kept/new\n');
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
