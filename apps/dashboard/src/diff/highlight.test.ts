import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { highlightLines, markRange } from './highlight.ts';

const joined = (pieces: readonly { text: string }[]) => pieces.map((piece) => piece.text).join('');

describe('colours of code', () => {
  it('change no letter, also where a piece goes over several lines', () => {
    const lines = ['/* one', '', '   two */ const x = `a', 'b`;', ''];
    assert.deepEqual(highlightLines(lines, 'src/x.ts').map(joined), lines);
  });

  it('know a keyword of the language that the path names', () => {
    assert.ok(
      highlightLines(['return 1'], 'a.py')[0]?.some(({ text, name }) => text === 'return' && name === 'keyword'),
    );
    assert.deepEqual(highlightLines(['return 1'], 'a.unknown'), [[{ text: 'return 1', name: null }]]);
  });

  it('let a range be marked', () => {
    const pieces = markRange(highlightLines(['if (a > 10) return'], 'a.js')[0] ?? [], [6, 7]);
    assert.equal(joined(pieces), 'if (a > 10) return');
    assert.equal(joined(pieces.filter((piece) => piece.marked)), '>');
  });
});
