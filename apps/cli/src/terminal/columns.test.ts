import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { cell, clip, columnsOf } from './columns.ts';

describe('columns of a terminal', () => {
  it('count wide letters and pictures two, combining marks none', () => {
    const widths = ['abc', '漢字', 'e\u0301', '✅', '👩‍💻', ''].map(columnsOf);
    assert.deepEqual(widths, [3, 4, 1, 2, 2, 0]);
  });

  it('count at once what never shows, however long it is', () => {
    // One grapheme that no picture begins, and that a tag ends: it took time that doubled with each selector.
    assert.equal(columnsOf(`${'\ufe0f'.repeat(5000)}\u{e0020}`), 1);
    assert.equal(columnsOf('\ufe0f\u200d\u0301'), 0);
  });

  it('make any text one line of the asked width, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 40 }), (text, columns) => {
        const filled = cell(text, columns);
        assert.equal(columnsOf(filled), columns);
        assert.ok(!filled.includes('\n') && !filled.includes('\u001b'));
      }),
    );
  });

  it('leave a text that fits, and show where one was cut', () => {
    assert.equal(clip('fits', 4), 'fits');
    assert.equal(clip('two\nlines', 20), 'two lines');
    assert.equal(clip('too long', 4), 'too…');
    assert.equal(clip('漢字漢字', 4), '漢…');
    assert.equal(cell('7', 3, 'right'), '  7');
  });
});
