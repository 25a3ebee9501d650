import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Candidate, type Localisation, sandboxTools, type TestReport, type Verdict } from '@nova/core';
import { TemporaryProject } from './testing/temporary-project.ts';
import { createCodeTools } from './tools.ts';

test('there is a tool for every tool that runs in a sandbox', () => {
  assert.deepEqual(Object.keys(createCodeTools()).sort(), sandboxTools.map((tool) => tool.name).sort());
});

test('an input that a tool does not take is refused', async () => {
  using project = new TemporaryProject({ 'a.txt': '' });
  await assert.rejects(project.call('tests.run', { command: 1 }), { code: 'tool.input' });
});

const source = `export function sumTo(list, n) {
  let total = 0;
  for (let i = 0; i <= n; i++) {
    total += list[i];
  }
  return total;
}
export const twice = (x) => x * 2;
`;

const body = `import { sumTo, twice } from '../src/sum.js';
describe('sums', () => { test('first two', () => equal(sumTo([1, 2, 3], 2), 3)); test('none', () => equal(twice(0), 0)); });
test('twice', () => equal(twice(2), 4));
`;
const nodeTests = `import { test, describe } from 'node:test'; import assert from 'node:assert'; const equal = assert.equal;\n${body}`;
const vitestTests = `import { test, describe, expect } from 'vitest'; const equal = (a, b) => expect(a).toBe(b);\n${body}`;
const plainScript = `import { sumTo, twice } from './src/sum.js';
if (twice(2) !== 4) throw new Error('twice');
if (sumTo([1, 2, 3], 2) !== 3) throw new Error('sumTo gives ' + sumTo([1, 2, 3], 2));
`;
const typed = source.replace('list, n', 'list: number[], n: number').replace('(x)', '(x: number)');

const projects = [
  { name: 'node:test', command: 'npm test', script: 'node --test', test: nodeTests, path: 'src/sum.js', text: source },
  { name: 'vitest', command: 'npm test', script: 'vitest run', test: vitestTests, path: 'src/sum.js', text: source },
  {
    name: 'vitest and TypeScript',
    command: 'npm test',
    script: 'vitest run',
    test: vitestTests,
    path: 'src/sum.ts',
    text: typed,
  },
  { name: 'an exit code', command: 'node check.js', script: '', test: '', path: 'src/sum.js', text: source },
];

