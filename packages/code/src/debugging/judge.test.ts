import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodeTest, isRepaired, type TestCase, type TestReport } from '@nova/core';
import { regressions, unrepaired } from './judge.ts';

const item = (id: string, status: TestCase['status']): TestCase => {
  const [file = '', name = ''] = id.split('::');
  return { id, file, name, status, durationMs: 0 };
};
const report = (tests: TestCase[], more: Partial<TestReport> = {}): TestReport => ({
  runner: 'node:test',
  counted: true,
  exitCode: 0,
  signal: null,
  timedOut: false,
  durationMs: 0,
  tests,
  outputTail: '',
  outputBytes: 0,
  ...more,
});

test('a test is repaired only when it is there and passes', () => {
  const before = item('a.js::x', 'failed');
  assert.equal(isRepaired('a.js::x', before, report([item('a.js::x', 'passed')])), true);
  for (const tests of [[], [item('a.js::x', 'failed')], [item('a.js::x', 'skipped')], [item('a.js::y', 'passed')]]) {
    assert.equal(isRepaired('a.js::x', before, report(tests)), false);
  }
});

test('a file that did not load is repaired when it has tests and none fails', () => {
  for (const name of ['a.js', '(collection)', '(import)']) {
    const before = item(`a.js::${name}`, 'failed');
    assert.equal(isRepaired(before.id, before, report([item('a.js::x', 'passed')])), true);
    assert.equal(isRepaired(before.id, before, report([item('a.js::x', 'passed'), item('a.js::y', 'failed')])), false);
    assert.equal(isRepaired(before.id, before, report([item('b.js::x', 'passed')])), false);
  }
});

test('a group that failed by itself is repaired when its tests pass', () => {
  const before = item('a.js::group', 'failed');
  assert.equal(isRepaired(before.id, before, report([item('a.js::group > x', 'passed')])), true);
  assert.equal(isRepaired(before.id, before, report([item('a.js::groups > x', 'passed')])), false);
});

test('the exit code is repaired when it is 0 in time', () => {
  assert.equal(isRepaired(exitCodeTest, undefined, report([])), true);
  assert.equal(isRepaired(exitCodeTest, undefined, report([], { exitCode: 1 })), false);
  assert.equal(isRepaired(exitCodeTest, undefined, report([], { timedOut: true })), false);
});

test('a new failure and a passing test that is gone are regressions, a known failure is not', () => {
  const baseline = { failing: [item('a.js::old', 'failed')], passed: new Set(['a.js::fine', 'a.js::gone']) };
  const now = report([item('a.js::old', 'failed'), item('a.js::fine', 'passed'), item('a.js::new', 'failed')]);
  assert.deepEqual(regressions(baseline, now), ['a.js::new', 'a.js::gone']);
  assert.deepEqual(unrepaired(['a.js::old'], baseline, now), ['a.js::old']);
});
