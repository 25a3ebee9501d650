import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPythonTools } from './host-tools.ts';
import { isPythonWork, readPythonNeeds, unmetRequirements } from './python-needs.ts';

const surroundings = { env: process.env, home: process.env['HOME'] ?? '/nowhere' };

async function needsOf(files: Readonly<Record<string, string>>, command = 'python3 -m unittest') {
  const found = await findPythonTools(surroundings);
  assert.ok(found, 'these tests need python3');
  const tools = { ...found, installed: new Map<string, string>() };
  const read = async (path: string) => (files[path] === undefined ? null : Buffer.from(files[path]));
  const needs = await readPythonNeeds({ paths: Object.keys(files), read, command, tools, surroundings });
  return { needs, tools };
}

test('a project in pyproject.toml asks for its own and its test packages, and is imported from src', async () => {
  const { needs } = await needsOf({
    'pyproject.toml': `[project]
name = "My.App"
version = "3.1"
dependencies = ["requests>=2", "my-app[test]"]
[project.optional-dependencies]
test = ["pytest>=7"]
docs = ["sphinx"]
[project.entry-points.pytest11]
plug = "my_app.plugin"
`,
    'src/my_app/__init__.py': '',
    'docs/requirements.txt': 'sphinx\n',
  });
  assert.deepEqual(needs.requirements, ['requests>=2', 'pytest>=7']);
  assert.deepEqual(needs.undeclared, []);
  assert.equal(needs.versions, 'manifest');
  assert.deepEqual(needs.pythonPath, ['src', '']);
  assert.deepEqual(needs.metadata, {
    name: 'My.App',
    version: '3.1',
    entryPoints: { pytest11: { plug: 'my_app.plugin' } },
  });
});

test('poetry ranges become pip ranges, and its lock their constraints', async () => {
  const { needs } = await needsOf({
    'pyproject.toml': `[tool.poetry]
name = "app"
version = "1.0"
[tool.poetry.dependencies]
python = "^3.9"
one = "^1.2.3"
two = { version = "~2.1", extras = ["x"] }
three = "^0.4"
four = "*"
[tool.poetry.group.test.dependencies]
pytest = "8.0.0"
`,
    'poetry.lock': '[[package]]\nname = "one"\nversion = "1.4.0"\n',
  });
  assert.deepEqual(needs.requirements, [
    'one>=1.2.3,<2',
    'two[x]>=2.1,<2.2',
    'three>=0.4,<0.5',
    'four',
    'pytest==8.0.0',
  ]);
  assert.deepEqual(needs.constraints, ['one==1.4.0']);
  assert.equal(needs.versions, 'lockfile');
  assert.match(needs.gaps.join('\n'), /poetry\.lock .*hashes/);
});

test('setup.cfg and setup.py are read without being run', async () => {
  const { needs } = await needsOf({
    'setup.cfg':
      '[metadata]\nname = app\nversion = attr: app.__version__\n[options]\ninstall_requires =\n    one>=1\npackage_dir =\n    = lib\n',
    'setup.py':
      'import os\nos._exit(3)\nREQ = ["two"]\nfrom setuptools import setup\nsetup(install_requires=REQ, extras_require={"dev": ["three"]})\n',
    'lib/app/__init__.py': "__version__ = '4.5'\n",
    'PKG-INFO': 'Metadata-Version: 2.1\nName: app\nVersion: 4.5.1\n',
  });
  assert.deepEqual(needs.requirements, ['one>=1', 'two', 'three']);
  assert.deepEqual(needs.pythonPath, ['lib', '']);
  assert.equal(needs.metadata?.version, '4.5.1');
});

test('requirements files are followed, their options are not', async () => {
  const { needs } = await needsOf({
    'requirements.txt':
      'one==1.0 \\\n  --hash=sha256:aa\n-r more/base.txt\n-c pins.txt\n--extra-index-url http://elsewhere.invalid\n-r ../outside.txt\n./local\n',
    'more/base.txt': 'two==2.0 --hash=sha256:bb  # why\n',
    'pins.txt': 'three==3\n',
  });
  assert.deepEqual(needs.requirements, ['one==1.0    --hash=sha256:aa', 'two==2.0 --hash=sha256:bb']);
  assert.deepEqual(needs.constraints, ['three==3']);
  assert.equal(needs.versions, 'pinned');
  for (const gap of [/--extra-index-url/, /outside\.txt/, /\.\/local/]) assert.match(needs.gaps.join('\n'), gap);
});

test("Pipenv's lock decides with its hashes", async () => {
  const lock = {
    default: { one: { version: '==1.0', hashes: ['sha256:aa'], markers: "python_version >= '3'" } },
    develop: { two: { git: 'x' } },
  };
  const { needs } = await needsOf({ 'Pipfile.lock': JSON.stringify(lock), Pipfile: '' });
  assert.deepEqual(needs.requirements, ["one==1.0 ; python_version >= '3' --hash=sha256:aa"]);
  assert.equal(needs.versions, 'lockfile');
  assert.match(needs.gaps.join('\n'), /two in Pipfile\.lock/);
});

test('pytest is wanted when the command or a test asks for it and nothing declares it', async () => {
  assert.deepEqual((await needsOf({ 'a.py': '' }, 'pytest -q')).needs.undeclared, ['pytest']);
  assert.deepEqual((await needsOf({ 'tests/test_a.py': 'import pytest\n' }, './run')).needs.undeclared, ['pytest']);
  assert.deepEqual((await needsOf({ 'tests/test_a.py': 'import unittest\n' }, './run')).needs.undeclared, []);
});

test('installed packages are compared with ranges and markers', async () => {
  const { needs, tools } = await needsOf({ 'requirements.txt': 'One>=1,<2\ntwo ; python_version < "3"\nthree~=1.4\n' });
  const unmet = (installed: Record<string, string>) =>
    unmetRequirements(needs, new Map(Object.entries(installed)), { tools, surroundings });
  assert.deepEqual(await unmet({ one: '1.5', three: '1.9' }), []);
  assert.deepEqual(await unmet({ one: '2.0', three: '2.0' }), ['One>=1,<2', 'three~=1.4']);
});

test('the command and the files tell whether Python decides', () => {
  assert.equal(isPythonWork(['package.json', 'tools/gen.py'], 'npm test'), false);
  assert.equal(isPythonWork(['package.json', 'tools/gen.py'], './check'), false);
  assert.equal(isPythonWork(['package.json', 'setup.py'], 'make test'), true);
  assert.equal(isPythonWork(['a.py'], './check'), true);
  assert.equal(isPythonWork(['package.json'], 'pytest'), true);
});
