import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { TemporaryProject } from '../../testing/temporary-project.ts';
import { WorkingTree } from '../../workspace/working-tree.ts';
import { TestBench } from '../test-run.ts';
import type { VariantRuns } from '../variants.ts';
import { createPythonProbe } from './python-probe.ts';

const source = 'import graphlib\n\nSEEN = []\n\ndef double(x):\n    SEEN.append(x)\n    return x + 1\n';
const tests = [
  'import os, tempfile, unittest',
  'from calc import SEEN, double',
  'class T(unittest.TestCase):',
  '    def test_double(self):',
  '        self.assertEqual(double(3), 6)',
  '        self.assertEqual(SEEN, [3])',
  '    def test_one(self):',
  '        self.assertEqual(double(1), 2)',
  '',
].join('\n');
const variants = [
  source,
  source.replace('x + 1', 'x * 2'),
  source.replace('    return', '    import time; time.sleep(60)\n    return'),
  source.replace('x + 1', 'x +'),
  source.replace('    return', '    import os; os._exit(3)\n    return'),
  source.replace('x + 1', '2 * x'),
].map((text) => new Map([['calc.py', text]]));

async function run(project: TemporaryProject, command: string, only = variants): Promise<VariantRuns> {
  const { context } = project;
  // A folder of its own: what others write into the common one meanwhile is not the tests' doing.
  const own = { ...context, environment: { ...context.environment, TMPDIR: project.folder } };
  const tree = new WorkingTree(context.workspace, context.commit, context.settle);
  const probe = createPythonProbe();
  const request = { command, variants: only, modules: [], timeoutMs: 3000, secondsForAll: 60 };
  const runs = await new TestBench(own, tree, probe).runVariants('forks', request);
  assert.deepEqual(await tree.changed(), [], 'the files are as they were');
  return runs;
}

for (const command of ['python3 -m unittest test_calc', 'python3 -m pytest -q -p no:cacheprovider test_calc.py']) {
  test(`each variant is judged by itself: ${command}`, async () => {
    using project = new TemporaryProject({ 'calc.py': source, 'test_calc.py': tests });
    const { reports, clean, modules } = await run(project, command);
    const told = reports.map((report) =>
      Object.fromEntries((report?.tests ?? []).map((one) => [one.name.split('.').at(-1), one.status])),
    );
    assert.deepEqual(told[0], { test_double: 'failed', test_one: 'passed' });
    assert.deepEqual(told[1], { test_double: 'passed', test_one: 'passed' });
    assert.equal(reports[2]?.timedOut, true);
    assert.ok(Object.values(told[3] ?? {}).every((status) => status === 'failed'));
    assert.equal(reports[4]?.exitCode, 3);
    assert.deepEqual(told[5], told[1]);
    assert.ok(clean);
    assert.ok(modules.includes('graphlib'), 'what may be loaded once is learnt');
    assert.ok(!modules.includes('calc'));
  });
}

test('what a run leaves for the next one is noticed, and a process that has loaded the project is not forked', async () => {
  using project = new TemporaryProject({
    'calc.py': source,
    'test_calc.py': tests.replace(
      'double(1), 2)',
      "double(1), 2); tempfile.mkstemp(prefix='left', dir=os.environ['TMPDIR'])",
    ),
    'early.py': "import calc, unittest\nunittest.main(module='test_calc')\n",
  });
  assert.equal((await run(project, 'python3 early.py', variants.slice(0, 1))).reports[0], null);
  const { context } = project;
  const scratch = `${context.scratch}-temporary`;
  const bench = new TestBench(
    { ...context, environment: { ...context.environment, TMPDIR: scratch } },
    new WorkingTree(context.workspace, context.commit, context.settle),
    createPythonProbe(),
  );
  mkdirSync(scratch, { recursive: true });
  const request = { variants: variants.slice(0, 1), modules: [], timeoutMs: 3000, secondsForAll: 60 };
  const runs = await bench.runVariants('forks', { ...request, command: 'python3 -m unittest test_calc' });
  assert.equal(runs.clean, false);
});
