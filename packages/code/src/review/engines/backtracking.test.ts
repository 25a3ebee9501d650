import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createPythonParser } from '../../languages/python/syntax.ts';
import { findBacktracking } from './backtracking.ts';
import { javaScriptExpressions, pythonExpressions } from './expressions.ts';

describe('backtracking', { timeout: 120_000 }, () => {
  for (const source of [
    '^(a+)+$',
    '^(\\w+\\s?)*$',
    '<(\\d+)*>x',
    '^(?:[a-z]+[0-9]*)*@$',
    // One repetition is enough where two alternatives read the same.
    '^(a|a)+$',
    '^(\\w|\\d)+$',
    '(x|x)*y',
    '(a|aa)+$',
    '^key-\\d{4}:(?:[a-z]|[m-z])+$',
    '(?:<!--|<(?:!|x)--)*>',
    '((?:ab)*)*c',
    '(q)\\1(?:b|b)*c',
  ]) {
    test(`of ${source} is found and measured`, () => {
      assert.equal(findBacktracking(source, ''), 'exponential');
    });
  }

  test('of two repetitions that can read the same words is found', () => {
    assert.equal(findBacktracking('^\\w+\\d+\\w+$', ''), 'polynomial');
    assert.equal(findBacktracking('(?:ab)*(?:ab)*c', ''), 'polynomial');
    assert.equal(findBacktracking('(.*?)\\s+(?:on|off)', ''), 'polynomial');
  });

  for (const [source, flags] of [
    ['^\\d+$', ''],
    ['\\s+$', 'g'],
    ['^(?:a|b)*c$', ''],
    ['^(?:a|ab)*c$', ''],
    ['^(?:[^"\\\\]|\\\\.)*$', ''],
    ['^(?:[0-9a-f]{32})*$', ''],
    ['^(?:a|a){2,5}$', ''],
    ['^[\\w.]+@[\\w.]+$', 'i'],
    ['^(\\d+),(\\d+)$', ''],
    // Slow for a text that is tried at each of its places, and not by backtracking.
    ['\\w+(\\.\\w+)*$', ''],
    ['(.+?)(?::(\\d+))?$', ''],
    ['(?<=a+)b+c', 'u'],
    ['[\\p{L}--[a-z]]+', 'v'],
  ] as const) {
    test(`of ${source} is not told`, () => {
      assert.equal(findBacktracking(source, flags), 'none');
    });
  }

  test('of what cannot be judged is not taken for sound', () => {
    assert.equal(findBacktracking('(+', ''), 'unknown');
    assert.equal(findBacktracking('(a*)*'.repeat(500), ''), 'unknown');
    assert.equal(findBacktracking('a+', 'nonsense'), 'unknown');
  });

  test('is judged with little work, however slow the expression', () => {
    const begun = process.cpuUsage();
    for (const source of [
      '^(?:a+)+$',
      '^(?:(?:a|a)+)+$',
      '(?:\\w*\\w*)*@',
      '(?:a|aa|aaa|aaaa)*b',
      '\\s*\\s*\\s*x',
      '(?:.*)*,',
    ]) {
      assert.notEqual(findBacktracking(source, ''), 'none');
    }
    // Work of this process and no time: a busy machine changes nothing. One expression took 5 s and more before.
    assert.ok(process.cpuUsage(begun).user < 12_000_000);
  });

  test('expressions are found where they stand whole', async () => {
    const text = 'const a = /x+/gi; new RegExp("y\\\\d", "u"); RegExp(a); new Other("z");';
    assert.deepEqual(
      javaScriptExpressions('a.js', text).map(({ source, flags, start }) => [source, flags, start]),
      [
        ['x+', 'gi', 10],
        ['y\\d', 'u', 18],
      ],
    );
    const python =
      'import re\nA = re.compile(r"(?P<n>a)(?P=n)\\Z")\nre.match(r"b", x)\nre.match("c\\n", x)\nre.search("e+", x)\nre.search(r"(?i)f+", x, re.S)\nV = re.compile(r"""\n  g[ #]+  # the rest\n  h\\ """, re.VERBOSE)\nother(r"d")\n';
    assert.deepEqual(
      (await pythonExpressions(python, createPythonParser())).map(({ source, flags }) => `/${source}/${flags}`).sort(),
      ['/(?<n>a)\\k<n>$/', '/^(?:b)/', '/e+/', '/f+/is', '/g[ #]+h\\ /'],
    );
  });
});
