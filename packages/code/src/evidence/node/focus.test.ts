import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestCase } from '@nova/core';
import { focusCommand, shellQuoted } from './focus.ts';
import type { RunRecord } from './records.ts';

const run = (more: Partial<RunRecord>): RunRecord => ({
  kind: 'run',
  runner: 'node:test',
  execPath: '/usr/bin/node',
  execArgv: [],
  argv: [],
  cwd: '/my work',
  environment: {},
  ...more,
});
const failing: TestCase = {
  id: "t/it's.test.js::x",
  file: "t/it's.test.js",
  name: 'x',
  status: 'failed',
  durationMs: 0,
};

test('node --test is repeated with the failing files only, with its options, folder and variables', () => {
  const runs = [run({ execArgv: ['--import', 'tsx', '--test'], argv: ['test/*.js'], environment: { MODE: 'a b' } })];
  const file = `'/my work/t/it'\\''s.test.js'`;
  assert.equal(
    focusCommand(runs, [failing], '/my work'),
    `cd '/my work' && MODE='a b' /usr/bin/node --import tsx --test ${file}`,
  );
});

test('of several processes only the one that ran the file is repeated', () => {
  const runs = [run({ argv: ['/my work/a.js'] }), run({ argv: ["/my work/t/it's.test.js", '--fast'] })];
  assert.equal(
    focusCommand(runs, [failing], '/my work'),
    `cd '/my work' && /usr/bin/node '/my work/t/it'\\''s.test.js' --fast`,
  );
});

test('Vitest keeps its options and loses its filters, reporters and coverage', () => {
  const argv = ['/my/vitest.mjs', 'run', 'src', '--config', 'v.ts', '--coverage', '--reporter=dot', '--no-color'];
  const command = focusCommand([run({ runner: 'vitest', argv })], [{ ...failing, file: 'a.test.ts' }], '/p');
  assert.equal(command, `cd '/my work' && /usr/bin/node /my/vitest.mjs run --config v.ts --no-color /p/a.test.ts`);
});

test('without a file, or with processes that cannot be told apart, there is no shorter command', () => {
  assert.equal(focusCommand([run({})], [{ ...failing, file: null }], '/p'), null);
  assert.equal(focusCommand([run({ execArgv: ['--test'] }), run({ execArgv: ['--test'] })], [failing], '/p'), null);
  assert.equal(focusCommand([], [failing], '/p'), null);
});

test('words for the shell', () => {
  assert.equal(shellQuoted('a-b_c/d.js'), 'a-b_c/d.js');
  assert.equal(shellQuoted('$(x) "y"'), `'$(x) "y"'`);
  assert.equal(shellQuoted(''), "''");
});
