import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { TemporaryProject } from '../testing/temporary-project.ts';
import { WorkingTree } from '../workspace/working-tree.ts';
import { createPythonProbe } from './python/python-probe.ts';
import { TestBench } from './test-run.ts';
import type { VariantRuns } from './variants.ts';

const source = 'exports.double = (x) => x + 1;\n';
const tests = [
  "const { test } = require('node:test');",
  "const assert = require('node:assert');",
  "const { double } = require('./calc.js');",
  "test('double', () => assert.equal(double(3), 6));",
  "test('one', () => assert.equal(double(1), 2));",
  '',
].join('\n');
const texts = [source, source.replace('x + 1', 'x * 2'), 'for (;;) {}\n', 'process.exit(3);\n', source];

async function run(project: TemporaryProject): Promise<VariantRuns> {
  const temporary = `${project.context.scratch}-temporary`;
  mkdirSync(temporary, { recursive: true });
  const context = { ...project.context, environment: { ...project.context.environment, TMPDIR: temporary } };
  const tree = new WorkingTree(context.workspace, context.commit, context.settle);
  const runs = await new TestBench(context, tree, createPythonProbe()).runVariants('in turn', {
    command: 'node calc.test.js',
    variants: texts.map((text) => new Map([['calc.js', text]])),
    modules: [],
    timeoutMs: 3000,
    secondsForAll: 60,
  });
  assert.deepEqual(await tree.changed(), [], 'the files are as they were');
  return runs;
}

test('variants are run in turn, each in a process of its own', async () => {
  using project = new TemporaryProject({ 'calc.js': source, 'calc.test.js': tests });
  const { reports, clean } = await run(project);
  const told = reports.map((report) => report?.tests.map((one) => one.status).join());
  assert.deepEqual([told[0], told[1], told[4]], ['failed,passed', 'passed,passed', 'failed,passed']);
  assert.equal(reports[2]?.timedOut, true);
  assert.equal(reports[3]?.exitCode, 3);
  assert.ok(clean);
});

test('nothing is run after a run that left a temporary file', async () => {
  const leaving = tests.replace(
    "test('one'",
    "require('fs').mkdtempSync(require('os').tmpdir() + '/left');\ntest('one'",
  );
  using project = new TemporaryProject({ 'calc.js': source, 'calc.test.js': leaving });
  const { reports, clean } = await run(project);
  assert.equal(clean, false);
  assert.deepEqual(reports.slice(1), [null, null, null, null]);
});
