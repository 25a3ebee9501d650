import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Localisation } from '@nova/core';
import { TemporaryProject } from '../../testing/temporary-project.ts';

const source = `exports.shared = () => {
  return 1;
};
exports.late = async () => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return 'late';
};
exports.other = () => {
  return 'other';
};
`;

const body = `test('passes', async () => { shared(); other(); });
test('fails', async () => { shared(); assert.equal(await late(), 'early'); });
`;

for (const [name, command, head] of [
  [
    'node --test',
    'node --test',
    "const { test } = require('node:test'); const assert = require('node:assert'); const { shared, late, other } = require('./code.js');",
  ],
  [
    'node',
    'node code.test.js',
    "const { test } = require('node:test'); const assert = require('node:assert'); const { shared, late, other } = require('./code.js');",
  ],
  [
    'vitest',
    'node_modules/.bin/vitest run --globals',
    "import assert from 'node:assert'; import code from './code.js'; const { shared, late, other } = code;",
  ],
] as const) {
  test(`coverage is kept apart by test, also after an await, with ${name}`, async () => {
    using project = new TemporaryProject(
      { 'code.js': source, 'code.test.js': `${head}\n${body}` },
      { modules: name === 'vitest' },
    );
    const report = await project.run(command);
    const failing = report.tests.filter((item) => item.status === 'failed');
    const { suspects, notes } = await project.call<Localisation>('repair.localise', {
      command,
      timeoutSeconds: 60,
      failing,
    });
    assert.deepEqual(notes, []);
    const score = (line: number) => suspects.find((suspect) => suspect.startLine === line)?.score;
    assert.equal(score(5), 1);
    assert.equal(score(6), 1);
    assert.equal(score(2), 1 / Math.sqrt(2));
    assert.equal(score(9), undefined);
    assert.equal(project.git('status', '--porcelain').trim(), '');
  });
}

test('an endless loop is found where it is', async () => {
  using project = new TemporaryProject({
    'code.js': 'exports.count = (n) => {\n  let i = 0;\n  while (i < n) {\n    i - 1;\n  }\n  return i;\n};\n',
    'code.test.js':
      "const { test } = require('node:test'); const { count } = require('./code.js'); test('counts', () => count(3));",
  });
  const command = 'node --test';
  const report = await project.run(command, 3);
  const failing = report.tests.filter((item) => item.status === 'failed');
  const { suspects } = await project.call<Localisation>('repair.localise', { command, timeoutSeconds: 3, failing });
  assert.ok(suspects.some((suspect) => suspect.startLine === 4));
  assert.ok(!suspects.some((suspect) => suspect.startLine === 6));
});
