import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MissingImport } from '@nova/core';
import { TemporaryProject } from '../testing/temporary-project.ts';

const pythonTest = (line: string) =>
  `${line}\nimport unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        pass\n`;
const nodeTest = (line: string) => `import { test } from 'node:test';\n${line}\ntest('a', () => {});\n`;
const vitestTest = (line: string) => `import { test } from 'vitest';\n${line}\ntest('a', () => {});\n`;
const manifest = (more: object = {}) => JSON.stringify({ name: 'app', type: 'module', ...more });

interface Case {
  readonly name: string;
  readonly command: string;
  readonly files: Readonly<Record<string, string>>;
  /** Why, what and for whom it is missing; null where a repair of the source could help. */
  readonly expected: readonly [why: string, module: string, importer: string | null, found?: readonly string[]] | null;
  readonly modules?: boolean;
}

const inApp = { 'src/app/__init__.py': '', 'src/app/calc.py': 'def add(a, b):\n    return a + b\n' };
const onPath = 'PYTHONPATH=src python3 -m';

const cases: readonly Case[] = [
  {
    name: 'pytest, a package that is not installed',
    command: 'python3 -m pytest',
    files: { 'tests/test_a.py': 'import absent_package\ndef test_a(): pass\n' },
    expected: ['not-installed', 'absent_package', 'tests/test_a.py'],
  },
  {
    name: 'pytest, the project where Python does not look',
    command: 'python3 -m pytest',
    files: { ...inApp, 'tests/test_a.py': 'from app.calc import add\ndef test_a(): pass\n' },
    expected: ['path', 'app', 'tests/test_a.py', ['src']],
  },
  {
    name: 'pytest, a conftest that does not load',
    command: 'python3 -m pytest',
    files: { 'conftest.py': 'import absent_package\n', 'test_a.py': 'def test_a(): pass\n' },
    expected: ['not-installed', 'absent_package', 'conftest.py'],
  },
  {
    name: 'pytest, a name that the installed version lacks',
    command: 'python3 -m pytest',
    files: { 'test_a.py': 'from json import absent_name\ndef test_a(): pass\n' },
    expected: ['version', 'json', 'test_a.py'],
  },
  {
    name: 'a wrong module name inside the project',
    command: `${onPath} pytest`,
    files: {
      ...inApp,
      'src/app/__init__.py': 'from app.clac import add\n',
      'test_a.py': 'from app import add\ndef test_a(): pass\n',
    },
    expected: null,
  },
  {
    name: 'a name that the project lacks',
    command: `${onPath} pytest`,
    files: { ...inApp, 'test_a.py': 'from app.calc import absent\ndef test_a(): pass\n' },
    expected: null,
  },
  {
    name: 'a neighbour that the source imports as if it stood at the top',
    command: `${onPath} pytest`,
    files: {
      ...inApp,
      'src/app/__init__.py': 'from calc import add\n',
      'test_a.py': 'import app\ndef test_a(): pass\n',
    },
    expected: null,
  },
  {
    name: 'a misspelt module of the language in the source',
    command: `${onPath} pytest`,
    files: { ...inApp, 'src/app/calc.py': 'import jsno\n', 'test_a.py': 'import app.calc\ndef test_a(): pass\n' },
    expected: null,
  },
  {
    name: 'a dependency of the source that is not installed',
    command: `${onPath} pytest`,
    files: {
      ...inApp,
      'src/app/calc.py': 'import absent_package\n',
      'test_a.py': 'import app.calc\ndef test_a(): pass\n',
    },
    expected: ['not-installed', 'absent_package', 'src/app/calc.py'],
  },
  {
    name: 'source that raises such an error itself',
    command: `${onPath} pytest`,
    files: {
      ...inApp,
      'src/app/calc.py': `def load(name):\n    raise ModuleNotFoundError("No module named 'plugin_x'")\n`,
      'test_a.py': 'from app.calc import load\ndef test_a():\n    load("x")\n',
    },
    expected: null,
  },
  {
    name: 'unittest, a package that is not installed',
    command: 'python3 -m unittest discover',
    files: { 'test_a.py': pythonTest('import absent_package') },
    expected: ['not-installed', 'absent_package', 'test_a.py'],
  },
  {
    name: 'a script, a package that is not installed',
    command: 'python3 check.py',
    files: { 'check.py': 'import absent_package\n' },
    expected: ['not-installed', 'absent_package', 'check.py'],
  },
  {
    name: 'a script that fails after such a message',
    command: 'python3 check.py',
    files: {
      'check.py':
        'try:\n    import absent_package\nexcept ImportError as error:\n    print("ModuleNotFoundError: " + str(error))\nassert 1 == 2\n',
    },
    expected: null,
  },
  {
    name: 'a test runner that is not installed',
    command: 'python3 -m absent_runner',
    files: { 'a.py': '' },
    expected: ['not-installed', 'absent_runner', null],
  },
  {
    name: 'node:test, a package that is not declared',
    command: 'node --test',
    files: { 'package.json': manifest(), 'test/a.test.js': nodeTest("import 'absent-package/sub';") },
    expected: ['not-installed', 'absent-package', 'test/a.test.js'],
  },
  {
    name: 'node:test, a package that is declared and not there',
    command: 'npm test',
    files: {
      'package.json': manifest({ scripts: { test: 'node --test' }, devDependencies: { '@absent/package': '1.0.0' } }),
      'test/a.test.cjs': "require('node:test').test('a', () => {});\nrequire('@absent/package');\n",
    },
    expected: ['declared', '@absent/package', 'test/a.test.cjs'],
  },
  {
    name: 'node:test, a file that a build makes',
    command: 'node --test',
    files: {
      'package.json': manifest(),
      '.gitignore': 'dist\n',
      'test/a.test.js': nodeTest("import '../dist/index.js';"),
    },
    expected: ['not-built', 'dist/index.js', 'test/a.test.js', ['dist/index.js']],
  },
  {
    name: 'a wrong file name inside the project',
    command: 'node --test',
    files: {
      'package.json': manifest(),
      'src/a.js': "export * from './absent.js';\n",
      'test/a.test.js': nodeTest("import '../src/a.js';"),
    },
    expected: null,
  },
  {
    name: 'a misspelt package in the source',
    command: 'node --test',
    files: {
      'package.json': manifest(),
      'src/a.js': "import 'asert';\n",
      'test/a.test.js': nodeTest("import '../src/a.js';"),
    },
    expected: null,
  },
  {
    name: 'source that throws such an error itself',
    command: 'node --test',
    files: {
      'package.json': manifest(),
      'src/a.js': `export const load = (name) => { throw new Error(\`Cannot find module '\${name}'\`); };\n`,
      'test/a.test.js': `import { load } from '../src/a.js';\nimport { test } from 'node:test';\ntest('a', () => load('x'));\n`,
    },
    expected: null,
  },
  {
    name: 'a command without a test runner',
    command: 'node check.js',
    files: { 'package.json': manifest(), 'check.js': "import 'absent-package';\n" },
    expected: ['not-installed', 'absent-package', 'check.js'],
  },
  {
    name: 'vitest, a package that is not declared',
    command: 'npx vitest run',
    files: { 'package.json': manifest(), 'test/a.test.js': vitestTest("import 'absent-package';") },
    expected: ['not-installed', 'absent-package', 'test/a.test.js'],
    modules: true,
  },
  {
    name: 'vitest, a wrong file name inside the project',
    command: 'npx vitest run',
    files: {
      'package.json': manifest(),
      'src/a.js': "export * from './absent.js';\n",
      'test/a.test.js': vitestTest("import '../src/a.js';"),
    },
    expected: null,
    modules: true,
  },
];

