import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readRecord } from '../../scripts/testing/record.ts';
import { document, readRows, stateOf } from './rows.ts';

const root = join(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
});

const rows = readRows();
const record = readRecord(root);
const states = rows.map((row) => stateOf(root, record, row));

if (values.write) writeFileSync(join(root, 'docs/reference/requirements.md'), document(rows));

if (values.json) {
  process.stdout.write(`${JSON.stringify(states.map(({ id, state, test }) => ({ id, state, test })))}\n`);
} else {
  for (const [index, { id, state, test, because }] of states.entries()) {
    const reason = test === null ? 'no test named yet' : because === 'passed' ? test : `${test} (${because})`;
    process.stdout.write(`${state.padEnd(7)} ${id.padEnd(3)} ${rows[index]?.requirement}\n            ${reason}\n`);
  }
  const count = (state: string): number => states.filter((one) => one.state === state).length;
  process.stdout.write(`${count('shown')} shown, ${count('open')} open, ${count('skipped')} skipped\n`);
}
