import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Finding } from '@nova/core';
import type { Engine, RawFinding } from './engines/engine.ts';
import type { ReviewFile } from './files.ts';
import { assemble, broughtIn } from './findings.ts';

const engine = (name: string, same: string | null = null): Engine => ({
  name,
  scope: 'file',
  reads: () => true,
  meaning: () => ({ severity: 'error', category: 'correctness', ...(same === null ? {} : { same }) }),
  run: () => assert.fail(),
});
const finding = (rule: string, line: number, more: Partial<RawFinding> = {}): RawFinding => ({
  rule,
  severity: 'warning',
  category: 'correctness',
  path: 'a.js',
  line,
  column: 1,
  message: 'So.',
  ...more,
});
const file = (path: string, role: ReviewFile['role'] = 'source'): ReviewFile => ({
  path,
  passedOver: false,
  language: 'javascript',
  role,
  lines: 1,
});
const files = new Map([file('a.js'), file('b.test.js', 'test')].map((one) => [one.path, one]));
const lineOf = (path: string, line: number) => `${path} line ${line}`;

describe('findings', () => {
  test('that say the same of one line are one, with the worse severity and both names', () => {
    const found = assemble(
      [
        {
          engine: engine('one', 'x'),
          findings: [finding('one/a', 3, { endColumn: 8 }), finding('one/a', 3, { column: 20 }), finding('one/a', 4)],
        },
        { engine: engine('two', 'x'), findings: [finding('two/b', 3, { severity: 'error', column: 4 })] },
        { engine: engine('three'), findings: [finding('three/c', 3)] },
      ],
      files,
      lineOf,
    );
    assert.deepEqual(
      found.map(({ rule, severity, also, line }) => [rule, severity, line, also ?? []]),
      [
        ['one/a', 'error', 3, ['two/b']],
        ['three/c', 'warning', 3, []],
        ['one/a', 'warning', 3, []],
        ['one/a', 'warning', 4, []],
      ],
    );
  });

  test('of a file with a syntax error are that error alone, once', () => {
    const found = assemble(
      [
        { engine: engine('one', 'syntax'), findings: [finding('one/syntax', 7), finding('one/a', 8)] },
        { engine: engine('two', 'syntax'), findings: [finding('two/syntax', 9), finding('two/b', 1)] },
      ],
      files,
      lineOf,
    );
    assert.deepEqual(
      found.map(({ rule, line }) => [rule, line]),
      [['one/syntax', 7]],
    );
  });

  test('in a test are what keeps it from running, and what is about tests', () => {
    const inTest = (rule: string, more: Partial<RawFinding>) => finding(rule, 1, { path: 'b.test.js', ...more });
    const found = assemble(
      [
        {
          engine: engine('one'),
          findings: [
            inTest('one/broken', { severity: 'error' }),
            inTest('one/odd', {}),
            inTest('one/unsafe', { severity: 'error', category: 'security' }),
            inTest('one/focused', { category: 'tests' }),
            inTest('secretlint/x', { severity: 'error', category: 'security' }),
          ],
        },
      ],
      files,
      lineOf,
    );
    assert.deepEqual(
      found.map(({ rule, severity }) => `${severity} ${rule}`),
      ['error one/broken', 'warning one/focused', 'info secretlint/x'],
    );
    assert.ok(
      found.every(({ evidence }) => evidence === undefined),
      'a line with a secret is never shown',
    );
  });

  test('keep their fingerprints when lines move, and equal lines have different ones', () => {
    const at = (...lines: number[]) =>
      assemble(
        [{ engine: engine('one'), findings: lines.map((line) => finding('one/a', line)) }],
        files,
        () => ' same  text',
      );
    const prints = (found: Finding[]) => found.map(({ fingerprint }) => fingerprint);
    const before = at(3, 9);
    assert.deepEqual(prints(at(5, 12)), prints(before));
    assert.equal(new Set(prints(before)).size, 2);
  });

  test('that a change brought are those beyond what was there, on its own lines first', () => {
    const at = (path: string, ...lines: number[]): Finding[] =>
      lines.map((line) => ({ ...finding('one/a', line, { path }), evidence: 'same text' }));
    const isChanged = (_: string, line: number) => line === 5;
    const change = { renamed: new Map([['old.js', 'a.js']]), isChanged, forgiving: false };
    const brought = (now: Finding[], before: Finding[]) => broughtIn(now, before, change).map(({ line }) => line);
    assert.deepEqual(brought(at('a.js', 5, 9), at('a.js', 4)), [5]);
    assert.deepEqual(brought(at('a.js', 5, 9), at('old.js', 4, 8)), []);
    assert.deepEqual(brought(at('a.js', 9), []), [9], 'on a line that was left alone');
    assert.deepEqual(brought(at('a.js', 5), at('other.js', 5)), [5]);
    const edited = at('a.js', 5).map((one) => ({ ...one, evidence: 'same text, edited' }));
    assert.equal(broughtIn(edited, at('a.js', 5), change).length, 1, 'who edits a line answers for it');
    assert.equal(broughtIn(edited, at('a.js', 5), { ...change, forgiving: true }).length, 0);
  });
});
