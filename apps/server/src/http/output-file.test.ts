import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outputFileAddress } from '@nova/client';
import { hashJson, putJson } from '@nova/messaging';
import { newEvent, Place } from './place.fixture.ts';

/** A task whose one call has ended and printed this. */
async function printing(place: Place, task: string, printed: Uint8Array): Promise<string> {
  const { ledger, blobs } = place.parts;
  await place.submitted(task);
  const callId = `${task}/1/testing/tests.run/1`;
  const output = await putJson(blobs, { output: { output: await blobs.put(printed) } });
  const input = hashJson('nothing');
  const events = [
    newEvent('nova.journal.started', task, { callId, intent: 'run', repeat: 'pure', input }),
    newEvent('nova.journal.finished', task, { callId, output, failure: null, durationMs: 1 }),
  ];
  await ledger.append(`task/${task}`, events, { expectedVersion: 'any', key: task });
  return callId;
}

describe('all that a call printed', () => {
  it('comes as one file, however long it is, that no browser shows', async () => {
    await using place = await Place.open();
    // Longer than any one request for a piece gets, and no text in any encoding.
    const printed = Buffer.from(Array.from({ length: 2_600_000 }, (_, index) => (index * 7919) % 256));
    const callId = await printing(place, 'long', printed);
    const answer = await place.ask(outputFileAddress('long', callId).replace(/^\/v1/, ''));
    assert.equal(answer.status, 200, await answer.clone().text());
    const header = (name: string) => answer.headers.get(name);
    assert.deepEqual(['content-type', 'content-disposition', 'content-length', 'x-content-type-options'].map(header), [
      'text/plain; charset=utf-8',
      'attachment; filename=long-1-testing-tests.run-1.txt',
      '2600000',
      'nosniff',
    ]);
    assert.ok(printed.equals(Buffer.from(await answer.arrayBuffer())));
  });

  it('is nothing of a call that printed nothing, and no file of one that is not there', async () => {
    await using place = await Place.open();
    const callId = await printing(place, 'mute', new Uint8Array());
    const answer = await place.ask(`/tasks/mute/output.txt?call=${encodeURIComponent(callId)}`);
    assert.deepEqual([answer.status, await answer.text()], [200, '']);
    const missing = await place.ask('/tasks/mute/output.txt?call=none');
    assert.deepEqual([missing.status, missing.headers.get('content-disposition')], [404, null]);
    assert.equal((await fetch(`${place.url}${outputFileAddress('mute', callId)}`)).status, 401);
  });

  it('is cut when less is kept than there was', async (t) => {
    await using place = await Place.open();
    await place.submitted('cut');
    const sizes = [3_000_000, 100];
    t.mock.method(place.parts.tasks, 'output', async () => {
      const size = sizes.shift() ?? 0;
      return { bytes: new Uint8Array(Math.min(size, 1024 * 1024)), size, ended: true };
    });
    const answer = await place.ask('/tasks/cut/output.txt?call=any');
    await assert.rejects(answer.arrayBuffer());
  });
});
