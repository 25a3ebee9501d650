import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type RecordedEvent, recordedEventSchema } from '../events/envelope.ts';
import { createEventReader } from '../events/upcasters.ts';
import { foldTask, type TaskView } from './task-view.ts';

const histories = join(import.meta.dirname, '../../../../test/histories');

function history(name: string): RecordedEvent[] {
  const lines = readFileSync(join(histories, name), 'utf8').trimEnd().split('\n');
  const reader = createEventReader();
  return lines.map((line) => reader.lift(recordedEventSchema.parse(JSON.parse(line))));
}

const fold = (events: readonly RecordedEvent[]) => events.reduce<TaskView | null>(foldTask, null);

describe('the view of a task', () => {
  for (const name of readdirSync(histories).filter((file) => file.endsWith('.jsonl'))) {
    it(`is a fold of the recorded history ${name}`, () => {
      const events = history(name);
      const view = fold(events);
      assert.ok(view);
      assert.equal(view.state, 'finished');
      assert.ok(view.result);
      assert.ok(view.stages.length > 0 && view.stages.every((stage) => stage.finishedAt !== null));
      assert.ok(view.calls.length > 0 && view.calls.every((call) => call.state !== 'running'));
    });

    it(`stops at every event of ${name} where the history stops`, () => {
      const events = history(name);
      const states = events.map((_, index) => fold(events.slice(0, index + 1))?.state);
      const last = events.findIndex((event) => event.type === 'nova.task.finished');
      assert.equal(states[0], 'queued');
      assert.ok(states.slice(0, last).every((state) => state !== 'finished'));
      assert.equal(states[last], 'finished');
    });
  }

  it('leaves events of other tasks alone', () => {
    const [first, ...rest] = history(
      readdirSync(histories)
        .filter((file) => file.endsWith('.jsonl'))
        .sort()[0] ?? '',
    );
    assert.ok(first && rest[0]);
    const view = foldTask(null, first);
    assert.equal(foldTask(view, { ...rest[0], subject: 'task/another' }), view);
  });
});
