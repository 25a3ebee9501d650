import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byShelf, total } from '../src/cart.js';

test('an empty cart costs nothing', () => {
  assert.equal(total([]), 0);
});

test('nine of an item have no discount', () => {
  assert.equal(total([{ price: 100, quantity: 9 }]), 900);
});

test('ten of an item are cheaper', () => {
  assert.equal(total([{ price: 100, quantity: 10 }]), 900);
});

test('items are grouped by shelf', () => {
  const shelves = byShelf([{ shelf: 'a' }, { shelf: 'b' }, { shelf: 'a' }]);
  assert.deepEqual([...shelves.keys()], ['a', 'b']);
});
