import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import {
  createClient,
  type EventPage,
  eventPageSchema,
  type Problem,
  taskPageSchema,
  taskSummarySchema,
} from '@nova/client';
import { type NovaError, type RecordedEvent, taskRequestSchema } from '@nova/core';
import { hashJson, putJson } from '@nova/messaging';
import { refusal } from '../../../../test/results/refusal.ts';
import { Place } from './place.fixture.ts';

describe('the API', () => {
  let place: Place;
  before(async () => {
    place = await Place.open();
    for (let n = 0; n < 25; n += 1) await place.submitted(`t${String(n).padStart(2, '0')}`);
  });
  after(() => place[Symbol.asyncDispose]());

  async function page(query: string) {
    return taskPageSchema.parse(await (await place.ask(`/tasks?${query}`)).json());
  }
  async function code(answer: Response): Promise<string> {
    return ((await answer.json()) as Problem).code;
  }
  function post(path: string, body: unknown, key: string): Promise<Response> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    return place.ask(path, { method: 'POST', body: JSON.stringify(body), headers });
  }

  it('lists tasks newest first in pages that new tasks do not disturb', async () => {
    const seen: string[] = [];
    let cursor = '';
    for (let pages = 0; ; pages += 1) {
      const { tasks, next, total } = await page(`limit=10${cursor}`);
      assert.equal(total, 25 + pages);
      seen.push(...tasks.map(({ id }) => id));
      if (next === null) break;
      await place.submitted(`u${pages}`);
      cursor = `&cursor=${next}`;
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 25 }, (_, n) => `t${String(24 - n).padStart(2, '0')}`),
    );
  });

  it('goes on after a task that matches no more', async () => {
    const first = await page('state=queued&text=/T0&limit=4');
    assert.deepEqual(
      first.tasks.map(({ id }) => id),
      ['t09', 't08', 't07', 't06'],
    );
    await place.record('nova.task.paused', 't06', { reason: 'a test' });
    const second = await page(`state=queued&text=/T0&limit=4&cursor=${first.next}`);
    assert.deepEqual(
      second.tasks.map(({ id }) => id),
      ['t05', 't04', 't03', 't02'],
    );
    assert.deepEqual(
      (await page('state=paused')).tasks.map(({ id }) => id),
      ['t06'],
    );
    assert.deepEqual(await page('kind=review'), { tasks: [], next: null, total: 0 });
    for (const query of ['limit=0', 'limit=x', 'state=gone', 'cursor=nobody', 'limit=201', 'lmit=3', 'cursor[]=t01']) {
      const answer = await place.ask(`/tasks?${query}`);
      assert.deepEqual([answer.status, await code(answer)], [400, 'usage.invalid'], query);
    }
  });

  it('says so when nothing is new, and answers anew when something is', async () => {
    for (const path of ['/tasks', '/tasks/t01', '/tasks/t01/events', '/tasks/t01/events?after=1&limit=1000']) {
      const first = await place.ask(path);
      const headers = { 'if-none-match': first.headers.get('etag') ?? 'none' };
      const again = await place.ask(path, { headers });
      assert.deepEqual([again.status, await again.text()], [304, ''], path);
      await place.record('nova.task.waiting', 't01', { reason: randomUUID() });
      assert.equal((await place.ask(path, { headers })).status, 200, path);
    }
    // What is there already never changes.
    const ended = await place.submitted('ended');
    const result = await putJson(place.parts.blobs, refusal({ task: ended }));
    await place.record('nova.task.finished', ended, { outcome: 'refused', code: null, result, findings: null });
    for (const path of ['/tasks/t01/events?limit=2', `/tasks/${ended}/result`, '/openapi.json']) {
      const first = await place.ask(path);
      assert.equal(first.status, 200, await first.clone().text());
      const headers = { 'if-none-match': first.headers.get('etag') ?? 'none' };
      await place.record('nova.task.waiting', 't01', { reason: randomUUID() });
      assert.equal((await place.ask(path, { headers })).status, 304, path);
    }
    assert.equal((await place.ask('/fleet')).headers.get('etag'), null, 'the machine is never twice the same');
  });

  it('hands out the events of one task, a page at a time', async () => {
    const id = await place.submitted('paged');
    for (let n = 0; n < 9; n += 1) {
      await place.record('nova.task.waiting', id, { reason: `reason ${n}` });
      await place.record('nova.task.waiting', 't02', { reason: 'of another task' });
    }
    const events: RecordedEvent[] = [];
    for (let after: number | null = 0; after !== null; ) {
      const response = await place.ask(`/tasks/${id}/events?after=${after}&limit=4`);
      const answer: EventPage = eventPageSchema.parse(await response.json());
      assert.ok(answer.events.length <= 4);
      events.push(...answer.events);
      after = answer.next;
    }
    assert.deepEqual(events, await place.parts.ledger.read(`task/${id}`));
  });

  it('hands out the content that an event names, and no other', async () => {
    const named = await putJson(place.parts.blobs, { text: 'x'.repeat(100) });
    const id = await place.submitted('blob');
    assert.equal(await code(await place.ask(`/blobs/${named}`)), 'blob.unknown');
    await place.record('nova.task.finished', id, { outcome: 'delivered', code: null, result: named, findings: null });
    const answer = await place.ask(`/blobs/${named}?offset=2&length=6`);
    assert.deepEqual([answer.headers.get('nova-size'), await answer.text()], ['111', 'text":']);
    const far = await place.ask(`/blobs/${named}?offset=5000`);
    assert.equal(await far.text(), '');
    const answers = await Promise.all(
      ['..%2fledger.sqlite', hashJson('nobody')].map((hash) => place.ask(`/blobs/${hash}`)),
    );
    for (const one of answers) assert.deepEqual([one.status, await code(one)], [404, 'blob.unknown']);
  });

  it('does what is asked with one key once, and gives the same answer again', async () => {
    const id = await place.submitted('keyed');
    const key = randomUUID();
    const first = await post(`/tasks/${id}/pause`, { reason: 'a look' }, key);
    assert.equal(first.status, 200, await first.clone().text());
    const answer = taskSummarySchema.parse(await first.json());
    assert.equal((await post(`/tasks/${id}/cancel`, {}, key)).status, 409);
    await place.record('nova.task.waiting', id, { reason: 'something else happened' });
    const before = await place.parts.ledger.read(`task/${id}`);
    const again = await post(`/tasks/${id}/pause`, { reason: 'a look' }, key);
    assert.deepEqual(taskSummarySchema.parse(await again.json()), answer);
    for (const [path, body] of [
      [`/tasks/${id}/pause`, { reason: 'another' }],
      ['/tasks/t03/pause', { reason: 'a look' }],
      [`/tasks/${id}/interrupt`, { reason: 'a look' }],
    ] as const) {
      const reused = await post(path, body, key);
      assert.deepEqual([reused.status, await code(reused)], [409, 'ledger.key_reused'], path);
    }
    assert.deepEqual(await place.parts.ledger.read(`task/${id}`), before);
  });

  it('goes on being paused when it is asked for again with another key', async () => {
    const id = await place.submitted('twice');
    for (const key of [randomUUID(), randomUUID()]) {
      const answer = await post(`/tasks/${id}/pause`, { reason: 'a look' }, key);
      assert.equal(taskSummarySchema.parse(await answer.json()).state, 'paused');
    }
  });

  it('answers a repeated write whose first answer died with its server', async () => {
    const key = randomUUID();
    const fix = { kind: 'fix', repository: '/nowhere', testCommand: 'true' };
    // As far as a server came that was killed between doing and answering.
    const done = await place.parts.tasks.submit(taskRequestSchema.parse(fix), key);
    const answer = taskSummarySchema.parse(await (await post('/tasks', fix, key)).json());
    assert.equal(answer.id, done.id);
    const recorded = await place.parts.ledger.read(`task/${done.id}`);
    assert.equal(recorded.filter(({ type }) => type === 'nova.task.submitted').length, 1);
    const other = await post('/tasks', { ...fix, testCommand: 'false' }, key);
    assert.equal(await code(other), 'ledger.key_reused');
  });

  it('makes one task of submissions that arrive together', async () => {
    const key = randomUUID();
    const body = { kind: 'review', repository: '/nowhere', since: null };
    const fix = { kind: 'fix', repository: '/nowhere', testCommand: 'true' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => post('/tasks', fix, key)));
    const tasks = await Promise.all(answers.map(async (answer) => taskSummarySchema.parse(await answer.json())));
    assert.deepEqual(tasks, Array(8).fill(tasks[0]));
    const other = await post('/tasks', body, key);
    assert.equal(await code(other), 'ledger.key_reused');
  });

  it('refuses a field that it does not know, and names it', async () => {
    const fix = { kind: 'fix', repository: '/nowhere', testCommand: 'true' };
    for (const [path, body, named] of [
      ['/tasks', { ...fix, budgetsSeconds: 3 }, /budgetsSeconds/],
      ['/tasks', { ...fix, testCommand: '' }, /testCommand: The test command is empty/],
      ['/tasks/t01/pause', { because: 'x' }, /because/],
      ['/tasks/t01/apply', { force: true }, /force/],
    ] as const) {
      const answer = await post(path, body, randomUUID());
      assert.equal(answer.status, 400, path);
      assert.match(((await answer.json()) as Problem).detail, named);
    }
  });

  it('says which methods a path takes', async () => {
    for (const [path, method, allowed] of [
      ['/tasks', 'DELETE', 'GET, POST, HEAD'],
      ['/tasks/t01', 'PUT', 'GET, HEAD'],
      ['/tasks/t01/pause', 'GET', 'POST'],
    ] as const) {
      const answer = await place.ask(path, { method });
      assert.deepEqual([answer.status, answer.headers.get('allow'), await code(answer)], [405, allowed, 'http.method']);
    }
  });

  it('needs a key for every write', async () => {
    for (const path of [
      '/tasks',
      ...['pause', 'interrupt', 'resume', 'cancel', 'apply', 'fork'].map((verb) => `/tasks/t01/${verb}`),
    ]) {
      for (const headers of [{}, { 'idempotency-key': ' ' }, { 'idempotency-key': 'k'.repeat(201) }]) {
        const body = JSON.stringify({ kind: 'fix', repository: '/r', testCommand: 'true', callId: 'c' });
        const sent = { ...headers, 'content-type': 'application/json' };
        const answer = await place.ask(path, { method: 'POST', body, headers: sent as Record<string, string> });
        assert.equal(answer.status, 400, path);
        assert.match(((await answer.json()) as Problem).detail, /Idempotency-Key/);
      }
    }
  });

  it('is what the typed client speaks', async () => {
    const client = createClient({
      async request({ path, body, ...rest }) {
        const headers = { ...rest.headers, authorization: `Bearer ${place.token}` };
        const answer = await fetch(`${place.url}${path}`, { ...rest, body, headers });
        const bytes = answer.body ?? new ReadableStream<Uint8Array>();
        return { status: answer.status, headers: Object.fromEntries(answer.headers), body: bytes };
      },
    });
    const id = await place.submitted('typed');
    const key = randomUUID();
    assert.equal((await client.state()).version, '0');
    assert.equal((await client.task('typ')).id, id);
    assert.equal((await client.tasks({ text: 'TYPED' })).total, 1);
    assert.equal((await client.tasks()).tasks.length, (await client.tasks({ limit: 200 })).tasks.length);
    const { fleet, position, machine } = await client.fleet();
    assert.ok(fleet.open.some((task) => task.id === id) && position >= fleet.position && machine.memoryBytes > 0);
    assert.equal((await client.events(id, { after: 0, limit: 1 })).events.length, 1);
    const refused = (code: string) => (thrown: NovaError) => thrown.code === code;
    await assert.rejects(client.result(id), refused('task.state'));
    await assert.rejects(client.task(''), refused('usage.invalid'));
    await assert.rejects(client.task('nobody'), refused('task.unknown'));
    await assert.rejects(client.leave(), refused('http.unknown'));
    await assert.rejects(client.fork(id, { callId: 'none', key: randomUUID() }), refused('task.state'));
    await assert.rejects(client.output(id, 'none'), refused('task.unknown'));
    assert.equal((await client.pause(id, { reason: 'r', key })).state, 'paused');
    assert.equal((await client.pause(id, { reason: 'r', key })).state, 'paused');
    const items = [];
    for await (const item of client.watch(id, 0, new AbortController().signal)) items.push(item);
    assert.deepEqual(
      items.map((item) => item.kind === 'event' && item.event.type),
      (await place.parts.ledger.read(`task/${id}`)).map(({ type }) => type),
    );
    const hash = await putJson(place.parts.blobs, ['content']);
    await place.record('nova.task.finished', id, { outcome: 'delivered', code: null, result: hash, findings: null });
    const { bytes, size } = await client.blob(hash, { offset: 1, length: 9 });
    assert.deepEqual([new TextDecoder().decode(bytes), size], ['"content"', 11]);
  });
});