for (const { name, command, script, test: tests, path, text } of projects) {
  test(`a bug is found, repaired, shown, committed and reviewed with ${name}`, async () => {
    using project = new TemporaryProject(
      {
        'package.json': JSON.stringify({ type: 'module', scripts: { test: script } }),
        [path]: text,
        ...(tests === '' ? { 'check.js': plainScript } : { 'test/sum.test.js': tests }),
      },
      { modules: script.includes('vitest') },
    );
    const report: TestReport = await project.run(command);
    const failing = report.tests.filter((item) => item.status === 'failed');
    assert.equal(failing.length, 1);
    const common = { command, timeoutSeconds: 60 };
    const found = await project.call<Localisation>('repair.localise', { ...common, failing });
    assert.equal(found.runs, 1);
    assert.ok(found.suspects.length > 0);
    assert.ok(found.suspects.every((suspect) => suspect.path === path));
    assert.ok(found.suspects.slice(0, 5).some((suspect) => suspect.startLine === 3));
    if (tests !== '') assert.ok((found.suspects.find((suspect) => suspect.startLine === 8)?.score ?? 0) < 1);
    const proposed = await project.call<{ candidates: Candidate[] }>('repair.propose', {
      suspects: found.suspects,
      failing,
      limit: 40,
    });
    const again = await project.call<{ candidates: Candidate[] }>('repair.propose', {
      suspects: found.suspects,
      failing,
      limit: 40,
    });
    assert.deepEqual(again, proposed);
    assert.equal(new Set(proposed.candidates.map((candidate) => candidate.id)).size, proposed.candidates.length);
    const judging = { ...common, baselineFailing: failing, counted: report.counted, target: [] };
    const evaluated = await project.call<{ verdicts: Verdict[]; runs: number }>('repair.evaluate', {
      ...judging,
      candidates: proposed.candidates,
      enough: 1,
    });
    const at = evaluated.verdicts.findIndex((verdict) => verdict.outcome === 'plausible');
    const repair = proposed.candidates[at];
    assert.ok(repair, 'no candidate repairs the bug');
    // Later ones may have been seen red together with it; none had a run of the whole command.
    const later = new Set(evaluated.verdicts.slice(at + 1).map((verdict) => verdict.outcome));
    assert.ok(!later.has('plausible') && !later.has('regresses'), [...later].join(', '));
    const small = await project.call<{ candidate: Candidate }>('repair.minimise', { ...judging, candidate: repair });
    const shown = await project.call<{ diffs: { diff: string }[] }>('change.preview', {
      candidates: [small.candidate],
    });
    assert.match(shown.diffs[0]?.diff ?? '', /^\+.*i < n; i\+\+/m);
    const commit = { edits: small.candidate.edits, message: 'Repair the bound\n', committedAt: '2026-01-02T03:04:05Z' };
    const made = await project.call<{ commit: string; bundle: string }>('change.commit', commit);
    assert.equal(made.bundle, 'attachment:bundle');
    assert.equal((await project.call<{ commit: string }>('change.commit', commit)).commit, made.commit);
    assert.equal(project.git('rev-parse', `${made.commit}^`).trim(), project.commit);
    const bundle = join(project.context.scratch, '..', 'b.bundle');
    writeFileSync(bundle, project.attachments.get('bundle') ?? '');
    assert.equal(project.git('bundle', 'list-heads', bundle).trim(), `${made.commit} HEAD`);
    const review = { base: project.commit, commit: made.commit, paths: [path] };
    assert.deepEqual(await project.call('change.review', review), { findings: [] });
    assert.equal(project.git('status', '--porcelain').trim(), '');
    assert.equal(project.git('rev-parse', 'HEAD').trim(), project.commit);
    assert.deepEqual(readdirSync(project.context.scratch), []);
  });
}

test('a candidate that fixes its test by breaking another regresses, one that hangs is stopped', async () => {
  using project = new TemporaryProject({
    'value.js': 'exports.value = (n) => n + 1;\n',
    'value.test.js': `const { test } = require('node:test'); const assert = require('node:assert'); const { value } = require('./value');
test('one', () => assert.equal(value(1), 2)); test('two', () => assert.equal(value(2), 4));`,
  });
  const command = 'node --test';
  const report = await project.run(command);
  const failing = report.tests.filter((item) => item.status === 'failed');
  const candidate = (id: string, text: string): Candidate => ({
    id,
    template: 'test',
    rank: 0,
    score: 1,
    edits: [{ path: 'value.js', start: 23, end: 28, text }],
    explanation: '',
  });
  const candidates = [
    candidate('a', 'n * 3'),
    candidate('b', 'n + 2'),
    candidate('c', '('),
    candidate('d', '(() => { for (;;); })()'),
    candidate('e', 'process.exit(0)'),
    candidate('f', 'n * 2'),
    candidate('g', 'n * 2'),
  ];
  const { verdicts } = await project.call<{ verdicts: Verdict[] }>('repair.evaluate', {
    command,
    timeoutSeconds: 20,
    candidates,
    baselineFailing: failing,
    counted: true,
    target: [],
    enough: 2,
  });
  assert.deepEqual(
    verdicts.map((verdict) => verdict.outcome),
    ['still-failing', 'regresses', 'does-not-parse', 'timed-out', 'still-failing', 'plausible', 'plausible'],
  );
  assert.equal(project.git('status', '--porcelain'), '');
});

test('a loop that never ends is repaired', async () => {
  using project = new TemporaryProject({
    'code.js': 'exports.count = (n) => {\n  let i = 0;\n  while (i < n) {\n    i--;\n  }\n  return i;\n};\n',
    'code.test.js': `const { test } = require('node:test'); const assert = require('node:assert'); const { count } = require('./code.js');
test('counts', () => assert.equal(count(3), 3));`,
  });
  const common = { command: 'node --test', timeoutSeconds: 4 };
  const report = await project.run(common.command, common.timeoutSeconds);
  assert.equal(report.timedOut, true);
  const baselineFailing = report.tests.filter((item) => item.status === 'failed');
  const edit = (text: string) => [{ path: 'code.js', start: 60, end: 64, text }];
  const candidates = ['i -= 1;', 'i++;'].map((text, rank) => ({
    id: text,
    template: 'test',
    rank,
    score: 1,
    edits: edit(text),
    explanation: '',
  }));
  const { verdicts } = await project.call<{ verdicts: Verdict[] }>('repair.evaluate', {
    ...common,
    candidates,
    baselineFailing,
    counted: true,
    target: [],
    enough: 1,
  });
  assert.deepEqual(
    verdicts.map((verdict) => verdict.outcome),
    ['timed-out', 'plausible'],
  );
});

