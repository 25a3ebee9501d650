import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type NewEvent, NovaError, type RecordedEvent } from '@nova/core';
import fc from 'fast-check';
import type { AppendOutcome, ExpectedVersion, Ledger } from './ledger.ts';

/** A fresh ledger that can be closed and opened again where it was. */
export interface LedgerUnderTest extends AsyncDisposable {
  readonly ledger: Ledger;
  reopen(): Promise<Ledger>;
}

/** A fact of a type that is in no catalogue. */
export function sampleEvent(data: Readonly<Record<string, unknown>>, extra: Partial<NewEvent> = {}): NewEvent {
  return {
    type: 'test.sample.recorded',
    schemaVersion: 1,
    data,
    tenant: 'local',
    actor: 'system/test',
    cause: null,
    traceparent: null,
    ...extra,
  };
}

/** What every adapter of the Ledger port must do; run against the real engine. */
export function ledgerContract(name: string, make: () => Promise<LedgerUnderTest>): void {
  describe(`${name} keeps the Ledger contract`, () => {
    order(make);
    conflicts(make);
    keys(make);
    model(make);
    contents(make);
    subscriptions(make);
  });
}

type Make = () => Promise<LedgerUnderTest>;

function order(make: Make): void {
  it('gives versions and positions without gaps, and reads them back', async () => {
    await using subject = await make();
    const { ledger } = subject;
    const first = await ledger.append('task/a', [sampleEvent({ n: 1 }), sampleEvent({ n: 2 })], any('1'));
    const second = await ledger.append('task/b', [sampleEvent({ n: 3 })], any('2'));
    assert.deepEqual([first.version, first.position, first.repeated], [2, 2, false]);
    assert.deepEqual([second.version, second.position], [1, 3]);
    assert.equal(await ledger.head(), 3);
    const stream = await ledger.read('task/a');
    assert.deepEqual(
      stream.map((event) => [event.streamversion, event.position, event.data['n']]),
      [
        [1, 1, 1],
        [2, 2, 2],
      ],
    );
    assert.deepEqual(
      (await ledger.read('task/a', { fromVersion: 2 })).map((event) => event.data['n']),
      [2],
    );
    assert.deepEqual(
      (await ledger.readAll({ after: 1, limit: 1 })).map((event) => event.data['n']),
      [2],
    );
    const [begin] = await ledger.read('task/a', { limit: 1 });
    assert.equal(begin?.data['n'], 1);
    assert.deepEqual(
      (await ledger.read('task/a', { after: begin?.position ?? 0 })).map((event) => event.data['n']),
      [2],
    );
    assert.deepEqual(await ledger.read('task/none'), []);
  });

  it('keeps the order in which one caller appended, and what it acknowledged survives reopening', async () => {
    await using subject = await make();
    const many = Array.from({ length: 500 }, (_, n) => subject.ledger.append('s', [sampleEvent({ n })], any(`k${n}`)));
    const outcomes = await Promise.all(many);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.position),
      outcomes.map((_, index) => index + 1),
    );
    const reopened = await subject.reopen();
    assert.deepEqual(
      (await reopened.read('s')).map((event) => event.data['n']),
      outcomes.map((_, index) => index),
    );
    assert.deepEqual(await reopened.verify(), { events: 500, streams: 1 });
  });

  it('records any interleaving of streams and batch sizes faithfully', async () => {
    const appends = fc.array(
      fc.record({
        stream: fc.constantFrom('a', 'b', 'c'),
        data: fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 4 }),
      }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(appends, async (batches) => {
        await using subject = await make();
        await Promise.all(
          batches.map(({ stream, data }, index) =>
            subject.ledger.append(
              stream,
              data.map((one) => sampleEvent(one)),
              any(`k${index}`),
            ),
          ),
        );
        for (const stream of ['a', 'b', 'c']) {
          const expected = batches.filter((batch) => batch.stream === stream).flatMap((batch) => batch.data);
          const found = (await subject.ledger.read(stream)).map((event) => event.data);
          assert.deepEqual(found, JSON.parse(JSON.stringify(expected)));
        }
        await subject.ledger.verify();
      }),
      { numRuns: 8 },
    );
  });
}

function conflicts(make: Make): void {
  it('decides a race on the expected version: one wins, the others learn where the stream stands', async () => {
    await using subject = await make();
    const race = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) =>
        subject.ledger.append('race', [sampleEvent({ n })], { expectedVersion: 0, key: `k${n}` }),
      ),
    );
    const lost = race.filter((one) => one.status === 'rejected').map((one) => one.reason as NovaError);
    assert.equal(lost.length, 19);
    for (const error of lost) {
      assert.equal(error.code, 'ledger.conflict');
      assert.equal(error.details?.['version'], 1);
    }
    assert.equal((await subject.ledger.read('race')).length, 1);
    const next = await subject.ledger.append('race', [sampleEvent({})], { expectedVersion: 1, key: 'next' });
    assert.equal(next.version, 2);
    // A loser's key stands for nothing and may be used again.
    await subject.ledger.append('race', [sampleEvent({ n: 5 })], { expectedVersion: 2, key: 'k19' });
  });
}

