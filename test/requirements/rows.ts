import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { outcomeOf, type RunRecord } from '../../scripts/testing/record.ts';

/** One thing that the specification asks for, and the tests that show it when they pass. */
export interface Row {
  readonly area: string;
  readonly id: string;
  readonly requirement: string;
  readonly where: string;
  readonly shownBy: string;
  /** A test's full name as bin/test records it (` > ` between suites and tests), or a figure of a benchmark. */
  readonly shows: readonly { readonly file: string; readonly test: string }[];
}

export interface RowState {
  readonly id: string;
  readonly state: 'shown' | 'open' | 'skipped';
  /** The test that decided: the first that shows, or that stands in the way; null when none is named. */
  readonly test: string | null;
  /** What became of that test; null when none is named. */
  readonly because: string | null;
}

/** Reads `rows.json`, which people edit: rows are added and given their tests there. */
export function readRows(): Row[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'rows.json'), 'utf8')) as Row[];
}

/**
 * A row is shown when it names tests and all of them ran and passed, each since its file last changed; skipped when
 * one was skipped and nothing worse happened; open otherwise.
 */
export function stateOf(root: string, record: RunRecord, row: Row): RowState {
  const tests = row.shows.map(({ file, test }) => ({
    name: `${file}: ${test}`,
    outcome: outcomeOf(root, record, file, test) ?? 'not run',
  }));
  const bad = tests.find(({ outcome }) => outcome === 'failed' || outcome === 'not run');
  const decides = bad ?? tests.find(({ outcome }) => outcome === 'skipped') ?? tests[0];
  const state = bad || !decides ? 'open' : decides.outcome === 'skipped' ? 'skipped' : 'shown';
  return { id: row.id, state, test: decides?.name ?? null, because: decides?.outcome ?? null };
}

/** The text of docs/reference/requirements.md. It names each row's tests and not their last outcome, which ages. */
export function document(rows: readonly Row[]): string {
  const text = [
    '# Requirements',
    '',
    'One row per thing that the specification asks for. Generated from `test/requirements/rows.json` by',
    '`npm run requirements -- --write`. A row counts as shown when every test it names has run and passed;',
    '`npm run requirements` says which do on this machine, after `bin/test`. A row without a test is open.',
  ];
  for (const area of new Set(rows.map((row) => row.area))) {
    text.push('', `## ${area}`, '', '| id | requirement | where | shown by | tests |', '|---|---|---|---|---|');
    for (const row of rows.filter((one) => one.area === area)) {
      const tests = row.shows.map(({ file, test }) => `\`${file}\`: ${test.replaceAll('|', '\\|')}`).join('<br>');
      text.push(`| ${row.id} | ${row.requirement} | ${row.where} | ${row.shownBy} | ${tests || 'open: none yet'} |`);
    }
  }
  return `${text.join('\n')}\n`;
}
