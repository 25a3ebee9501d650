import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  createEventReader,
  type EventShapes,
  eventCatalogue,
  type RecordedEvent,
  recordedEventSchema,
  systemClock,
  type Upcaster,
  upcasters,
} from '@nova/core';
import { z } from 'zod';
import { openFolderBlobs } from '../blobs/folder-blobs.ts';
import { createJournal } from '../journal/create-journal.ts';
import { openSqliteLedger } from './sqlite-ledger.ts';
import { chainHash, chainStart } from './sqlite-store.ts';

const folder = fileURLToPath(new URL('../../../../test/histories/', import.meta.url));
const histories = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));

function lines(name: string): string[] {
  return readFileSync(join(folder, name), 'utf8').trimEnd().split('\n');
}

/**
 * Reads recorded events as this version would. An event must come out with everything that its present shape knows and
 * nothing that it does not know: a field added, removed or renamed without an upcaster shows either way.
 */
function replay(
  texts: readonly string[],
  shapes: EventShapes = eventCatalogue,
  steps?: readonly Upcaster[],
): RecordedEvent[] {
  const reader = createEventReader(shapes, steps);
  return texts.map((text) => {
    const event = reader.lift(recordedEventSchema.parse(JSON.parse(text)));
    const shape = shapes[event.type];
    assert.ok(shape, `${event.type} left the catalogue; what was recorded of it can no longer be understood`);
    assert.deepEqual(
      shape.data.parse(event.data),
      event.data,
      `the shape of ${event.type} changed without an upcaster`,
    );
    return event;
  });
}

describe('recorded histories', () => {
  assert.ok(histories.length > 0);

  for (const name of histories) {
    it(`${name} reads as this version's events`, () => {
      const events = replay(lines(name));
      assert.deepEqual(
        events.map((event) => event.position),
        events.map((_, index) => index + 1),
      );
    });

    it(`${name} opens as a ledger, and every call in it is settled`, async (test) => {
      const home = mkdtempSync(join(tmpdir(), 'nova-history-'));
      test.after(() => rmSync(home, { recursive: true, force: true }));
      const path = join(home, 'ledger.sqlite');
      const options = { path, clock: systemClock, ids: { event: randomUUID } };
      await (await openSqliteLedger(options))[Symbol.asyncDispose]();
      restoreRows(path, lines(name));
      await using ledger = await openSqliteLedger(options);
      const { events } = await ledger.verify();
      assert.equal(events, lines(name).length);
      const blobs = await openFolderBlobs(join(home, 'blobs'));
      const tasks = new Set((await ledger.readAll({ after: 0 })).map((event) => event.subject.slice('task/'.length)));
      for (const task of tasks) {
        const journal = await createJournal({
          ledger,
          blobs,
          clock: systemClock,
          task,
          actor: 'system/test',
          tenant: 'local',
        });
        assert.ok(journal.entries().length > 0);
        for (const entry of journal.entries()) {
          assert.equal(entry.state, 'finished', entry.callId);
          assert.equal(entry.output === null, entry.failure !== null, entry.callId);
        }
      }
    });
  }

  it('cover every event type of the catalogue', () => {
    const covered = new Set(histories.flatMap((name) => replay(lines(name)).map((event) => event.type)));
    assert.deepEqual(
      Object.keys(eventCatalogue).filter((type) => !covered.has(type)),
      [],
    );
  });

  it('fail when a shape changes without an upcaster, and read again with one', () => {
    const type = 'nova.task.paused';
    const texts = histories.flatMap((name) => lines(name));
    const renamed = {
      ...eventCatalogue,
      [type]: { version: 1, data: z.object({ task: z.string(), why: z.string() }) },
    };
    const removed = { ...eventCatalogue, [type]: { version: 1, data: z.object({ task: z.string() }) } };
    const defaulted = {
      ...eventCatalogue,
      [type]: { version: 1, data: z.object({ task: z.string(), reason: z.string(), by: z.string().default('?') }) },
    };
    for (const shapes of [renamed, removed, defaulted]) assert.throws(() => replay(texts, shapes));
    const raised = { ...eventCatalogue, [type]: { version: 2, data: renamed[type].data } };
    assert.throws(() => replay(texts, raised), /no upcaster from 1/);
    const upcaster: Upcaster = { type, from: 1, upcast: ({ reason, ...data }) => ({ ...data, why: reason }) };
    const paused = replay(texts, raised, [...upcasters, upcaster]).filter((event) => event.type === type);
    assert.ok(paused.length > 0);
    for (const event of paused) assert.deepEqual([event.schemaversion, typeof event.data['why']], [2, 'string']);
    assert.throws(() => createEventReader(raised, [upcaster, upcaster]), /Two upcasters/);
  });

  it('leave events of unknown types and of later versions as they were recorded', () => {
    const [text] = lines(histories[0] ?? '');
    const event = recordedEventSchema.parse(JSON.parse(text ?? ''));
    const reader = createEventReader();
    const foreign = { ...event, type: 'vendor.thing', data: { any: 1 } };
    const later = { ...event, schemaversion: 99, data: { other: 1 } };
    assert.equal(reader.lift(foreign), foreign);
    assert.equal(reader.lift(later), later);
  });
});

/** Puts recorded envelopes into an empty ledger just as they were. */
function restoreRows(path: string, texts: readonly string[]): void {
  using database = new DatabaseSync(path);
  const insert = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?)');
  let previous = chainStart;
  for (const text of texts) {
    const { position, subject, streamversion } = recordedEventSchema.parse(JSON.parse(text));
    previous = chainHash(previous, text);
    insert.run(position, subject, streamversion, text, previous);
  }
}
