import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { CoverageLimit, EvidenceProbe, ProbeReport } from '../probe.ts';
import { createPythonProbe } from './python-probe.ts';

interface Outcome {
  readonly report: ProbeReport | null;
  readonly output: string;
  readonly exitCode: number | null;
}

/** A repository in a temporary folder, gone at the end of the test. */
async function repository(files: Record<string, string>): Promise<{ root: string } & AsyncDisposable> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'nova python ')));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return { root, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}

async function run(
  root: string,
  command: string,
  options: {
    coverage?: boolean;
    coverageLimit?: CoverageLimit;
    probe?: EvidenceProbe;
    environment?: Record<string, string>;
  } = {},
): Promise<Outcome> {
  const probe = options.probe ?? createPythonProbe();
  const reportFolder = await mkdtemp(join(tmpdir(), 'nova-report-'));
  try {
    const limit = options.coverageLimit ? { coverageLimit: options.coverageLimit } : {};
    const request = { root, reportFolder, coverage: options.coverage ?? false, ...limit };
    const inherited = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: root, ...options.environment };
    const added = await probe.environment(request, inherited);
    const { output, exitCode } = await shell(root, command, { ...inherited, ...added });
    return { report: await probe.collect(request), output, exitCode };
  } finally {
    await rm(reportFolder, { recursive: true, force: true });
  }
}

function shell(
  cwd: string,
  command: string,
  env: Record<string, string>,
): Promise<{ output: string; exitCode: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ output, exitCode }));
  });
}

function statuses(outcome: Outcome): Record<string, string> {
  assert.ok(outcome.report, outcome.output);
  return Object.fromEntries(outcome.report.tests.map((entry) => [entry.id, entry.status]));
}

const calculator = {
  'calc/__init__.py': 'def add(a, b):\n    return a - b\n\n\ndef keep(a):\n    return a\n',
  'tests/test_calc.py': [
    'import os, unittest, pytest',
    'from calc import add, keep',
    'def test_add():',
    '    assert add(1, 2) == 3',
    '@pytest.mark.parametrize("value", [1, "a b", object()], ids=["one", "a b", "<object at 0x7f12345678>"])',
    'def test_keep(value):',
    '    os.chdir("/")',
    '    print("garbage \\x1b[0m")',
    '    assert keep(value) == value',
    'class TestGroup:',
    '    @pytest.mark.skip(reason="no")',
    '    def test_skipped(self): pass',
    '    @pytest.mark.xfail',
    '    def test_expected(self): assert False',
    '    @pytest.mark.xfail(strict=True)',
    '    def test_strict(self): pass',
    'class Old(unittest.TestCase):',
    '    def test_old(self): self.assertEqual(add(2, 2), 4)',
    '@pytest.fixture',
    'def broken(): raise ValueError("in set-up")',
    'def test_fixture(broken): pass',
  ].join('\n'),
};

for (const command of [
  'python3 -m pytest -q',
  'PYTHONPATH=. pytest -q -p no:cacheprovider',
  'python3 -m pytest -p no:nova-x tests',
]) {
  test(`every pytest outcome is learned from the unchanged command: ${command}`, async () => {
    await using repo = await repository(calculator);
    const outcome = await run(repo.root, command);
    assert.deepEqual(statuses(outcome), {
      'tests/test_calc.py::test_add': 'failed',
      'tests/test_calc.py::test_keep[one]': 'passed',
      'tests/test_calc.py::test_keep[a b]': 'passed',
      'tests/test_calc.py::test_keep[<object at 0x>]': 'passed',
      'tests/test_calc.py::TestGroup.test_skipped': 'skipped',
      'tests/test_calc.py::TestGroup.test_expected': 'skipped',
      'tests/test_calc.py::TestGroup.test_strict': 'failed',
      'tests/test_calc.py::Old.test_old': 'failed',
      'tests/test_calc.py::test_fixture': 'failed',
    });
  });
}

test('a file that cannot be imported is a failed test with the reason and the place', async () => {
  await using repo = await repository({
    'pkg/__init__.py': 'import no_such_module\n',
    'tests/test_import.py': 'import pkg\n',
    'tests/test_syntax.py': 'def f(:\n',
    'tests/test_fine.py': 'def test_fine(): pass\n',
  });
  const outcome = await run(repo.root, 'python3 -m pytest');
  assert.deepEqual(statuses(outcome), {
    'tests/test_import.py::(collection)': 'failed',
    'tests/test_syntax.py::(collection)': 'failed',
  });
  const [first, second] = outcome.report?.tests ?? [];
  assert.match(first?.failure?.message ?? '', /ModuleNotFoundError: No module named 'no_such_module'/);
  assert.match(first?.failure?.stack ?? '', /File "pkg\/__init__.py", line 1, in <module>/);
  assert.match(second?.failure?.stack ?? '', /File "tests\/test_syntax.py", line 1/);
});