test('a Python bug is found and repaired through the same tools', async () => {
  using project = new TemporaryProject({
    'calc/__init__.py': '',
    'calc/total.py':
      'def total(items, n):\n    result = 0\n    for i in range(n + 1):\n        result += items[i]\n    return result\n',
    'tests/__init__.py': '',
    'tests/test_total.py': `import unittest
from calc.total import total
class TotalTest(unittest.TestCase):
    def test_two(self):
        self.assertEqual(total([1, 2, 3], 2), 3)
    def test_none(self):
        self.assertEqual(total([0], 0), 0)
`,
  });
  const common = { command: 'python3 -m unittest discover -s tests -t .', timeoutSeconds: 60 };
  const report = await project.run(common.command);
  assert.equal(report.runner, 'unittest');
  const failing = report.tests.filter((item) => item.status === 'failed');
  const { suspects } = await project.call<Localisation>('repair.localise', { ...common, failing });
  const { candidates } = await project.call<{ candidates: Candidate[] }>('repair.propose', {
    suspects,
    failing,
    limit: 60,
  });
  const { verdicts } = await project.call<{ verdicts: Verdict[] }>('repair.evaluate', {
    ...common,
    candidates,
    baselineFailing: failing,
    counted: true,
    target: [],
    enough: 1,
  });
  assert.ok(verdicts.some((verdict) => verdict.outcome === 'plausible'));
});

test('what runs in functions is suspected before what every test runs by loading the file', async () => {
  const common = { command: 'python3 -m pytest -q', timeoutSeconds: 60 };
  using project = new TemporaryProject({
    'stock.py':
      '"Stock."\nimport os\nREASON = os.name\n\ndef reserve(reserved, take):\n    "Adds."\n    reserved = take\n    return reserved\n',
    'test_stock.py': 'import stock\n\ndef test_adds():\n    assert stock.reserve(1, 2) == 3\n',
  });
  const report = await project.run(common.command);
  const failing = report.tests.filter((item) => item.status === 'failed');
  const { suspects } = await project.call<Localisation>('repair.localise', { ...common, failing });
  const lines = suspects.map((suspect) => suspect.startLine);
  assert.deepEqual(lines.slice(0, 2), [7, 8]);
  assert.ok(!lines.includes(1) && !lines.includes(6), 'a docstring does nothing');
});

test('edits that a repair does not need are left out', async () => {
  using project = new TemporaryProject({
    'value.js': 'exports.value = (n) => n + 1;\nexports.other = 1;\n',
    'value.test.js': `const { test } = require('node:test'); const assert = require('node:assert'); const { value } = require('./value');
test('two', () => assert.equal(value(2), 4));`,
  });
  const report = await project.run('node --test');
  const edits = [
    { path: 'value.js', start: 46, end: 47, text: '2' },
    { path: 'value.js', start: 23, end: 28, text: 'n + 2' },
  ];
  const { candidate } = await project.call<{ candidate: Candidate }>('repair.minimise', {
    command: 'node --test',
    timeoutSeconds: 20,
    candidate: { id: 'a', template: 'test', rank: 0, score: 1, edits, explanation: '' },
    baselineFailing: report.tests.filter((item) => item.status === 'failed'),
    counted: true,
    target: [],
  });
  assert.deepEqual(candidate.edits, [{ path: 'value.js', start: 27, end: 28, text: '2' }]);
});

test('edits outside the repository are refused', async () => {
  using project = new TemporaryProject({ 'a.txt': 'x' });
  for (const path of ['../a', '/etc/hostname', '.git/config']) {
    const edits = [{ path, start: 0, end: 0, text: 'x' }];
    await assert.rejects(project.call('change.commit', { edits, message: 'x', committedAt: '2026-01-02T03:04:05Z' }), {
      code: 'tool.input',
    });
  }
});