function keys(make: Make): void {
  it('makes a repeated key a no-op, for ever and whatever the expected version', async () => {
    await using subject = await make();
    const events = [sampleEvent({ b: 1, a: { y: 1, x: 2 } }), sampleEvent({ n: 2 })];
    const first = await subject.ledger.append('s', events, { expectedVersion: 0, key: 'once' });
    await subject.ledger.append('s', [sampleEvent({})], any('between'));
    const reopened = await subject.reopen();
    const reordered = [sampleEvent({ a: { x: 2, y: 1 }, b: 1 }, { traceparent: '00-1-2-01' }), sampleEvent({ n: 2 })];
    const again = await reopened.append('s', reordered, { expectedVersion: 0, key: 'once' });
    assert.deepEqual(again, { ...first, repeated: true });
    assert.equal(await reopened.head(), 3);
  });

  it('writes once when one key is appended many times at the same time', async () => {
    await using subject = await make();
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => subject.ledger.append('s', [sampleEvent({ n: 1 })], any('same'))),
    );
    assert.equal(outcomes.filter((outcome) => !outcome.repeated).length, 1);
    assert.deepEqual(new Set(outcomes.map((outcome) => outcome.position)), new Set([1]));
    assert.equal(await subject.ledger.head(), 1);
  });

  it('refuses a key that stands for other events or another stream', async () => {
    await using subject = await make();
    await subject.ledger.append('s', [sampleEvent({ n: 1 })], any('key'));
    const others: [string, NewEvent[]][] = [
      ['s', [sampleEvent({ n: 2 })]],
      ['s', [sampleEvent({ n: 1 }), sampleEvent({ n: 1 })]],
      ['s', [sampleEvent({ n: 1 }, { actor: 'person/other' })]],
      ['other', [sampleEvent({ n: 1 })]],
    ];
    for (const [stream, events] of others) {
      await assert.rejects(subject.ledger.append(stream, events, any('key')), coded('ledger.key_reused'));
    }
    assert.equal(await subject.ledger.head(), 1);
  });
}

function model(make: Make): void {
  it('agrees with a model of it for any sequence of appends', async () => {
    const append = fc.record({
      stream: fc.constantFrom('a', 'b'),
      key: fc.constantFrom('k1', 'k2', 'k3', 'k4', 'k5'),
      values: fc.constantFrom([1], [2], [1, 2]),
      expectedVersion: fc.constantFrom<ExpectedVersion>('any', 0, 1, 2, 3),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(append, { maxLength: 25 }), fc.nat(25), async (appends, reopenAt) => {
        await using subject = await make();
        let ledger = subject.ledger;
        const expected = new LedgerModel();
        for (const [index, { stream, key, values, expectedVersion }] of appends.entries()) {
          if (index === reopenAt) ledger = await subject.reopen();
          const events = values.map((n) => sampleEvent({ n }));
          const found = await ledger
            .append(stream, events, { expectedVersion, key })
            .catch((error: NovaError) => error.code);
          assert.deepEqual(found, expected.append(stream, key, values, expectedVersion));
        }
        for (const [stream, values] of expected.streams) {
          assert.deepEqual(
            (await ledger.read(stream)).map((event) => event.data['n']),
            values,
          );
        }
        await ledger.verify();
      }),
      { numRuns: 6 },
    );
  });
}

/** The Ledger's rules in their simplest form. */
class LedgerModel {
  readonly streams = new Map<string, number[]>();
  readonly #keys = new Map<string, { content: string; outcome: AppendOutcome }>();
  #position = 0;