test('a failure carries its message and frames with paths below the root', async () => {
  await using repo = await repository({
    'src/app.py': 'def inner(x):\n    return {}[x]\n\ndef outer(x):\n    return inner(x)\n',
    'test_app.py':
      'import sys; sys.path.insert(0, "src")\nimport app\ndef test_a():\n    app.outer("key")\ndef test_b():\n    assert [1, 2] == [1, 3]\n',
  });
  for (const style of ['', ' --tb=no', ' --tb=native']) {
    const outcome = await run(repo.root, `python3 -m pytest -q${style}`);
    const [a, b] = outcome.report?.tests ?? [];
    assert.equal(a?.failure?.message, "KeyError: 'key'");
    assert.equal(
      a?.failure?.stack,
      'File "test_app.py", line 4, in test_a\nFile "src/app.py", line 5, in outer\nFile "src/app.py", line 2, in inner',
    );
    assert.match(b?.failure?.message ?? '', /assert \[1, 2\] == \[1, 3\]/);
  }
});

const unit = {
  'calc.py': 'def add(a, b):\n    return a - b\n',
  'tests/__init__.py': '',
  'tests/test_unit.py': [
    'import asyncio, unittest',
    'import calc',
    'class Sums(unittest.TestCase):',
    '    def test_add(self): self.assertEqual(calc.add(1, 2), 3)',
    '    def test_fine(self): self.assertEqual(calc.add(1, 0), 1)',
    '    def test_parts(self):',
    '        for n in range(3):',
    '            with self.subTest(n=n): self.assertEqual(calc.add(n, n), 0 if n else 1)',
    '    @unittest.skip("no")',
    '    def test_skip(self): pass',
    '    @unittest.expectedFailure',
    '    def test_expected(self): self.fail()',
    '    @unittest.expectedFailure',
    '    def test_unexpected(self): pass',
    'class Broken(unittest.TestCase):',
    '    @classmethod',
    '    def setUpClass(cls): raise RuntimeError("class")',
    '    def test_never(self): pass',
    'class Async(unittest.IsolatedAsyncioTestCase):',
    '    async def test_sleep(self):',
    '        await asyncio.sleep(0)',
    '        self.assertTrue(calc.add(2, 1) == 3)',
    'if __name__ == "__main__": unittest.main()',
  ].join('\n'),
  'tests/test_gone.py': 'import no_such_module\n',
};
const unitStatuses = {
  'tests/test_unit.py::Async.test_sleep': 'failed',
  'tests/test_unit.py::setUpClass (tests.test_unit.Broken)': 'failed',
  'tests/test_unit.py::Sums.test_add': 'failed',
  'tests/test_unit.py::Sums.test_fine': 'passed',
  'tests/test_unit.py::Sums.test_parts': 'failed',
  'tests/test_unit.py::Sums.test_skip': 'skipped',
  'tests/test_unit.py::Sums.test_expected': 'skipped',
  'tests/test_unit.py::Sums.test_unexpected': 'failed',
};

test('every unittest outcome is learned, through discovery, a module name and make alike', async () => {
  await using repo = await repository({ ...unit, Makefile: 'test:\n\tpython3 -m unittest tests.test_unit\n' });
  const discovered = await run(repo.root, 'python3 -m unittest discover -v');
  assert.deepEqual(statuses(discovered), { 'tests/test_gone.py::(import)': 'failed', ...unitStatuses });
  assert.equal(discovered.report?.runner, 'unittest');
  const gone = discovered.report?.tests.find((entry) => entry.file === 'tests/test_gone.py');
  assert.match(gone?.failure?.message ?? '', /No module named 'no_such_module'/);
  assert.match(gone?.failure?.stack ?? '', /File "tests\/test_gone.py", line 1/);
  const parts = discovered.report?.tests.find((entry) => entry.name === 'Sums.test_parts');
  assert.equal(parts?.failure?.message, '(n=0) AssertionError: 0 != 1');
  assert.deepEqual(statuses(await run(repo.root, 'make test')), unitStatuses);
});

