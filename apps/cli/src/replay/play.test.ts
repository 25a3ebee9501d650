import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { foldReplay } from '@nova/core';
import { readHistory } from '../../../../test/histories/read-history.ts';
import { paced } from './play.ts';

const history = readHistory();

describe('a replay in its own time', () => {
  it('goes by what was recorded first, with no negative wait, though the clock was set back', () => {
    const told = history.map((event, index) => ({ ...event, time: new Date(1e12 - index * 1000).toISOString() }));
    const order = (events: typeof told) => paced(foldReplay(events), 1).map(({ moment }) => moment.position);
    assert.deepEqual(order(told), order(history));
    assert.deepEqual(
      order(told),
      order(told).toSorted((a, b) => a - b),
    );
    for (const { waitMs } of paced(foldReplay(told), 1)) assert.equal(waitMs, 0);
  });
});
