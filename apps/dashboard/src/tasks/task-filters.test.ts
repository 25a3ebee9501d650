import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readFilters, writeFilters } from './task-filters.ts';

describe('the filters of the task list', () => {
  it('come back from the address that they made', () => {
    const filters = { state: 'paused', kind: 'review', text: 'a&b=c ü', pages: ['one', 'two=='] } as const;
    const address = writeFilters({ ...filters, pages: [...filters.pages] }).toString();
    assert.deepEqual(readFilters(new URLSearchParams(address)), filters);
  });

  it('leave out what makes no sense', () => {
    const read = readFilters(new URLSearchParams('state=asleep&kind=&text=&other=1'));
    assert.deepEqual(read, { state: undefined, kind: undefined, text: undefined, pages: [] });
    assert.equal(writeFilters(read).toString(), '');
  });
});