test('a test file run as a script is learned', async () => {
  await using repo = await repository({ ...unit, 'tests/sitecustomize.py': 'raise SystemExit(9)\n' });
  const probe = createPythonProbe();
  const outcome = await run(repo.root, 'PYTHONPATH=. python3 tests/test_unit.py', { probe });
  assert.equal(statuses(outcome)['tests/test_unit.py::Sums.test_add'], 'failed');
});

test('a focused command runs the failing tests alone', async () => {
  await using repo = await repository({ ...calculator, ...unit });
  for (const command of [
    'python3 -m pytest --ignore=tests/test_gone.py -v tests',
    'python3 -m unittest discover',
    'python3 -m unittest discover -s tests -t .',
    'PYTHONPATH=. python3 tests/test_unit.py',
  ]) {
    const probe = createPythonProbe();
    const outcome = await run(repo.root, command, { probe });
    const wanted = outcome.report?.tests.filter((entry) => /test_add|a b\]/.test(entry.name)) ?? [];
    assert.ok(wanted.length > 0, outcome.output);
    assert.ok(outcome.report);
    const focused = await probe.focus(outcome.report, wanted, repo.root);
    assert.ok(focused, command);
    // The caller runs it with the command's own variables where it had some.
    const again = await run(repo.root, focused, { probe, environment: { PYTHONPATH: repo.root } });
    assert.ok(again.report, again.output);
    const ids = new Set(wanted.map((entry) => entry.id));
    assert.ok(again.report.tests.length > 0 && again.report.tests.every((entry) => ids.has(entry.id)), again.output);
    assert.equal(again.exitCode, 1);
  }
});

test('a test that nobody reported has no focused command', async () => {
  await using repo = await repository(calculator);
  const probe = createPythonProbe();
  const outcome = await run(repo.root, 'python3 -m pytest', { probe });
  assert.ok(outcome.report);
  const foreign = { id: 'x::y', file: 'x', name: 'y', status: 'failed', durationMs: 0 } as const;
  assert.equal(await probe.focus(outcome.report, [foreign], repo.root), null);
  assert.equal(await createPythonProbe().focus(outcome.report, outcome.report.tests, repo.root), null);
});

test('a test that ends its process is a failed test, and what came before is kept', async () => {
  await using repo = await repository({
    'test_end.py': 'import os\ndef test_a(): pass\ndef test_b(): os._exit(0)\ndef test_c(): pass\n',
    'test_kill.py':
      'import os, signal, unittest\nclass T(unittest.TestCase):\n    def test_a(self): os.closerange(3, 50)\n    def test_b(self): os.kill(os.getpid(), signal.SIGKILL)\n',
  });
  assert.deepEqual(statuses(await run(repo.root, 'python3 -m pytest test_end.py')), {
    'test_end.py::test_a': 'passed',
    'test_end.py::test_b': 'failed',
  });
  assert.deepEqual(statuses(await run(repo.root, 'python3 -m unittest test_kill')), {
    'test_kill.py::T.test_a': 'passed',
    'test_kill.py::T.test_b': 'failed',
  });
});

test('tests that tests start are not the suite', async () => {
  await using repo = await repository({
    'test_outer.py': [
      'import subprocess, sys, unittest',
      'def test_outer():',
      '    assert subprocess.run([sys.executable, "-m", "unittest", "inner"]).returncode == 1',
      '    class T(unittest.TestCase):',
      '        def test_hidden(self): self.fail()',
      '    result = unittest.TestResult()',
      '    T("test_hidden").run(result)',
      '    assert len(result.failures) == 1',
    ].join('\n'),
    'inner.py': 'import unittest\nclass T(unittest.TestCase):\n    def test_x(self): self.fail()\n',
  });
  assert.deepEqual(statuses(await run(repo.root, 'python3 -m pytest')), { 'test_outer.py::test_outer': 'passed' });
});

test('a process without tests, or cut off from the environment, yields null', async () => {
  await using repo = await repository(calculator);
  assert.equal(
    (
      await run(
        repo.root,
        'python3 -c "import unittest.mock, sys; assert not [p for p in sys.path if \'inject\' in p]"',
      )
    ).report,
    null,
  );
  assert.equal((await run(repo.root, 'python3 -I -c pass')).report, null);
  const isolated = await run(repo.root, 'python3 -E -m pytest');
  assert.equal(isolated.report, null);
  assert.match(isolated.output, /3 failed/);
});

