import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { addToRecord, everyTest, type Outcome, readRecord } from '../../scripts/testing/record.ts';
import { document, type Row, readRows, stateOf } from './rows.ts';

const root = join(import.meta.dirname, '../..');

/** The project's list of what must be true. A row may be reworded; it may not go. */
const ids =
  'J1 J2 J3 J4 E1 E2 E3 E4 E5 E6 E7 C1 C2 C3 C4 C5 C6 A1 A2 A3 A4 A5 A6 A7 M1 M2 M3 M4 G1 G2 G3 P1 P2 P3 P4 P5 S1 S2 S3 S4 S5 S6 S7 O0 O1 O2 O3 O4 O5 O6 O7';

/** A test file together with the contract suites beside it that it runs. */
function sourcesOf(file: string): string {
  const text = readFileSync(join(root, file), 'utf8');
  const contracts = [...text.matchAll(/from '\.\/([\w-]*contract\.ts)'/g)].map(([, name]) =>
    join(root, dirname(file), name ?? ''),
  );
  return [text, ...contracts.map((path) => readFileSync(path, 'utf8'))].join('\n');
}

describe('the table of requirements', () => {
  it('has every row of the list once, each with its text', () => {
    const rows = readRows();
    assert.equal(rows.map(({ id }) => id).join(' '), ids);
    for (const row of rows) assert.ok(row.area && row.requirement && row.where && row.shownBy, row.id);
  });

  it('names only tests whose file exists and contains the last part of the name', () => {
    for (const { id, shows } of readRows()) {
      for (const { file, test } of shows) {
        // What stands in parentheses at the end may be one of several that the file makes of a template.
        const last = (test.split(' > ').at(-1) ?? test).replace(/ \([^()]*\)$/, '');
        assert.ok(sourcesOf(file).includes(last), `${id}: ${file} has no test called ${last}`);
      }
    }
  });

  it('is what docs/reference/requirements.md shows', () => {
    const shown = readFileSync(join(root, 'docs/reference/requirements.md'), 'utf8');
    assert.equal(shown, document(readRows()), 'run: npm run requirements -- --write');
  });
});

describe('the state of a row', () => {
  let folder: string;
  const row = (...tests: string[]): Row => ({
    area: 'Area',
    id: 'J1',
    requirement: 'a thing',
    where: 'here',
    shownBy: 'a test',
    shows: tests.map((test) => ({ file: 'a.test.ts', test })),
  });
  const record = (outcomes: Record<string, Outcome>): void =>
    addToRecord(folder, new Map([['a.test.ts', outcomes]]), new Date(0));
  const state = (...tests: string[]): string => stateOf(folder, readRecord(folder), row(...tests)).state;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'nova-requirements-'));
    writeFileSync(join(folder, 'a.test.ts'), 'first text');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is open without a test, and before its test has run', () => {
    assert.equal(state(), 'open');
    assert.equal(state('one'), 'open');
  });

  it('is shown when every test passed, open when one failed, skipped when one was', () => {
    record({ one: 'passed', two: 'failed', three: 'skipped' });
    assert.equal(state('one'), 'shown');
    assert.equal(state('one', 'two'), 'open');
    assert.equal(state('one', 'three'), 'skipped');
    assert.equal(state('three', 'two'), 'open');
    record({ [everyTest]: 'skipped' });
    assert.equal(state('one'), 'skipped');
  });

  it('is open again once the test file has changed', () => {
    record({ one: 'passed' });
    writeFileSync(join(folder, 'a.test.ts'), 'second text');
    assert.equal(state('one'), 'open');
  });
});
