import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createLive, gapSchema, type LiveActivity, liveEventsSchema, livePath, subscribedSchema } from '@nova/client';
import type { NovaError, RecordedEvent } from '@nova/core';
import { Server } from 'socket.io';
import { io as connectTo, type Socket } from 'socket.io-client';
import { newEvent, Place } from '../http/place.fixture.ts';
import { RawSocket } from './raw-socket.fixture.ts';

/** A socket that is closed with the place. */
function socketTo(place: Place, token = place.token): Socket {
  const socket = connectTo(place.url, {
    path: livePath,
    forceNew: true,
    extraHeaders: { authorization: `Bearer ${token}` },
  });
  place.before(() => void socket.close());
  return socket;
}

/** Collects events until as many have come as are wanted. */
class Collector {
  readonly seen: RecordedEvent[] = [];
  #wanted = Number.POSITIVE_INFINITY;
  #done = Promise.withResolvers<void>();

  readonly events = (events: readonly RecordedEvent[]): void => {
    this.seen.push(...events);
    if (this.seen.length >= this.#wanted) this.#done.resolve();
  };

  async until(count: number): Promise<readonly RecordedEvent[]> {
    this.#wanted = count;
    if (this.seen.length < count) await this.#done.promise;
    this.#wanted = Number.POSITIVE_INFINITY;
    this.#done = Promise.withResolvers();
    return this.seen;
  }
}

async function ask(socket: Socket, name: string, value: unknown) {
  return subscribedSchema.parse(await socket.emitWithAck(name, value));
}

/** What the socket hears next of an event. */
function next(socket: Socket, event: string): Promise<unknown> {
  return new Promise((resolve) => socket.once(event, resolve));
}

/** The code of a refusal, or `ok`. */
async function outcome(socket: Socket, name: string, value: unknown): Promise<string> {
  const answer = await ask(socket, name, value);
  return answer.ok ? 'ok' : answer.problem.code;
}

function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('live events', () => {
  it('are for as many sockets as there is room for', async () => {
    await using place = await Place.open();
    const sockets: RawSocket[] = [];
    place.before(() => {
      for (const socket of sockets) socket[Symbol.dispose]();
    });
    for (let n = 0; n < 256; n += 1) sockets.push(await RawSocket.open(place.url, place.token));
    await assert.rejects(RawSocket.open(place.url, place.token), /live\.limit/);
    assert.equal((await place.ask('/state')).status, 200);
    sockets[0]?.[Symbol.dispose]();
    for (let next = null; next === null; ) {
      // The server hears of it a moment later.
      next = await RawSocket.open(place.url, place.token).catch(() => null);
      if (next) sockets.push(next);
    }
  });

  it('are for those who know the token', async () => {
    await using place = await Place.open();
    assert.ok((await next(socketTo(place, 'wrong'), 'connect_error')) instanceof Error);
    const known = socketTo(place);
    await next(known, 'connect');
    await assert.rejects(RawSocket.open(place.url, 'wrong'), /403|401|400/);
  });

  it('come in order and whole, what was recorded first and then what is', async () => {
    await using place = await Place.open();
    const one = await place.submitted('one');
    await place.submitted('two');
    using live = createLive(socketTo(place));
    const fleet = new Collector();
    const task = new Collector();
    live.follow('fleet', 0, fleet);
    live.follow(`task/${one}`, 0, task);
    await fleet.until(2);
    for (let n = 0; n < 300; n += 1) await place.record('nova.task.waiting', n % 3 ? 'one' : 'two', { reason: `${n}` });
    await place.record('nova.journal.started', one, { callId: 'c', intent: 'i', repeat: 'pure', input: 'h' });
    await place.submitted('three');
    const all = await place.parts.ledger.readAll({ after: 0 });
    assert.deepEqual(
      await fleet.until(303),
      all.filter(({ type }) => type.startsWith('nova.task.')),
    );
    assert.deepEqual(await task.until(202), await place.parts.ledger.read('task/one'));
  });

  it('go on from a position far behind, across more than the server keeps at hand', async () => {
    await using place = await Place.open();
    const id = await place.submitted('long');
    const events = Array.from({ length: 500 }, (_, n) => newEvent('nova.task.waiting', id, { reason: `${n}` }));
    for (let n = 0; n < 10; n += 1) {
      await place.parts.ledger.append(`task/${id}`, events, { expectedVersion: 'any', key: `many${n}` });
    }
    using live = createLive(socketTo(place));
    const follower = new Collector();
    live.follow('fleet', 1000, follower);
    const seen = await follower.until(4001);
    assert.deepEqual(
      seen.map(({ position }) => position),
      Array.from({ length: 4001 }, (_, n) => 1001 + n),
    );
  });

  it('stop when nobody follows them any more', async () => {
    await using place = await Place.open();
    const id = await place.submitted('quiet');
    const socket = socketTo(place);
    using live = createLive(socket);
    const first = new Collector();
    const following = live.follow(`task/${id}`, 0, first);
    await first.until(1);
    following[Symbol.dispose]();
    assert.equal(await outcome(socket, 'unsubscribe', { topic: 'fleet' }), 'ok');
    await place.record('nova.task.waiting', id, { reason: 'nobody hears it' });
    const second = new Collector();
    live.follow('fleet', 1, second);
    await second.until(1);
    assert.equal(first.seen.length, 1);
  });

  it('carry passing news of a task to those who follow it', async () => {
    await using place = await Place.open();
    const id = await place.submitted('busy');
    const other = await place.submitted('other');
    const socket = socketTo(place);
    using live = createLive(socket);
    const heard: LiveActivity[] = [];
    live.follow(`task/${id}`, 0, { events: () => {}, activity: (one) => void heard.push(one) });
    // Answered after the subscription before it.
    await next(socket, 'connect');
    await outcome(socket, 'unsubscribe', { topic: 'fleet' });
    const news = { message: 'm', done: 1, total: 2, outputBytes: 3 };
    const arrived = next(socket, 'activity');
    for (const callId of [`${other}/1/working/x/1`, `${id}/1/working/x/1`]) {
      for (const listener of place.activity) listener({ callId, ...news });
    }
    await arrived;
    assert.deepEqual(heard, [{ topic: `task/${id}`, callId: `${id}/1/working/x/1`, ...news }]);
  });

  it('are refused with a code when what is asked makes no sense', async () => {
    await using place = await Place.open();
    const id = await place.submitted('known');
    const socket = socketTo(place);
    const cases: readonly [unknown, string][] = [
      [{ topic: 'task/nobody', after: 0 }, 'task.unknown'],
      [{ topic: `task/${id.slice(0, 3)}`, after: 0 }, 'task.unknown'],
      [{ topic: 'task/', after: 0 }, 'usage.invalid'],
      [{ topic: 'everything', after: 0 }, 'usage.invalid'],
      [{ topic: 'fleet', after: -1 }, 'usage.invalid'],
      [{ topic: 'fleet' }, 'usage.invalid'],
      [null, 'usage.invalid'],
      ['fleet', 'usage.invalid'],
      [{ topic: 'fleet', after: 0 }, 'ok'],
    ];
    for (const [value, code] of cases) assert.equal(await outcome(socket, 'subscribe', value), code);
    for (let n = 0; n < 31; n += 1) {
      assert.equal(
        await outcome(socket, 'subscribe', { topic: `task/${await place.submitted(`n${n}`)}`, after: 0 }),
        'ok',
      );
    }
    assert.equal(await outcome(socket, 'subscribe', { topic: `task/${id}`, after: 0 }), 'usage.invalid');
    const told: NovaError[] = [];
    using live = createLive(socketTo(place));
    const refused = new Promise<void>((resolve) => {
      live.follow('task/nobody', 0, {
        events: () => {},
        problem: (error) => {
          told.push(error);
          resolve();
        },
      });
    });
    await refused;
    assert.equal(told[0]?.code, 'task.unknown');
  });

  it('are told apart from what is none: a follower hears of it, and nothing breaks', async () => {
    const strange = createServer();
    const io = new Server(strange, { path: livePath });
    await new Promise<void>((resolve) => strange.listen(0, '127.0.0.1', resolve));
    io.on('connection', (socket) => {
      socket.on('subscribe', (_value: unknown, answer: (value: unknown) => void) => {
        for (const name of ['events', 'activity', 'gap']) socket.emit(name, { topic: 'fleet', events: 'none' });
        answer('hello');
      });
    });
    const socket = connectTo(`http://127.0.0.1:${(strange.address() as AddressInfo).port}`, { path: livePath });
    try {
      using live = createLive(socket);
      const codes: string[] = [];
      await new Promise<void>((resolve) => {
        live.follow('fleet', 0, {
          events: () => codes.push('events'),
          problem: ({ code }) => {
            if (codes.push(code) === 4) resolve();
          },
        });
      });
      assert.deepEqual(codes, Array(4).fill('mesh.protocol'));
    } finally {
      socket.close();
      await io.close();
    }
  });

  it('survive garbage: only the socket that sends it is closed', async () => {
    await using place = await Place.open();
    await place.submitted('one');
    using live = createLive(socketTo(place));
    const healthy = new Collector();
    live.follow('fleet', 0, healthy);
    await healthy.until(1);
    const garbage = [
      Buffer.alloc(4096, 0xff),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
    ];
    for (const bytes of garbage) {
      using socket = await RawSocket.open(place.url, place.token);
      socket.sendBytes(bytes);
      await socket.closed();
    }
    for (const text of ['4not a packet', '42{"a":1}', `42["subscribe","${'x'.repeat(60_000)}"]`]) {
      using socket = await RawSocket.open(place.url, place.token);
      socket.send(text);
      await socket.closed();
    }
    using odd = await RawSocket.open(place.url, place.token);
    for (const text of ['42["nothing"]', '42["subscribe"]', '421["subscribe",{"topic":"__proto__"}]']) odd.send(text);
    await odd.until((message) => message.startsWith('431'));
    await place.submitted('two');
    await healthy.until(2);
  });

  it('cost a server no memory for a socket that never reads, which hears where it was left behind', async () => {
    await using place = await Place.open();
    const id = await place.submitted('flood');
    using slow = await RawSocket.open(place.url, place.token);
    slow.send('420["subscribe",{"topic":"fleet","after":0}]');
    await slow.until((message) => message.startsWith('42["events"'));
    slow.stopReading();
    const before = memoryInUse();
    const reason = 'x'.repeat(2_000);
    const events = Array.from({ length: 500 }, () => newEvent('nova.task.waiting', id, { reason }));
    const batches = 40;
    for (let n = 0; n < batches; n += 1) {
      await place.parts.ledger.append(`task/${id}`, events, { expectedVersion: 'any', key: `flood${n}` });
    }
    const flood = batches * events.length * reason.length;
    const grown = memoryInUse() - before;
    assert.ok(grown < flood / 3, `${grown} bytes more for a flood of ${flood}`);
    // A reader beside it is served all the while.
    using live = createLive(socketTo(place));
    const healthy = new Collector();
    live.follow('fleet', batches * events.length, healthy);
    await healthy.until(1);

    slow.readOn();
    const messages = await slow.until((message) => message.startsWith('42["gap"'));
    const heard = messages
      .filter((message) => message.startsWith('42["events"'))
      .flatMap((message) => liveEventsSchema.parse((JSON.parse(message.slice(2)) as unknown[])[1]).events);
    const gap = gapSchema.parse((JSON.parse(messages.at(-1)?.slice(2) ?? '') as unknown[])[1]);
    assert.deepEqual(
      heard.map(({ position }) => position),
      Array.from({ length: gap.position - 1 }, (_, n) => n + 2),
    );
    assert.ok(gap.position < batches * events.length, 'it was sent everything, so the flood was no flood');
    slow.send(`421["subscribe",{"topic":"fleet","after":${gap.position}}]`);
    const again = (await slow.until((message) => message.startsWith('42["events"'))).at(-1) ?? '';
    const page = liveEventsSchema.parse((JSON.parse(again.slice(2)) as unknown[])[1]);
    assert.equal(page.events[0]?.position, gap.position + 1);
  });

  it('wait for a client that polls and stops polling, too', async () => {
    await using place = await Place.open();
    const id = await place.submitted('polled');
    const headers = { authorization: `Bearer ${place.token}` };
    const session = `${place.url}${livePath}/?EIO=4&transport=polling`;
    const poll = async (sid: string) => (await fetch(`${session}${sid}`, { headers })).text();
    const opened = JSON.parse((await poll('')).slice(1)) as { sid: string };
    const sid = `&sid=${opened.sid}`;
    const send = (body: string) => fetch(`${session}${sid}`, { method: 'POST', body, headers });
    await send('40');
    await poll(sid);
    await send('420["subscribe",{"topic":"fleet","after":0}]');
    assert.match(await poll(sid), /^430/);
    const before = memoryInUse();
    const reason = 'x'.repeat(2_000);
    const events = Array.from({ length: 500 }, () => newEvent('nova.task.waiting', id, { reason }));
    for (let n = 0; n < 20; n += 1) {
      await place.parts.ledger.append(`task/${id}`, events, { expectedVersion: 'any', key: `flood${n}` });
    }
    const grown = memoryInUse() - before;
    assert.ok(grown < (20 * events.length * reason.length) / 2, `${grown} bytes more`);
    const left: string[] = [];
    while (!left.at(-1)?.includes('42["gap"')) left.push(await poll(sid));
    assert.ok(left.length <= 3, `${left.length} messages waited for it`);
  });

  it('are read for nobody who does not take them, however many sockets subscribe again and again', async () => {
    await using place = await Place.open();
    const id = await place.submitted('long');
    const events = Array.from({ length: 500 }, () => newEvent('nova.task.waiting', id, { reason: 'x'.repeat(2_000) }));
    for (let n = 0; n < 8; n += 1) {
      await place.parts.ledger.append(`task/${id}`, events, { expectedVersion: 'any', key: `many${n}` });
    }
    const greedy = await Promise.all(Array.from({ length: 10 }, () => RawSocket.open(place.url, place.token)));
    for (const socket of greedy) {
      place.before(() => socket[Symbol.dispose]());
      socket.stopReading();
    }
    assert.equal((await place.ask('/tasks')).status, 200);
    const { ledger } = place.parts;
    const readAll = ledger.readAll.bind(ledger);
    let reads = 0;
    ledger.readAll = (options) => {
      reads += 1;
      return readAll(options);
    };
    const before = memoryInUse();
    const rounds = 400;
    for (let round = 0; round < rounds; round += 1) {
      for (const socket of greedy) socket.send('427["subscribe",{"topic":"fleet","after":0}]');
      assert.equal((await place.ask('/state')).status, 200);
    }
    const grown = memoryInUse() - before;
    assert.ok(grown < 30_000_000, `${grown} bytes more`);
    // It reads as far as the kernel holds what a socket does not take, and then no further.
    assert.ok(reads < (greedy.length * rounds) / 4, `${reads} pages were read`);
    for (const socket of greedy) socket.readOn();
    await Promise.all(greedy.map((socket) => socket.closed()));
    using live = createLive(socketTo(place));
    const healthy = new Collector();
    live.follow('fleet', 4000, healthy);
    await healthy.until(1);
  });

  it('cut off a socket that asks on and on and reads no answer', async () => {
    await using place = await Place.open();
    using greedy = await RawSocket.open(place.url, place.token);
    greedy.stopReading();
    const before = memoryInUse();
    // Every answer is longer than its question, and all together are more than the kernel holds for one connection.
    const rounds = 100;
    const questions = Array<string>(1000).fill('427["subscribe",0]');
    for (let n = 0; n < rounds; n += 1) {
      greedy.send(...questions);
      await place.ask('/state');
    }
    const grown = memoryInUse() - before;
    assert.ok(grown < 50_000_000, `${grown} bytes more`);
    greedy.readOn();
    await greedy.closed();
    assert.ok(greedy.answers < rounds * questions.length, 'everything was answered: nothing was ever held back');
  });
});
