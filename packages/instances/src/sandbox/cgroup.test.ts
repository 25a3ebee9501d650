import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { findControlGroups, makeControlGroup, planControlGroup } from './cgroup.ts';

const limits = { memoryBytes: 123_456_789, processes: 42, callSeconds: 1 };
const yes = async () => true;
const no = async () => false;

describe('control groups on other machines', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'nova groups '));
  });
  afterEach(() => rm(root, { recursive: true }));

  const escaped = (path: string) => path.replaceAll(' ', '\\040');
  const mount = (path: string, type: string, options: string) =>
    `30 20 0:1 / ${escaped(path)} rw,relatime shared:1 - ${type} ${type} rw,${options}\n`;

  async function group(path: string, controllers: string, enabled: string): Promise<string> {
    const folder = join(root, path);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'cgroup.controllers'), controllers);
    await writeFile(join(folder, 'cgroup.subtree_control'), enabled);
    await writeFile(join(folder, 'cgroup.procs'), `${process.pid}\n`);
    return folder;
  }

  test('version 2: the nearest ancestor with both controllers handed down takes the groups', async () => {
    await group('', 'cpu memory pids', 'cpu memory pids');
    const slice = await group('user.slice', 'cpu memory pids', 'memory pids');
    await group('user.slice/session.scope', '', '');
    const support = await findControlGroups({
      cgroup: '0::/user.slice/session.scope\n',
      mountinfo: mount(root, 'cgroup2', 'nsdelegate'),
      mayMakeGroup: yes,
    });
    assert.deepEqual(support.memory, { version: 'cgroup-v2', parent: slice });
    assert.deepEqual(support.processes, { version: 'cgroup-v2', parent: slice });
  });

  test('version 2: limits, kills and members are read and written where the kernel has them', async () => {
    const own = await group('', 'memory pids', 'memory pids');
    const support = await findControlGroups({
      cgroup: '0::/\n',
      mountinfo: mount(root, 'cgroup2', 'nsdelegate'),
      mayMakeGroup: yes,
    });
    const opened = await makeControlGroup(planControlGroup(support, 'nova-x'), limits, support.reason);
    const folder = join(own, 'nova-x');
    assert.equal(opened.memory, 'cgroup-v2');
    assert.equal(await readFile(join(folder, 'memory.max'), 'utf8'), '123456789');
    assert.equal(await readFile(join(folder, 'memory.swap.max'), 'utf8'), '0');
    assert.equal(await readFile(join(folder, 'pids.max'), 'utf8'), '42');
    assert.deepEqual(opened.joinFiles, [join(folder, 'cgroup.procs')]);
    assert.equal(await opened.memoryKills(), 0);
    await writeFile(join(folder, 'memory.events'), 'low 0\noom 3\noom_kill 2\noom_group_kill 0\n');
    assert.equal(await opened.memoryKills(), 2);
    await writeFile(join(folder, 'cgroup.procs'), `${process.pid}\n`);
    assert.deepEqual(
      opened.members().map(({ pid }) => pid),
      [process.pid],
    );
  });

  test('version 1: each controller has a folder of its own', async () => {
    for (const name of ['memory', 'pids']) await mkdir(join(root, name, 'job'), { recursive: true });
    const support = await findControlGroups({
      cgroup: '4:memory:/job\n3:pids:/job\n0::/\n',
      mountinfo: mount(join(root, 'memory'), 'cgroup', 'memory') + mount(join(root, 'pids'), 'cgroup', 'pids'),
      mayMakeGroup: yes,
    });
    const opened = await makeControlGroup(planControlGroup(support, 'nova-x'), limits, support.reason);
    assert.deepEqual([opened.memory, opened.processes], ['cgroup-v1', 'cgroup-v1']);
    assert.equal(await readFile(join(root, 'memory/job/nova-x/memory.limit_in_bytes'), 'utf8'), '123456789');
    assert.equal(await readFile(join(root, 'pids/job/nova-x/pids.max'), 'utf8'), '42');
    assert.equal(opened.joinFiles.length, 2);
  });

  test('what is not permitted is said in words, and nothing pretends', async () => {
    await group('', 'memory pids', 'memory pids');
    const support = await findControlGroups({
      cgroup: '0::/\n',
      mountinfo: mount(root, 'cgroup2', 'nsdelegate'),
      mayMakeGroup: no,
    });
    const opened = await makeControlGroup(planControlGroup(support, 'nova-x'), limits, support.reason);
    assert.deepEqual([opened.memory, opened.processes], ['none', 'none']);
    assert.equal(opened.missing.length, 2);
    assert.match(opened.missing.join('\n'), /memory is not limited: .*delegated/);
    assert.deepEqual(opened.joinFiles, []);
    await opened.remove();
  });

  test('a machine without control groups', async () => {
    const support = await findControlGroups({ cgroup: '', mountinfo: '', mayMakeGroup: yes });
    assert.equal(support.memory, null);
    assert.match(support.reason, /no control group file system/);
  });
});
