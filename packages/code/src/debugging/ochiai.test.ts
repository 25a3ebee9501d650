import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ochiai } from './ochiai.ts';

test('a statement that only failing tests execute scores 1, one that all execute less, one that none of them executes nothing', () => {
  const scores = ochiai([
    { failed: true, elements: ['a', 'b', 'b'] },
    { failed: false, elements: ['b', 'c'] },
    { failed: false, elements: ['b'] },
  ]);
  assert.equal(scores.get('a'), 1);
  assert.equal(scores.get('b'), 1 / Math.sqrt(3));
  assert.equal(scores.has('c'), false);
});

test('a failing test that does not execute a statement lowers its score', () => {
  const scores = ochiai([
    { failed: true, elements: ['a', 'b'] },
    { failed: true, elements: ['a'] },
  ]);
  assert.equal(scores.get('a'), 1);
  assert.equal(scores.get('b'), 1 / Math.sqrt(2));
});
