import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { histories, readHistory } from '../../../../test/histories/read-history.ts';
import { foldPrefix } from '../link/task-feed.ts';
import { callRecords, openQuestion } from './journal.ts';
import { timelineOf } from './timeline.ts';

describe('the timeline of a task', () => {
  for (const name of histories) {
    it(`shows every call of ${name} once, and of a prefix nothing that came later`, () => {
      const events = readHistory(name);
      const begun = new Set<string>();
      for (let count = 1; count <= events.length; count += 1) {
        const event = events[count - 1];
        if (event?.type === 'nova.journal.started') begun.add(String(event.data['callId']));
        const view = foldPrefix(events, count);
        assert.ok(view);
        const timeline = timelineOf(view, events.slice(0, count));
        const shown = timeline.flatMap((entry) =>
          entry.kind === 'stage' ? entry.calls.map((call) => call.callId) : [],
        );
        assert.deepEqual(shown.toSorted(), [...begun].toSorted());
        assert.equal(new Set(timeline.map((entry) => entry.id)).size, timeline.length);
      }
    });
  }
});

describe('the question that a paused task asks', () => {
  const [name = ''] = histories;
  const events = readHistory(name);
  const started = events.findIndex((event) => event.type === 'nova.journal.started');
  const cut = events
    .slice(0, started + 1)
    .map((event, index) => (index === started ? { ...event, data: { ...event.data, repeat: 'unknown' } } : event));
  const callId = String(cut.at(-1)?.data['callId']);

  it('is about the call that was begun, must not happen twice, and has no outcome', () => {
    assert.equal(openQuestion(callRecords(cut), 'journal.outcome_unknown: "Apply" was begun'), callId);
  });

  it('is not asked when it paused for another reason, or when the outcome is there', () => {
    assert.equal(openQuestion(callRecords(cut), 'A person asked for it.'), null);
    assert.equal(openQuestion(callRecords(events), 'journal.outcome_unknown: "Apply" was begun'), null);
  });
});
