import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { foldTask, type RecordedEvent, type TaskView } from '@nova/core';
import { readHistory } from '../../../../test/histories/read-history.ts';
import { costOf } from './task-cost.ts';

const history = readHistory();
const team = { seconds: 2, runs: 3, attempts: 1, modelTokens: 0, stageSeconds: {} };

function cost(events: readonly RecordedEvent[]) {
  const view = events.reduce<TaskView | null>(foldTask, null);
  assert.ok(view);
  return costOf(team, view, events);
}

describe('what a task cost', () => {
  it('counts the time of calls that failed, which its team never heard of', () => {
    const told = history.map((event) =>
      event.type === 'nova.journal.finished' ? { ...event, data: { ...event.data, durationMs: 800 } } : event,
    );
    const failed = told.filter(({ data }) => data['failure']).length;
    assert.ok(failed > 0);
    assert.equal(cost(told).seconds, 2 + failed * 0.8);
    assert.equal(cost(told).runs, 3);
  });

  it('is never negative, though the clock was set back', () => {
    const told = history.map((event, index) => ({ ...event, time: new Date(1e12 - index * 1000).toISOString() }));
    const { seconds, stageSeconds } = cost(told);
    assert.ok(seconds >= 2 && Object.keys(stageSeconds).length > 0);
    for (const [stage, spent] of Object.entries(stageSeconds)) assert.ok(spent >= 0, stage);
  });
});
