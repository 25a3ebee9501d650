import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fixRequestSchema, reviewRequestSchema, type TaskState, taskStateSchema } from '@nova/core';
import { actions, whyNot } from './possible-actions.ts';

const fix = fixRequestSchema.parse({ kind: 'fix', repository: '/r', testCommand: 'npm test' });
const review = reviewRequestSchema.parse({ kind: 'review', repository: '/r' });
const call = { callId: 't/1/intake/workspace.capture/1', intent: 'Copy', state: 'finished', durationMs: 3 } as const;

function possible(state: TaskState, outcome: string | null = null, appliedAt: string | null = null, request = fix) {
  const task = { state, outcome, appliedAt, calls: [call], request };
  return actions.filter((action) => whyNot(action, task) === null);
}

describe('what a person can do with a task', () => {
  it('follows from its state', () => {
    assert.deepEqual(Object.fromEntries(taskStateSchema.options.map((state) => [state, possible(state)])), {
      queued: ['pause', 'cancel', 'fork'],
      running: ['pause', 'cancel', 'fork'],
      pausing: ['resume', 'cancel', 'fork'],
      paused: ['resume', 'cancel', 'fork'],
      cancelling: ['fork'],
      finished: ['fork'],
    });
  });

  it('is to apply a delivered change once', () => {
    assert.deepEqual(possible('finished', 'delivered'), ['apply', 'fork']);
    assert.deepEqual(possible('finished', 'delivered', '2026-01-01T00:00:00Z'), ['fork']);
    assert.deepEqual(possible('finished', 'gate-failed'), ['fork']);
  });

  it('is nothing to apply after a review', () => {
    const task = { state: 'finished', outcome: 'reviewed', appliedAt: null, calls: [call], request: review } as const;
    assert.match(whyNot('apply', task) ?? '', /review changes nothing/);
  });

  it('is no fork before a call has ended', () => {
    const task = {
      state: 'running',
      outcome: null,
      appliedAt: null,
      calls: [{ ...call, state: 'running' }],
      request: fix,
    } as const;
    assert.match(whyNot('fork', task) ?? '', /Nothing has come to its end/);
  });
});
