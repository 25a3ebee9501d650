import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { emptyFleet, type FleetView, type TaskSummary, taskRequestSchema } from '@nova/core';
import { columnsOf } from '../terminal/columns.ts';
import { fleetLines } from './fleet-page.ts';

const request = taskRequestSchema.parse({
  kind: 'fix',
  repository: '/code/漢字 app',
  testCommand: 'npm test -- --all '.repeat(9),
});
const now = Date.parse('2026-01-01T01:00:00Z');

function task(number: number, more: Partial<TaskSummary> = {}): TaskSummary {
  return {
    id: `t${String(number).padStart(8, '0')}`,
    state: 'running',
    request,
    submittedAt: '2026-01-01T00:00:00Z',
    finishedAt: null,
    stage: 'working',
    attempt: 2,
    instance: 'forge',
    origin: null,
    reason: null,
    outcome: null,
    code: null,
    findings: null,
    appliedAt: null,
    position: number,
    ...more,
  };
}

const waiting = task(2, { state: 'queued', stage: null, attempt: null, reason: 'forge carries\nanother task' });
const fleet: FleetView = {
  ...emptyFleet,
  open: [task(1), waiting],
  ended: [task(3, { state: 'finished', outcome: 'delivered', finishedAt: '2026-01-01T00:00:30Z' })],
  states: { ...emptyFleet.states, running: 1, queued: 1, finished: 1 },
  outcomes: { delivered: 1 },
};
const lines = (view: FleetView, columns: number, rows: number | null) =>
  fleetLines(view, { columns, rows, now, notice: 'a machine' }).map(stripVTControlCharacters);

describe('the page of the fleet', () => {
  it('fits every terminal, and says the most where there is room', () => {
    for (let columns = 20; columns <= 200; columns += 1) {
      for (const line of lines(fleet, columns, null)) assert.ok(columnsOf(line) <= columns, `${columns}: ${line}`);
    }
    const [head, , , titles, running, queued, ended] = lines(fleet, 160, null);
    assert.equal(head, 'Nova · 1 running, 1 queued · 1 ended (1 delivered)');
    assert.match(titles ?? '', /^TASK +STANDS +SUBMITTED +TIME +PRIORITY +INSTANCE +REPOSITORY +WHAT$/);
    assert.match(running ?? '', /^t00000001 {2}working \(attempt 2\) +2026-01-01 00:00 +1:00 h {2}normal +forge/);
    assert.match(queued ?? '', /queued/);
    assert.match(ended ?? '', /delivered .* 30\.0 s /);
    assert.match(
      lines(
        { ...fleet, open: [{ ...waiting, request: { ...request, testCommand: 'x' } } as TaskSummary] },
        160,
        null,
      )[4] ?? '',
      /x — forge carries another task$/,
    );
  });

  it('shows as many tasks as there are lines, and counts the others', () => {
    const open = Array.from({ length: 40 }, (_, index) => task(index));
    const shown = lines({ ...fleet, open, ended: [] }, 80, 20);
    assert.equal(shown.length, 20);
    assert.equal(shown.at(-1), '… and 25 more: nova tasks');
    assert.equal(lines({ ...fleet, open, ended: [] }, 80, null).length, 44);
    assert.ok(lines({ ...fleet, open }, 80, 3).length >= 3);
  });

  it('does not let a review that found errors look like one that found none', () => {
    const reviewed = (error: number) =>
      task(4, { state: 'finished', outcome: 'reviewed', findings: { error, warning: 1, info: 0 } });
    assert.match(lines({ ...fleet, open: [], ended: [reviewed(4)] }, 100, null)[4] ?? '', /reviewed, 4 errors/);
    assert.match(lines({ ...fleet, open: [], ended: [reviewed(0)] }, 100, null)[4] ?? '', /reviewed {3}/);
  });

  it('says that nothing is under way', () => {
    assert.match(lines(emptyFleet, 80, 24)[0] ?? '', /no task under way/);
  });
});