for (const { name, command, files, expected, modules } of cases) {
  test(`what cannot be loaded: ${name}`, async () => {
    using project = new TemporaryProject(files, modules === true ? { modules } : {});
    const report = await project.call<{ missing: MissingImport[]; outputTail: string; exitCode: number }>('tests.run', {
      command,
      timeoutSeconds: 60,
    });
    assert.notEqual(report.exitCode, 0, report.outputTail);
    const said = report.missing.map(({ why, module, importer, found }) => [why, module, importer, found]);
    assert.deepEqual(said, expected === null ? [] : [[...expected, ...(expected.length === 3 ? [[]] : [])]]);
  });
}

test('tests that load are told from those that do not', async () => {
  using project = new TemporaryProject({
    'test_a.py': pythonTest('import absent_package'),
    'test_b.py': pythonTest('').replace('pass', 'self.assertEqual(1, 2)'),
  });
  const report = await project.call<{ missing: MissingImport[]; tests: { id: string; status: string }[] }>(
    'tests.run',
    {
      command: 'python3 -m unittest discover',
      timeoutSeconds: 60,
    },
  );
  assert.equal(report.tests.filter((one) => one.status === 'failed').length, 2);
  assert.deepEqual(
    report.missing.map((one) => one.test),
    ['test_a.py::(import)'],
  );
});
