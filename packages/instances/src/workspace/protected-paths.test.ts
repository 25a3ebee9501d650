import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProtectedPath } from './protected-paths.ts';

test('tests and the configuration of what runs them are protected', () => {
  const paths = [
    'test/a.js',
    'tests/deep/data.json',
    'src/__tests__/a.ts',
    'Tests/a.py',
    'a.test.ts',
    'src/a.spec.mjs',
    'test_a.py',
    'pkg/a_test.py',
    'conftest.py',
    'test.js',
    'test-a.js',
    'a-test.cjs',
    'a_test.ts',
    'package.json',
    'packages/x/package.json',
    'package-lock.json',
    '.npmrc',
    'vitest.config.ts',
    'vitest.workspace.ts',
    'vite.config.mjs',
    'jest.config.js',
    'jest.setup.js',
    'babel.config.json',
    '.babelrc',
    '.babelrc.js',
    '.mocharc.yml',
    'tsconfig.json',
    'tsconfig.test.json',
    'pytest.ini',
    'tox.ini',
    'setup.cfg',
    'pyproject.toml',
    'noxfile.py',
    'sitecustomize.py',
    'lib/usercustomize.py',
    'x.pth',
    'Makefile',
    'GNUmakefile',
    'rules.mk',
    '.gitattributes',
    'requirements-dev.txt',
    'uv.lock',
    '.env.test',
    'node_modules/jest/index.js',
    '__snapshots__/a.snap',
  ];
  for (const path of paths) assert.equal(isProtectedPath(path), true, path);
});

test('sources are not, whatever they resemble', () => {
  const paths = [
    'src/a.js',
    'src/testing.js',
    'contest.py',
    'src/latest.ts',
    'attest.js',
    'src/package.ts',
    'config.js',
    'src/specs.ts',
    'protest/a.js',
    'src/vitest.ts',
    'src/jest-runner/index.js',
    'lib/spec.js',
    'docs/index.md',
    'src/env.ts',
    'manifest.json',
    'test',
  ];
  for (const path of paths) assert.equal(isProtectedPath(path), false, path);
});
