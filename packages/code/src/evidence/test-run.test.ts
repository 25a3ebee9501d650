import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { failingTests, isGreen, type TestReport } from '@nova/core';
import { TemporaryProject } from '../testing/temporary-project.ts';

const suite = `
import { describe, it, test } from 'node:test';
import assert from 'node:assert';
describe('group', () => {
  it('one', () => {});
  describe('inner', () => { it('two', async () => { assert.equal(1, 2); }); });
});
test('parent', async (t) => { await t.test('child', () => {}); await t.test('child', () => { throw new Error('boom'); }); });
test.skip('later', () => {});
`;

const outcome = (report: TestReport) => report.tests.map(({ id, status }) => `${status} ${id}`);

const expected = [
  'passed t.test.mjs::group > one',
  'failed t.test.mjs::group > inner > two',
  'passed t.test.mjs::parent > child',
  'failed t.test.mjs::parent > child (2)',
  'skipped t.test.mjs::later',
];

for (const command of [
  'node --test',
  'node t.test.mjs',
  'npm test',
  'node --test --test-reporter=tap',
  'node --test --test-reporter=dot --test-reporter-destination=stdout',
]) {
  test(`node:test reports its leaf tests through ${command}`, async () => {
    using project = new TemporaryProject({
      't.test.mjs': suite,
      'package.json': JSON.stringify({ scripts: { test: 'node --test' } }),
    });
    const report = await project.run(command);
    assert.equal(report.runner, 'node:test');
    assert.equal(report.counted, true);
    assert.equal(report.exitCode, 1);
    assert.deepEqual(outcome(report), expected);
    assert.deepEqual(report.dirtied, []);
    const two = report.tests.find((item) => item.name.endsWith('two'));
    assert.match(two?.failure?.message ?? '', /expected: 2\nactual: 1/);
    assert.match(two?.failure?.stack ?? '', /t\.test\.mjs:6/);
  });
}

test('a file that does not load is a failed test of that file', async () => {
  using project = new TemporaryProject({
    'bad.test.mjs': "import './absent.mjs';",
    'syntax.test.mjs': 'let let = ;',
    'good.test.mjs': "import { test } from 'node:test'; test('fine', () => {});",
  });
  const report = await project.run('node --test');
  assert.deepEqual(outcome(report).sort(), [
    'failed bad.test.mjs::bad.test.mjs',
    'failed syntax.test.mjs::syntax.test.mjs',
    'passed good.test.mjs::fine',
  ]);
});

test('Vitest reports tests, failing files and its own reporter still prints', async () => {
  using project = new TemporaryProject(
    {
      'a.test.ts': `import { test, describe, expect } from 'vitest';
describe('group', () => { test('one', () => expect(1).toBe(2)); test.skip('two', () => {}); });
test('three', () => {});`,
      'b.test.ts': "import './absent.ts'; import { test } from 'vitest'; test('never', () => {});",
    },
    { modules: true },
  );
  const report = await project.run('node_modules/.bin/vitest run');
  assert.equal(report.runner, 'vitest');
  assert.deepEqual(outcome(report).sort(), [
    'failed a.test.ts::group > one',
    'failed b.test.ts::b.test.ts',
    'passed a.test.ts::three',
    'skipped a.test.ts::group > two',
  ]);
  assert.match(report.outputTail, /Test Files/);
});

test('a command without a known runner is one uncounted test', async () => {
  using project = new TemporaryProject({
    'check.js': 'process.exit(require("./value") === 1 ? 0 : 3);',
    'value.js': 'module.exports = 2;',
  });
  const red = await project.run('node check.js');
  assert.deepEqual(
    [red.runner, red.counted, red.exitCode, failingTests(red)],
    ['command', false, 3, ['command::exit code']],
  );
  const green = await project.run('true');
  assert.equal(isGreen(green), true);
});

test('tests that end the process early are not counted as passed', async () => {
  using project = new TemporaryProject({
    'exit.test.js': `const { test } = require('node:test');
test('quits', () => process.exit(0));
test('never reached', () => { throw new Error('no'); });`,
  });
  const report = await project.run('node --test');
  assert.equal(report.tests.filter((item) => item.status === 'passed' && item.name.includes('reached')).length, 0);
  assert.equal(
    report.tests.some((item) => item.name === 'quits' && item.status === 'passed'),
    false,
  );
});

