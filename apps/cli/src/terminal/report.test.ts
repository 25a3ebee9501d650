import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { Result } from '@nova/core';
import { refusal } from '../../../../test/results/refusal.ts';
import { renderReport } from './report.ts';

const nothing = refusal({
  code: 'tests.pass',
  summary: 'They pass.',
  next: 'Add a test.',
  cost: { seconds: 1, runs: 2, attempts: 1, modelTokens: 0, stageSeconds: { intake: 0.5 } },
});

const render = (result: Result) => stripVTControlCharacters(renderReport(result));

describe('the report', () => {
  it('of a refusal says why and what to do, and nothing that is not there', () => {
    const text = render(nothing);
    assert.match(text, /refused · tests\.pass · task t1\nThey pass\./);
    assert.match(text, /Next\n {2}Add a test\./);
    assert.doesNotMatch(text, /The change|What was wrong|Not covered/);
  });

  it('of a search without success says where the bug probably is and what was tried', () => {
    const text = render({
      ...nothing,
      outcome: 'not-repaired',
      code: 'repair.none',
      baseline: { runner: 'pytest', counted: true, total: 3, passed: 2, failing: [{ id: 't::x', message: 'boom' }] },
      suspects: [{ path: 'a.py', startLine: 7, endLine: 7, score: 0.71, reasons: ['stack frame 1'] }],
      tried: { candidates: 5, verdicts: { 'still-failing': 4, regresses: 1 } },
    });
    assert.match(text, /✗ t::x\n {6}boom/);
    assert.match(text, /a\.py:7 {2}0\.71 {2}stack frame 1/);
    assert.match(text, /5 candidates tried: 4 left the failure, 1 broke another test/);
  });

  it('shows what a repository put into names, and lets no terminal obey it', () => {
    const name = 't::\u001b[31mred\u001b]0;title\u0007';
    const baseline = { runner: 'pytest', counted: true, total: 1, passed: 0, failing: [{ id: name, message: name }] };
    assert.ok(!renderReport({ ...nothing, baseline }).includes('\u001b]0;'));
  });

  it('shows a failed check as failed and names the gaps', () => {
    const text = render({
      ...nothing,
      outcome: 'gate-failed',
      code: 'gate.failed',
      gate: [{ name: 'no new failures', passed: false, detail: 't::y' }],
      gaps: ['uncounted: only an exit code'],
    });
    assert.match(text, /✗ no new failures: t::y/);
    assert.match(text, /Not covered\n {2}uncounted/);
  });
});
