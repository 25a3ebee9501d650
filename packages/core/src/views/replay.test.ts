import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type RecordedEvent, recordedEventSchema } from '../events/envelope.ts';
import { createEventReader } from '../events/upcasters.ts';
import { foldReplay, type ReplayedCall } from './replay.ts';
import { foldTask, type TaskView } from './task-view.ts';

const file = join(import.meta.dirname, '../../../../test/histories/0002-queued-forked-fix.jsonl');
const reader = createEventReader();
const events: RecordedEvent[] = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => reader.lift(recordedEventSchema.parse(JSON.parse(line))));
const calls = (from: readonly RecordedEvent[]): ReplayedCall[] =>
  foldReplay(from).filter((moment) => moment.kind === 'call');

describe('the replay of a recorded task', () => {
  it('numbers every call once, in the order of its beginning, with its outcome', () => {
    const replayed = calls(events);
    const begun = events.flatMap((event) => (event.type === 'nova.journal.started' ? [event.data['callId']] : []));
    assert.deepEqual(
      replayed.map((call) => call.callId),
      begun,
    );
    assert.deepEqual(
      replayed.map((call) => call.number),
      begun.map((_, index) => index + 1),
    );
    assert.equal(replayed.find((call) => call.failure)?.failure?.code, 'tests.timeout');
    assert.ok(replayed.every((call) => call.endedAt !== null && call.durationMs !== null));
  });

  it('counts what was begun again after an interruption', () => {
    const begun = (name: string) => calls(events).find((call) => call.callId.includes(name))?.begun;
    assert.equal(begun('workspace.capture'), 1);
    assert.equal(begun('environment.prepare'), 2);
  });

  /** A recorded event as if it had come at this second, perhaps with other data. */
  function at(second: number, event: RecordedEvent | undefined, data: RecordedEvent['data'] = {}): RecordedEvent {
    assert.ok(event);
    return { ...event, time: new Date(second * 1000).toISOString(), data: { ...event.data, ...data } };
  }
  const entries = (name: string) => events.filter(({ data }) => `${data['callId']}`.includes(name));
  const [started, settled, finished] = entries('environment.prepare');
  const paused = events.find(({ type }) => type === 'nova.task.paused');
  const measured = Number(finished?.data['durationMs']);
  const took = (...told: readonly RecordedEvent[]) => calls(told)[0]?.durationMs;

  it('counts the time of a call that a later server attached to from its first beginning', () => {
    assert.ok(measured < 1000);
    assert.equal(took(at(100, started), at(137, finished)), measured);
    assert.equal(took(at(100, started), at(130, settled), at(137, finished)), 37_000);
    // A clock that was set back takes nothing from what was measured.
    assert.equal(took(at(100, started), at(130, settled), at(90, finished)), measured);
  });

  it('goes by positions: with a clock that runs backwards everything is told in the same order, and nothing took less than no time', () => {
    const back = events.map((event, index) => ({ ...event, time: new Date(1e12 - index * 1000).toISOString() }));
    const told = (from: readonly RecordedEvent[]) =>
      foldReplay(from).map((moment) =>
        moment.kind === 'call' ? [moment.callId, moment.failure?.code] : { ...moment, at: '' },
      );
    assert.deepEqual(told(back), told(events));
    for (const call of calls(back)) assert.ok((call.durationMs ?? 0) >= 0, call.callId);
    const view = (from: readonly RecordedEvent[]) => {
      const folded = from.reduce<TaskView | null>(foldTask, null);
      return [
        folded?.state,
        folded?.stage,
        folded?.outcome,
        folded?.calls,
        folded?.stages.map(({ summary }) => summary),
      ];
    };
    const lift = createEventReader().lift;
    assert.deepEqual(view(back.map(lift)), view(events.map(lift)));
  });

  it('leaves the time out in which a task stood still', () => {
    const told = [at(100, started), at(110, paused), at(130, settled), at(137, finished)];
    assert.equal(took(...told), 7000);
    const since = (count: number) => calls(told.slice(0, count))[0]?.since;
    assert.deepEqual([1, 2, 3, 4].map(since), [told[0]?.time, null, told[2]?.time, null]);
  });

  it('counts the time of a call that was given up, which nobody measured', () => {
    const failure = { code: 'task.cancelled', message: 'm' };
    assert.equal(took(at(100, started), at(137, finished, { output: null, failure, durationMs: 0 })), 37_000);
  });

  it('says of a call without an outcome that it has none', () => {
    const first = events.findIndex((event) => event.type === 'nova.journal.started');
    const [call] = calls(events.slice(0, first + 1));
    assert.deepEqual([call?.endedAt, call?.output, call?.failure], [null, null, null]);
  });

  it('keeps the numbers when more is recorded, and tells the turns of the task in order', () => {
    for (let length = 1; length < events.length; length += 1) {
      const part = calls(events.slice(0, length)).map((call) => call.callId);
      assert.deepEqual(
        part,
        calls(events)
          .map((call) => call.callId)
          .slice(0, part.length),
      );
    }
    const turns = foldReplay(events).flatMap((moment) => (moment.kind === 'turn' ? [moment.turn] : []));
    assert.deepEqual(turns, [
      'submitted',
      'waiting',
      'assigned',
      'pausing',
      'paused',
      'resumed',
      'cancelling',
      'finished',
      'applied',
    ]);
  });
});
