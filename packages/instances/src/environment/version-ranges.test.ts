import assert from 'node:assert/strict';
import { test } from 'node:test';
import { satisfiesRange } from './version-ranges.ts';

const cases: readonly [version: string, range: string, satisfied: boolean][] = [
  ['1.2.3', '^1.2.0', true],
  ['2.0.0', '^1.2.0', false],
  ['0.2.9', '^0.2.3', true],
  ['0.3.0', '^0.2.3', false],
  ['0.0.3', '^0.0.3', true],
  ['0.0.4', '^0.0.3', false],
  ['0.0.9', '^0.0', true],
  ['0.1.0', '^0.0', false],
  ['1.2.9', '~1.2.3', true],
  ['1.3.0', '~1.2.3', false],
  ['1.9.0', '~1', true],
  ['1.2.3', '1.2.x', true],
  ['1.3.0', '1.2.x', false],
  ['9.9.9', '*', true],
  ['9.9.9', '', true],
  ['1.2.3', '1.2.3', true],
  ['1.2.4', '=1.2.3', false],
  ['2.3.4', '1.0.0 - 2.3.4', true],
  ['2.3.5', '1.0.0 - 2.3.4', false],
  ['2.9.9', '1.0 - 2', true],
  ['3.0.0', '1.0 - 2', false],
  ['5.0.0', '^1 || >=4 <6', true],
  ['6.0.0', '^1 || >=4 <6', false],
  ['1.0.0', '>1', false],
  ['2.0.0', '>1', true],
  ['1.5.0', '<=1', true],
  ['2.0.0-beta.1', '^2.0.0', false],
  ['2.0.0-beta.2', '^2.0.0-beta.1', true],
  ['2.0.0-beta.10', '>2.0.0-beta.9', true],
  ['2.0.0-alpha', '<2.0.0', false],
  ['2.1.0-beta.1', '>=2.0.0-alpha', false],
  ['1.0.0', 'latest', true],
  ['1.0.0', 'file:../elsewhere', true],
  ['1.0.0', 'github:someone/something#v2', true],
  ['1.0.0', 'workspace:^2.0.0', true],
  ['1.5.0', 'npm:@scope/other@^1.0.0', true],
  ['2.5.0', 'npm:other@^1.0.0', false],
  ['not a version', '^1.0.0', false],
];

test('versions satisfy ranges as npm decides', () => {
  for (const [version, range, satisfied] of cases) {
    assert.equal(satisfiesRange(version, range), satisfied, `${version} in "${range}"`);
  }
});
