import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestCase } from '@nova/core';
import { doubtOf, fitOf, signalsOf } from './ranking.ts';

const failing = (message: string): TestCase[] => [
  { id: 't', file: null, name: 't', status: 'failed', durationMs: 0, failure: { message, stack: '' } },
];

const messages: [string, string, string, string][] = [
  ['off by one', '2 !== 3\nexpected: 3\nactual: 2', 'operator.comparison', 'absent.optional'],
  ['off by one in pytest', 'assert 2 == 3', 'comparison-boundary', 'missing-await'],
  ['a property of undefined', "Cannot read properties of undefined (reading 'a')", 'absent.optional', 'value.number'],
  ['no such method', 'a.foo is not a function', 'method.family', 'operator.comparison'],
  ['NaN', 'NaN !== 3\nexpected: 3\nactual: NaN', 'value.initial', 'statement.move'],
  ['a promise', 'expected Promise {} to be 3', 'await.missing', 'value.number'],
  ['case', 'expected: "ab"\nactual: "AB"', 'method.family', 'loop.start'],
  ['white space', 'expected: "a b"\nactual: "ab"', 'value.string', 'value.boolean'],
  ['one item more', 'expected: [1,2]\nactual: [1,2,3]', 'operator.comparison', 'regex.flag'],
  ['nothing returned', 'expected: 3\nactual: undefined', 'return.missing', 'regex.flag'],
];

for (const [name, message, fitting, other] of messages) {
  test(`${name}: ${fitting} fits better than ${other}`, () => {
    const signals = signalsOf(failing(message));
    assert.ok(fitOf(fitting, signals) > fitOf(other, signals), [...signals].join());
  });
}

test('without words every template fits alike', () => {
  assert.equal(fitOf('await.missing', signalsOf(failing('failed'))), 1);
});

const text = 'function f(a) { total += a; return total * 2; }';
/** The doubt about putting `to` in the place of `from`. */
const doubt = (from: string, to: string) =>
  doubtOf(
    [{ path: 'a.js', start: text.indexOf(from), end: text.indexOf(from) + from.length, text: to }],
    text,
    '7 !== 42',
  );

test('what passes without repairing is doubted more than a plain edit', () => {
  const plain = doubt('* 2', '* 3');
  assert.equal(plain, 1);
  assert.ok(doubt('total += a;', '') < plain, 'a deletion');
  assert.ok(doubt('* 2', '* 42') < plain, 'a constant out of the failure');
  assert.ok(doubt('total * 2', '(a === 7 ? 42 : total * 2)') < doubt('* 2', '* 42'), 'a special case');
  assert.ok(doubt('total += a;', 'if (a === a) total += a;') < plain, 'a condition that always holds');
  const early = [{ path: 'a.js', start: 0, end: 0, text: 'if (b == null) return null; ' }];
  assert.ok(
    doubtOf(early, 'b = parse(a);', '') < doubtOf(early, 'b = parse(b);', ''),
    'a name tested before it is set',
  );
  assert.ok(doubt('total += a;', 'if (false) total += a;') < plain, 'code switched off');
});

test('what breaks more than the test can see is doubted', () => {
  const doubtIn = (source: string, from: string, to: string) => {
    const start = source.indexOf(from);
    return doubtOf([{ path: 'a', start, end: start + from.length, text: to }], source, '');
  };
  assert.ok(doubtIn('x = items.get(name)', 'get', 'pop') < 1, 'an answer that is taken away');
  assert.equal(doubtIn('items.pop(name)', 'pop', 'popitem'), 1, 'one of two that both take away');
  assert.ok(doubtIn('list.sort((a, b) => a.n - b.n)', '-', '+') < 1, 'an order that is none');
  assert.ok(doubtIn('rows.sort(function (a, b) { return a.n - b.n; })', '-', '+') < 1, 'in a function, too');
  assert.equal(doubtIn('list.map((a) => a.n - b.n)', '-', '+'), 1, 'arithmetic elsewhere');
  assert.ok(doubtIn('decode(value)', 'value', '[value]') < 1, 'a list that hides what is missing');
});
