import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { must } from './command.ts';
import { differences, fingerprint, removeFolder } from './repository.ts';
import { loadScenarios } from './scenario.ts';

const scenarios = await loadScenarios();

test('every scenario names its fixtures, and every fixture is named', async () => {
  for (const { name, folder, shown, withheld } of scenarios) {
    const named = [...Object.keys(shown), ...Object.keys(withheld)].sort();
    assert.deepEqual((await readdir(join(folder, 'fixtures'))).sort(), named, name);
    for (const path of Object.values(withheld)) assert.ok(!Object.values(shown).includes(path), `${name}: ${path}`);
  }
});

test('Nova is never shown a withheld test', async () => {
  for (const { name, folder, shown, withheld, testCommand } of scenarios) {
    for (const path of Object.values(withheld)) assert.ok(!testCommand.includes(path), name);
    const texts = (files: object) =>
      Promise.all(Object.keys(files).map((fixture) => readFile(join(folder, 'fixtures', fixture), 'utf8')));
    const [seen, kept] = await Promise.all([texts(shown), texts(withheld)]);
    for (const text of kept) assert.ok(!seen.includes(text), name);
  }
});

test('the scenarios cover both ecosystems and both ends', () => {
  const count = (matches: (scenario: (typeof scenarios)[number]) => boolean) => scenarios.filter(matches).length;
  assert.ok(count(({ ecosystem }) => ecosystem === 'npm') >= 8);
  assert.ok(count(({ ecosystem }) => ecosystem === 'pypi') >= 6);
  assert.ok(count(({ expectation }) => expectation === 'refused') >= 1);
  assert.ok(count(({ expectation }) => expectation === 'delivered') >= 2);
  for (const install of ['none', 'checkout', 'lockfile']) assert.ok(count((one) => one.install === install) >= 2);
});

test('a malformed scenario is refused with its name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nova-scenarios-'));
  try {
    await mkdir(join(folder, 'broken'));
    await writeFile(join(folder, 'broken/scenario.json'), '{"ecosystem":"npm"}');
    await assert.rejects(loadScenarios(folder), /broken is malformed/);
  } finally {
    await removeFolder(folder);
  }
});

test('a fingerprint notices each kind of change and overlooks nova branches', async () => {
  const root = await mkdtemp(join(tmpdir(), 'nova-fingerprint-'));
  const git = (...args: string[]) => must('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: root });
  try {
    await git('init', '--quiet', '--initial-branch=main');
    await writeFile(join(root, 'a.txt'), 'a');
    await git('add', '--all');
    await git('commit', '--quiet', '-m', 'one');
    const before = await fingerprint(root);
    await git('branch', 'nova/task');
    assert.deepEqual(differences(before, await fingerprint(root)), []);
    await appendFile(join(root, 'a.txt'), 'b');
    await writeFile(join(root, 'untracked'), '');
    await mkdir(join(root, '.git/hooks'), { recursive: true });
    await writeFile(join(root, '.git/hooks/post-checkout'), '#!/bin/sh\n');
    await git('config', 'core.fsmonitor', 'true');
    await git('branch', 'other');
    const changed = differences(before, await fingerprint(root));
    for (const name of ['a.txt', 'untracked', '.git/config', '.git/hooks/post-checkout']) {
      assert.ok(changed.includes(name), `${name} in ${changed}`);
    }
    assert.ok(changed.some((name) => name.startsWith('ref refs/heads/other ')));
  } finally {
    await removeFolder(root);
  }
});