test('a hook and a file-system monitor of the repository do not run', async () => {
  using project = new TemporaryProject({ 'a.js': 'exports.a = 1;\n' });
  const witness = mkdtempSync(join(tmpdir(), 'nova-witness-'));
  try {
    const script = join(witness, 'run.sh');
    writeFileSync(script, `#!/bin/sh\ntouch '${witness}/ran'\n`, { mode: 0o755 });
    project.git('config', 'core.fsmonitor', script);
    execFileSync(
      'sh',
      [
        '-c',
        `mkdir -p .git/hooks && for h in pre-commit post-commit post-checkout reference-transaction; do cp '${script}' .git/hooks/$h; done`,
      ],
      { cwd: project.folder },
    );
    const edits = [{ path: 'a.js', start: 12, end: 13, text: '2' }];
    await project.call('change.commit', { edits, message: 'x', committedAt: '2026-01-02T03:04:05Z' });
    assert.deepEqual(readdirSync(witness), ['run.sh']);
  } finally {
    rmSync(witness, { recursive: true });
  }
});

test('calls end within their time: what was not reached is said so', async () => {
  const slow = `test('slow ' + n, async () => { await new Promise((done) => setTimeout(done, 1000)); });`;
  using project = new TemporaryProject({
    'package.json': JSON.stringify({ type: 'module' }),
    'src/sum.js': source,
    'test/sum.test.js': nodeTests,
    'test/slow.test.js': `import { test } from 'node:test';\nfor (const n of [1]) ${slow}\n`,
  });
  const command = 'node --test';
  const report = await project.run(command);
  const failing = report.tests.filter((item) => item.status === 'failed');
  const common = { command, timeoutSeconds: 60 };
  const found = await project.call<Localisation>('repair.localise', { ...common, failing, seconds: 2 });
  assert.equal(found.runs, 1, 'the other files are not run when there is no time for them');
  assert.ok(found.suspects.slice(0, 5).some((suspect) => suspect.path === 'src/sum.js' && suspect.startLine === 3));
  const { candidates } = await project.call<{ candidates: Candidate[] }>('repair.propose', {
    suspects: found.suspects,
    failing,
    limit: 20,
  });
  const judging = { ...common, baselineFailing: failing, counted: true, target: [], enough: 20 };
  const { verdicts } = await project.call<{ verdicts: Verdict[] }>('repair.evaluate', {
    ...judging,
    candidates,
    seconds: 0.001,
  });
  assert.deepEqual([...new Set(verdicts.map((verdict) => verdict.outcome))], ['not-run']);
});

test('tests that a helper of a package defines belong to the file that was run', async () => {
  using project = new TemporaryProject({
    '.gitignore': '',
    'package.json': JSON.stringify({ type: 'module' }),
    'src/sum.js': source,
    'node_modules/helper/index.js': `import { test } from 'node:test'; export const check = (name, run) => test(name, run);`,
    'node_modules/helper/package.json': JSON.stringify({ name: 'helper', type: 'module', main: 'index.js' }),
    'test/a.test.js': `import assert from 'node:assert'; import { check } from 'helper'; import { sumTo, twice } from '../src/sum.js';
check('sum', () => assert.equal(sumTo([1, 2, 3], 2), 3)); check('twice', () => assert.equal(twice(2), 4));`,
  });
  const report = await project.run('node test/a.test.js');
  assert.deepEqual(
    report.tests.map((item) => [item.file, item.name, item.status]),
    [
      ['test/a.test.js', 'sum', 'failed'],
      ['test/a.test.js', 'twice', 'passed'],
    ],
  );
  const failing = report.tests.filter((item) => item.status === 'failed');
  const { suspects } = await project.call<Localisation>('repair.localise', {
    command: 'node --test',
    timeoutSeconds: 60,
    failing: (await project.run('node --test')).tests.filter((item) => item.status === 'failed'),
  });
  assert.ok(failing.length === 1 && suspects.slice(0, 5).some((suspect) => suspect.startLine === 3));
});