test('another sitecustomize on the path still runs', async () => {
  await using repo = await repository({ 'hooks/sitecustomize.py': 'import sys\nsys.chained = True\n' });
  const outcome = await run(repo.root, 'python3 -c "import sys; print(sys.chained)"', {
    environment: { PYTHONPATH: join(repo.root, 'hooks') },
  });
  assert.match(outcome.output, /True/);
});

test('lines are noted per test, in threads and in started processes too, for the project code only', async () => {
  await using repo = await repository({
    'app.py': [
      'LIMIT = 3',
      'def small(x):',
      '    return x < LIMIT',
      'def big(x):',
      '    y = x',
      '    return y > LIMIT',
      'def other():',
      '    return 1',
    ].join('\n'),
    'venv/lib/python3/site-packages/dep.py': 'def dep():\n    return 1\n',
    'test_app.py': [
      'import subprocess, sys, threading, unittest',
      'sys.path.append("venv/lib/python3/site-packages")',
      'import app, dep',
      'class T(unittest.TestCase):',
      '    def test_small(self): dep.dep(); self.assertTrue(app.small(1))',
      '    def test_thread(self):',
      '        thread = threading.Thread(target=app.big, args=(1,)); thread.start(); thread.join()',
      '    def test_process(self): subprocess.check_call([sys.executable, "-c", "import app; app.other()"])',
    ].join('\n'),
  });
  for (const command of ['python3 -m pytest', 'python3 -m unittest']) {
    const outcome = await run(repo.root, command, { coverage: true });
    assert.ok(outcome.report, outcome.output);
    const noted = Object.fromEntries(
      outcome.report.coverage.map((entry) => [entry.test, Object.fromEntries(entry.lines)]),
    );
    assert.deepEqual(noted['test_app.py::T.test_small'], { 'app.py': [3] });
    assert.deepEqual(noted['test_app.py::T.test_thread'], { 'app.py': [5, 6] });
    assert.deepEqual(noted['test_app.py::T.test_process'], { 'app.py': [1, 2, 4, 7, 8] });
    assert.deepEqual(noted['null'], { 'app.py': [1, 2, 4, 7] });
  }
});

test('a limit records the named tests and a steady share of the others, each from its own first line', async () => {
  const methods = Array.from({ length: 40 }, (_, index) => `    def test_${index}(self): app.twice(${index})`);
  await using repo = await repository({
    'app.py': 'def twice(x):\n    total = 0\n    for _ in range(2):\n        total += x\n    return total\n',
    'test_app.py': ['import app, unittest', 'class T(unittest.TestCase):', ...methods].join('\n'),
  });
  const always = ['test_app.py::T.test_7', 'test_app.py::T.test_31'];
  for (const command of ['python3 -m pytest', 'python3 -m unittest']) {
    const recorded = async (others: number) => {
      const { report, output } = await run(repo.root, command, { coverage: true, coverageLimit: { always, others } });
      assert.equal(report?.tests.length, 40, output);
      const own = report.coverage.filter(({ test }) => test !== null);
      for (const { test, lines } of own) assert.deepEqual(lines.get('app.py'), [2, 3, 4, 5], test ?? '');
      return own.map(({ test }) => test).sort();
    };
    assert.deepEqual(await recorded(0), [...always].sort());
    assert.equal((await recorded(1)).length, 40);
    const some = await recorded(0.3);
    assert.ok(some.length > 2 && some.length < 40, `${some.length}`);
    assert.ok(always.every((id) => some.includes(id)));
    assert.deepEqual(await recorded(0.3), some);
  }
});

test('a pass that a conftest fakes is a failure that names what was raised', async () => {
  await using sample = await repository({
    'calc/__init__.py': calculator['calc/__init__.py'],
    'conftest.py': [
      'import pytest',
      '@pytest.hookimpl(hookwrapper=True, tryfirst=True)',
      'def pytest_runtest_makereport(item, call):',
      '    outcome = yield',
      '    outcome.get_result().outcome = "passed"',
      '',
    ].join('\n'),
    'test_calc.py':
      'from calc import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n\n\ndef test_zero():\n    assert add(0, 0) == 0\n',
  });
  const outcome = await run(sample.root, 'python3 -m pytest -q');
  assert.equal(outcome.exitCode, 0, 'the fake fools pytest itself');
  assert.deepEqual(statuses(outcome), { 'test_calc.py::test_add': 'failed', 'test_calc.py::test_zero': 'passed' });
  assert.match(outcome.report?.tests[0]?.failure?.message ?? '', /reported as passed, but it raised/);
});
