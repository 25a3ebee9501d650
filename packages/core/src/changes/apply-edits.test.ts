import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NovaError } from '../errors/nova-error.ts';
import { applyEdits, editsByPath } from './apply-edits.ts';

describe('applying edits', () => {
  it('does what replacing from the back does, in whatever order the edits come', () => {
    const pieces = fc.array(fc.record({ keep: fc.string(), drop: fc.string(), put: fc.string() }), { maxLength: 6 });
    fc.assert(
      fc.property(pieces, fc.string(), fc.boolean(), (parts, tail, reverse) => {
        let text = '';
        let wanted = '';
        const edits = parts.map(({ keep, drop, put }) => {
          const start = text.length + keep.length;
          text += keep + drop;
          wanted += keep + put;
          return { start, end: start + drop.length, text: put };
        });
        // Two insertions at one place keep their order, so only edits that remove something may be turned round.
        const turned = reverse && parts.every(({ drop }) => drop !== '') ? [...edits].reverse() : edits;
        assert.equal(applyEdits(text + tail, turned), wanted + tail);
      }),
    );
  });

  it('refuses as a whole what overlaps, runs backwards or reaches past the end', () => {
    for (const edits of [
      [
        { start: 0, end: 3, text: 'x' },
        { start: 2, end: 4, text: 'y' },
      ],
      [{ start: 3, end: 2, text: 'x' }],
      [{ start: 0, end: 9, text: 'x' }],
    ]) {
      assert.throws(
        () => applyEdits('abcde', edits),
        (error: unknown) => error instanceof NovaError && error.code === 'tool.input',
      );
    }
  });

  it('groups by path in order of first mention', () => {
    const edit = (path: string, start: number) => ({ path, start, end: start, text: '' });
    const groups = editsByPath([edit('b', 1), edit('a', 2), edit('b', 3)]);
    assert.deepEqual([...groups.keys()], ['b', 'a']);
    assert.deepEqual(
      groups.get('b')?.map(({ start }) => start),
      [1, 3],
    );
  });
});