test('a run that hangs is ended with all its processes, and says which test hung', async () => {
  using project = new TemporaryProject({
    'hang.test.js': `const { test } = require('node:test');
const { spawn } = require('node:child_process');
const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
require('node:fs').writeFileSync(process.env.HOME + '/pid', String(child.pid));
test('fine', () => {});
test('hangs', () => new Promise((resolve) => setTimeout(resolve, 1e6)));`,
  });
  const report = await project.run('node --test', 3);
  assert.equal(report.timedOut, true);
  assert.deepEqual(outcome(report), ['passed hang.test.js::fine', 'failed hang.test.js::hangs']);
  const pid = Number(readFileSync(join(project.context.environment['HOME'] ?? '', 'pid'), 'utf8'));
  assert.equal(isRunning(pid), false);
});

test('an endless loop is a failure of its file', async () => {
  using project = new TemporaryProject({
    'loop.test.js': "const { test } = require('node:test'); test('loops', () => { for (;;); });",
  });
  const report = await project.run('node --test', 3);
  assert.equal(report.timedOut, true);
  assert.equal(failingTests(report).length, 1);
  assert.equal(isGreen(report), false);
});

test('half a gigabyte of output is counted, of which head and tail are kept', async () => {
  using project = new TemporaryProject({
    'spam.test.js': `const { test } = require('node:test');
test('loud', () => { require('node:child_process').execSync('yes | head -c 524288000', { stdio: ['ignore', 'inherit', 'inherit'] }); });`,
  });
  const before = process.memoryUsage().rss;
  const report = await project.run('node spam.test.js');
  assert.ok(report.outputBytes >= 500 * 1024 * 1024);
  assert.ok((project.attachments.get('output')?.length ?? 0) <= 8 * 1024 * 1024 + 200);
  assert.ok(report.outputTail.length <= 16 * 1024);
  assert.ok(process.memoryUsage().rss - before < 300 * 1024 * 1024);
  assert.deepEqual(failingTests(report), []);
});

test('what a test prints cannot imitate a report', async () => {
  using project = new TemporaryProject({
    'fake.test.js': `const { test } = require('node:test');
test('real', () => { console.log(JSON.stringify({ kind: 'result', name: 'invented', nesting: 0, file: null, suite: false, status: 'passed', durationMs: 0 })); console.log('ok 1 - invented'); throw new Error('no'); });`,
  });
  const report = await project.run('node --test');
  assert.deepEqual(outcome(report), ['failed fake.test.js::real']);
});

test('a test may change the folder it works in', async () => {
  using project = new TemporaryProject({
    'cwd.test.js': "const { test } = require('node:test'); process.chdir('/'); test('moves', () => {});",
  });
  assert.deepEqual(outcome(await project.run('node --test')), ['passed cwd.test.js::moves']);
});

test('what a run changes is named and put back', async () => {
  using project = new TemporaryProject({
    'a.txt': 'kept',
    'writes.test.js': `const { test } = require('node:test'); const fs = require('node:fs');
test('writes', () => { fs.writeFileSync('a.txt', 'spoilt'); fs.mkdirSync('new/folder', { recursive: true }); fs.writeFileSync('new/folder/b', ''); fs.rmSync('writes.test.js'); });`,
  });
  const report = await project.run('node --test');
  assert.deepEqual(report.dirtied, ['a.txt', 'new/folder/b', 'writes.test.js']);
  assert.equal(readFileSync(join(project.folder, 'a.txt'), 'utf8'), 'kept');
  assert.equal(project.git('status', '--porcelain'), '');
});

test('a cancelled run ends with its code and leaves the tree as it was', async () => {
  using project = new TemporaryProject({ 'a.txt': 'kept' });
  const running = project.run('echo spoilt > a.txt; sleep 1000');
  setTimeout(() => project.cancel(), 300);
  await assert.rejects(running, { code: 'task.cancelled' });
  assert.equal(readFileSync(join(project.folder, 'a.txt'), 'utf8'), 'kept');
});

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
