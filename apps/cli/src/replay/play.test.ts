import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createEventReader, foldReplay, recordedEventSchema } from '@nova/core';
import { paced } from './play.ts';

const file = join(import.meta.dirname, '../../../../test/histories/0002-queued-forked-fix.jsonl');
const reader = createEventReader();
const history = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => reader.lift(recordedEventSchema.parse(JSON.parse(line))));

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
