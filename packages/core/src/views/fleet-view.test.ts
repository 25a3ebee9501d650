import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type RecordedEvent, recordedEventSchema } from '../events/envelope.ts';
import { createEventReader } from '../events/upcasters.ts';
import { emptyFleet, type FleetView, foldFleet } from './fleet-view.ts';

const histories = join(import.meta.dirname, '../../../../test/histories');
const reader = createEventReader();

/** The recorded histories one after the other, as one ledger would hold them. */
function ledger(): RecordedEvent[] {
  const lines = readdirSync(histories)
    .filter((file) => file.endsWith('.jsonl'))
    .sort()
    .flatMap((file, index) => {
      const text = readFileSync(join(histories, file), 'utf8').trimEnd();
      const task = /"subject":"task\/([^"]+)"/.exec(text)?.[1] ?? '';
      // The same example was recorded by several versions.
      return text.replaceAll(task, `${task}x${index}`).split('\n');
    });
  return lines.map((line, index) => ({
    ...reader.lift(recordedEventSchema.parse(JSON.parse(line))),
    position: index + 1,
  }));
}

const fold = (events: readonly RecordedEvent[]) => events.reduce<FleetView>(foldFleet, emptyFleet);

let places = 0;
/** A made-up event of a task, later than all before. */
function event(type: string, task: string, data: Record<string, unknown>): RecordedEvent {
  places += 1;
  return {
    specversion: '1.0',
    id: `e${places}`,
    source: 'nova',
    type,
    time: new Date(places * 1000).toISOString(),
    subject: `task/${task}`,
    datacontenttype: 'application/json',
    schemaversion: 2,
    tenant: 'local',
    actor: 'person/p',
    cause: null,
    traceparent: null,
    streamversion: 1,
    position: places,
    data: { task, ...data },
  };
}

function submitted(task: string, instance: string | null): RecordedEvent {
  const request = { kind: 'fix', repository: '/r', testCommand: 'true', instance };
  return event('nova.task.submitted', task, { request, sealed: null, origin: null });
}

const ended = { outcome: 'delivered', code: null, result: 'hash', findings: null };

describe('the view of the fleet', () => {
  it('holds every recorded task once, whichever way it went', () => {
    const events = ledger();
    const tasks = new Set(events.map(({ subject }) => subject).filter((subject) => subject.startsWith('task/')));
    for (let cut = 0; cut <= events.length; cut += 1) {
      const view = fold(events.slice(0, cut));
      const counted = Object.values(view.states).reduce((sum, count) => sum + count, 0);
      assert.equal(counted, view.open.length + view.ended.length);
      assert.ok(view.open.every((task) => task.state !== 'finished'));
    }
    const view = fold(events);
    assert.equal(view.ended.length, tasks.size);
    assert.equal(view.states.finished, tasks.size);
    assert.deepEqual(view.open, []);
  });

  it('is the same when events come again, and when it went through JSON on the way', () => {
    const events = ledger();
    const half = JSON.parse(JSON.stringify(fold(events.slice(0, 20)))) as FleetView;
    assert.deepEqual(events.reduce<FleetView>(foldFleet, half), fold(events));
  });

  it('keeps a named instance when its task has ended, and lets go of one that was made for it', () => {
    const begun = [
      submitted('a', 'forge'),
      submitted('b', null),
      event('nova.task.assigned', 'a', { instance: 'forge' }),
      event('nova.task.assigned', 'b', { instance: 'b' }),
    ];
    const view = fold(begun);
    assert.deepEqual(
      view.instances.map(({ name, task }) => [name, task]),
      [
        ['b', 'b'],
        ['forge', 'a'],
      ],
    );
    const later = [event('nova.task.finished', 'a', ended), event('nova.task.finished', 'b', ended)];
    const { instances, outcomes, open } = later.reduce<FleetView>(foldFleet, view);
    assert.deepEqual(
      instances.map(({ name, task, ended }) => [name, task, ended]),
      [['forge', null, 1]],
    );
    assert.deepEqual(outcomes, { delivered: 2 });
    assert.deepEqual(open, []);
  });

  it('knows what a review found, where the server recorded it', () => {
    const findings = { error: 4, warning: 2, info: 0 };
    const ends = [{ ...ended, findings }, ended].map((data, index) => [
      submitted(`r${index}`, null),
      event('nova.task.finished', `r${index}`, data),
    ]);
    const view = ends.flat().reduce<FleetView>(foldFleet, emptyFleet);
    assert.deepEqual(
      view.ended.map((task) => task.findings),
      [null, findings],
    );
  });

  it('takes no notice of a wish that came too late, or for what is so already', () => {
    const states = (...types: readonly string[]) => {
      const begin = submitted('late', null);
      const rest = types.map((type) =>
        event(`nova.task.${type}`, 'late', { reason: type, instance: 'late', ...ended }),
      );
      const view = [begin, ...rest].reduce<FleetView>(foldFleet, emptyFleet);
      return [...view.open, ...view.ended].flatMap(({ state, reason }) => [state, reason]);
    };
    assert.deepEqual(states('assigned', 'pausing'), ['pausing', 'pausing']);
    assert.deepEqual(states('assigned', 'paused', 'pausing'), ['paused', 'paused']);
    for (const wish of ['pausing', 'cancelling', 'paused', 'resumed', 'waiting', 'assigned']) {
      assert.deepEqual(states('assigned', 'finished', wish), ['finished', null]);
    }
  });

  it('stays small, however many tasks have ended', () => {
    const names = Array.from({ length: 200 }, (_, index) => `t${index}`);
    const view = fold(names.flatMap((name) => [submitted(name, null), event('nova.task.finished', name, ended)]));
    assert.equal(view.states.finished, 200);
    assert.equal(view.ended.length, 50);
    assert.equal(view.ended[0]?.id, 't199');
  });
});
