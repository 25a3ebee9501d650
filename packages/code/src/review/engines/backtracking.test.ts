import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createPythonParser } from '../../languages/python/syntax.ts';
import { findBacktracking } from './backtracking.ts';
import { javaScriptExpressions, pythonExpressions } from './expressions.ts';

describe('backtracking', { timeout: 120_000 }, () => {
  for (const source of ['^(a+)+$', '^(\\w+\\s?)*$', '<(\\d+)*>x', '^(?:[a-z]+[0-9]*)*@$']) {
    test(`of ${source} is found and measured`, () => {
      const found = findBacktracking(source, '');
      assert.equal(found?.growth, 'exponential');
      assert.ok(found.milliseconds > 0 && found.characters < 50);
    });
  }

  for (const [source, flags] of [
    ['^\\d+$', ''],
    ['\\s+$', 'g'],
    ['^(?:a|b)*c$', ''],
    ['^[\\w.]+@[\\w.]+$', 'i'],
    ['^(\\d+),(\\d+)$', ''],
    ['(?<=a+)b+c', 'u'],
    ['(', ''],
    [`${'(a*)*'.repeat(500)}`, ''],
  ] as const) {
    test(`of ${source.slice(0, 30)} is not told`, () => {
      assert.equal(findBacktracking(source, flags), null);
    });
  }

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
      'import re\nA = re.compile(r"(?P<n>a)(?P=n)\\Z")\nre.match(r"b", x)\nre.match("c\\n", x)\nother(r"d")\n';
    assert.deepEqual((await pythonExpressions(python, createPythonParser())).map(({ source }) => source).sort(), [
      '(?<n>a)\\k<n>$',
      '^(?:b)',
    ]);
  });
});
