import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { instrument } from './instrument.ts';

function linesHit(text: string): { hits: number[]; value: unknown; lines: number } {
  const instrumented = instrument('a.js', text, 7);
  assert.ok(instrumented);
  const hits = new Set<number>();
  const value = runInNewContext(instrumented.text, {
    __novaHit: (source: number, statement: number) => {
      assert.equal(source, 7);
      hits.add(instrumented.lines[statement] ?? 0);
    },
  });
  return { hits: [...hits].sort((a, b) => a - b), value, lines: instrumented.text.split('\n').length };
}

test('every executed statement is hit, on its own line', () => {
  const text = `'use strict';
function f(a) {
  if (a > 1) return 'big';
  else if (a === 1) return 'one';
  for (const x of [1]) a += x;
  switch (a) {
    case 1: a++; break;
    default:
      a = 9;
  }
  return a
}
const g = (x) => ({ x });
const h = async (x) =>
  x;
label: for (;;) { do break label; while (true) }
[f(0), g(2).x, typeof h(1)].join()`;
  const { hits, value, lines } = linesHit(text);
  assert.equal(value, '2,2,object');
  assert.deepEqual(hits, [3, 4, 5, 6, 7, 11, 13, 14, 15, 16, 17]);
  assert.equal(lines, text.split('\n').length);
});

test('without the counter the text does what it did before', () => {
  const instrumented = instrument('a.ts', 'const a = 1;\nexport const b: number = a;\nlet c = b\n;(c as any).x', 0);
  assert.ok(instrumented);
  assert.match(instrumented.text, /\?\.\(0,1\)/);
  assert.equal(runInNewContext((instrument('a.js', 'let a = 1\nif (a) a = 2\na', 0) ?? { text: '' }).text), 2);
});

test('text that does not parse is left alone', () => {
  assert.equal(instrument('a.js', 'let = ', 0), null);
});
