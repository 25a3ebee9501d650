import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { verdictSchema } from '../vocabulary/repair.ts';
import { countOf, printable, printableValue, verdictWords } from './words.ts';

describe('words for people', () => {
  it('counts in singular and plural', () => {
    assert.deepEqual(
      [0, 1, 2].map((count) => countOf(count, 'test')),
      ['0 tests', '1 test', '2 tests'],
    );
  });

  it('has words for every verdict', () => {
    for (const outcome of verdictSchema.shape.outcome.options) assert.doesNotMatch(verdictWords(outcome), /-/);
  });

  it('leaves nothing that a terminal obeys, and everything that it shows', () => {
    const hostile = 'max \x1b[31mRED\x1b]0;pwn\x07 \x9b2J \u202etxt.exe';
    for (const letter of ['\x1b', '\x07', '\x9b', '\u202e']) assert.ok(!printable(hostile).includes(letter));
    assert.equal(printable('größer → 数\n\tok 👍'), 'größer → 数\n\tok 👍');
  });

  it('does so with every text of a value, names of fields too', () => {
    assert.deepEqual(printableValue({ '\u202ea': ['\x1bb', 1, null, { c: true }] }), {
      '\ufffda': ['\ufffdb', 1, null, { c: true }],
    });
  });
});
