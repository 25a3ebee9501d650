import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Asking } from './asking.ts';

describe('how much a socket may ask', () => {
  it('is much at once, little for long, and nothing for one that takes no refusal', () => {
    let now = 1000;
    const asking = new Asking({ monotonic: () => now });
    const allowed = (times: number) =>
      Array.from({ length: times }, () => asking.refusal()).filter((one) => one === null);
    assert.equal(allowed(200).length, 96);
    assert.equal(asking.refusal()?.code, 'live.limit');
    now += 2000;
    assert.equal(allowed(200).length, 8);
    assert.equal(asking.isDeaf, false);
    now += 3_600_000;
    assert.equal(allowed(200).length, 96);
    allowed(200);
    assert.equal(asking.isDeaf, true);
  });
});