  append(stream: string, key: string, values: readonly number[], expected: ExpectedVersion): AppendOutcome | string {
    const content = JSON.stringify([stream, values]);
    const used = this.#keys.get(key);
    if (used !== undefined) return used.content === content ? { ...used.outcome, repeated: true } : 'ledger.key_reused';
    const recorded = this.streams.get(stream) ?? [];
    if (expected !== 'any' && expected !== recorded.length) return 'ledger.conflict';
    this.streams.set(stream, [...recorded, ...values]);
    this.#position += values.length;
    const outcome = { version: recorded.length + values.length, position: this.#position, repeated: false };
    this.#keys.set(key, { content, outcome });
    return outcome;
  }
}

function contents(make: Make): void {
  it('masks credentials before they are recorded, and still knows the repeat', async () => {
    await using subject = await make();
    const secret = `ghp_${'a1B2'.repeat(10)}`;
    const event = sampleEvent({ deep: [{ text: `token is ${secret}` }] });
    const first = await subject.ledger.append('s', [event], any('k'));
    const again = await subject.ledger.append('s', [event], any('k'));
    assert.deepEqual([again.position, again.repeated], [first.position, true]);
    const stored = JSON.stringify(await subject.ledger.readAll({ after: 0 }));
    assert.ok(!stored.includes(secret));
    assert.ok(stored.includes('[masked]'));
  });

  it('refuses data that does not have the shape of its type, and keeps unknown types readable', async () => {
    await using subject = await make();
    const resumed = (data: Record<string, unknown>, schemaVersion = 1) =>
      sampleEvent(data, { type: 'nova.task.resumed', schemaVersion });
    await assert.rejects(subject.ledger.append('s', [resumed({ task: 7 })], any('1')), NovaError);
    await assert.rejects(subject.ledger.append('s', [resumed({ task: 't' }, 9)], any('2')), NovaError);
    await assert.rejects(subject.ledger.append('s', [sampleEvent({}), resumed({})], any('3')), NovaError);
    assert.equal(await subject.ledger.head(), 0);
    await subject.ledger.append(
      's',
      [resumed({ task: 't' }), sampleEvent({ any: 'thing' }, { type: 'other.vendor.thing' })],
      any('4'),
    );
    assert.deepEqual(
      (await subject.ledger.read('s')).map((event) => [event.type, event.data]),
      [
        ['nova.task.resumed', { task: 't' }],
        ['other.vendor.thing', { any: 'thing' }],
      ],
    );
  });

  it('wraps every event in a CloudEvents envelope', async () => {
    await using subject = await make();
    const event = sampleEvent(
      { n: 1 },
      { cause: 'e-0', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    );
    await subject.ledger.append('task/x', [event], any('k'));
    const [recorded] = await subject.ledger.read('task/x');
    assert.ok(recorded);
    const { id, time, ...rest } = recorded;
    assert.ok(id.length > 0);
    assert.equal(new Date(time).toISOString(), time);
    assert.deepEqual(rest, {
      specversion: '1.0',
      source: '/nova',
      type: 'test.sample.recorded',
      subject: 'task/x',
      datacontenttype: 'application/json',
      schemaversion: 1,
      tenant: 'local',
      actor: 'system/test',
      cause: 'e-0',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      streamversion: 1,
      position: 1,
      data: { n: 1 },
    });
  });
}

function subscriptions(make: Make): void {
  it('replays, then follows a burst: every subscriber sees every event once and in order, the slow one too', async () => {
    await using subject = await make();
    const { ledger } = subject;
    const total = 900;
    const append = (n: number) => ledger.append(`s${n % 7}`, [sampleEvent({ n })], any(`k${n}`));
    await Promise.all(Array.from({ length: 300 }, (_, n) => append(n)));
    const starts = [0, 0, 150, 300, 450];
    const followers = starts.map((after, index) => follow(ledger, after, total, index === 1));
    await Promise.all(Array.from({ length: total - 300 }, (_, n) => append(300 + n)));
    for (const [index, positions] of (await Promise.all(followers)).entries()) {
      const after = starts[index] ?? 0;
      assert.deepEqual(
        positions,
        Array.from({ length: total - after }, (_, n) => after + n + 1),
      );
    }
  });

  it('ends a waiting subscription when its signal aborts, or the ledger closes', async () => {
    await using subject = await make();
    const stop = new AbortController();
    const stopped = collect(subject.ledger.subscribe({ after: 0, signal: stop.signal }));
    const outlived = collect(subject.ledger.subscribe({ after: 0, signal: new AbortController().signal }));
    await subject.ledger.append('s', [sampleEvent({})], any('k'));
    await follow(subject.ledger, 0, 1, false);
    stop.abort();
    assert.equal((await stopped).length, 1);
    await subject.ledger[Symbol.asyncDispose]();
    assert.equal((await outlived).length, 1);
    await assert.rejects(subject.ledger.append('s', [sampleEvent({})], any('late')), coded('ledger.closed'));
    await assert.rejects(subject.ledger.head(), coded('ledger.closed'));
  });
}

async function follow(ledger: Ledger, after: number, until: number, slow: boolean): Promise<number[]> {
  const positions: number[] = [];
  for await (const event of ledger.subscribe({ after, signal: new AbortController().signal })) {
    positions.push(event.position);
    if (slow) await new Promise((resolve) => setImmediate(resolve));
    if (event.position === until) break;
  }
  return positions;
}

async function collect(events: AsyncIterable<RecordedEvent>): Promise<RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
}

function any(key: string): { expectedVersion: 'any'; key: string } {
  return { expectedVersion: 'any', key };
}

/** Matches a `NovaError` with this code, for `assert.rejects`. */
export function coded(code: NovaError['code']): (error: unknown) => boolean {
  return (error) => error instanceof NovaError && error.code === code;
}
