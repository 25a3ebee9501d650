import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestCase } from '@nova/core';
import { focusCommands, shellQuoted } from './focus.ts';
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

const pattern = '--test-name-pattern=^x$';

test('tests under node --test: their file by itself, then under the runner, then the file as a whole', () => {
  const execArgv = ['--import', 'tsx', '--test', '--test-concurrency=2', '--test-name-pattern', 'y'];
  const runs = [run({ execArgv, argv: ['test/*.js'], environment: { MODE: 'a b' } })];
  const file = `'/my work/t/it'\\''s.test.js'`;
  const start = `cd '/my work' && MODE='a b' /usr/bin/node --import tsx`;
  assert.deepEqual(focusCommands(runs, [failing], '/my work'), [
    `${start} '${pattern}' ${file}`,
    `${start} --test --test-concurrency=2 '${pattern}' ${file}`,
    `${start} --test --test-concurrency=2 --test-name-pattern y ${file}`,
  ]);
});

test('of several processes only the one that ran the file is repeated', () => {
  const runs = [run({ argv: ['/my work/a.js'] }), run({ argv: ["/my work/t/it's.test.js", '--fast'] })];
  const file = `'/my work/t/it'\\''s.test.js' --fast`;
  assert.deepEqual(focusCommands(runs, [failing], '/my work'), [
    `cd '/my work' && /usr/bin/node '${pattern}' ${file}`,
    `cd '/my work' && /usr/bin/node ${file}`,
  ]);
});

test('several files in several processes run one after another, red when one of them is', () => {
  const other = { ...failing, file: 'a.js', name: 'g > y (1)' };
  const runs = [run({ argv: ['/my work/a.js'] }), run({ argv: ["/my work/t/it's.test.js"] })];
  const [narrow = ''] = focusCommands(runs, [failing, other], '/my work');
  assert.match(
    narrow,
    /^nova_status=0; \(cd .*a\.js'\) \|\| nova_status=1; \(cd .*\) \|\| nova_status=1; exit \$nova_status$/,
  );
  assert.ok(narrow.includes(String.raw`^g(?: > | )y\s\(1\)$`));
});

test('Vitest keeps its options and loses its filters, reporters and coverage', () => {
  const argv = [
    '/my/vitest.mjs',
    'run',
    'src',
    '--config',
    'v.ts',
    '-t',
    'y',
    '--coverage',
    '--reporter=dot',
    '--no-color',
  ];
  const start = `cd '/my work' && /usr/bin/node /my/vitest.mjs run --config v.ts --no-color`;
  assert.deepEqual(focusCommands([run({ runner: 'vitest', argv })], [{ ...failing, file: 'a.test.ts' }], '/p'), [
    `${start} -t '^ ?(?:x)$' /p/a.test.ts`,
    `${start} /p/a.test.ts`,
  ]);
});

test('without a file of the project, or with processes that cannot be told apart, there is no shorter command', () => {
  assert.deepEqual(focusCommands([run({})], [{ ...failing, file: null }], '/p'), []);
  assert.deepEqual(focusCommands([run({})], [{ ...failing, file: 'node_modules/tape/index.js' }], '/p'), []);
  assert.deepEqual(focusCommands([run({ execArgv: ['--test'] }), run({ execArgv: ['--test'] })], [failing], '/p'), []);
  assert.deepEqual(focusCommands([], [failing], '/p'), []);
});

test('a failing file is repeated as a whole', () => {
  const runs = [run({ execArgv: ['--test'] })];
  assert.deepEqual(focusCommands(runs, [{ ...failing, file: 'a.js', name: 'a.js' }], '/p'), [
    `cd '/my work' && /usr/bin/node --test /p/a.js`,
  ]);
});

test('words for the shell', () => {
  assert.equal(shellQuoted('a-b_c/d.js'), 'a-b_c/d.js');
  assert.equal(shellQuoted('$(x) "y"'), `'$(x) "y"'`);
  assert.equal(shellQuoted(''), "''");
});
