import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { emptyFleet, type FleetView, foldFleet, foldTask, type TaskView } from '@nova/core';
import { openSqliteLedger } from '@nova/messaging';
import fc from 'fast-check';
import { histories, readHistory } from '../../../../test/histories/read-history.ts';
import { newEvent } from '../http/place.fixture.ts';
import { systemIds } from '../ids.ts';
import { TaskBoard } from '../tasks/task-board.ts';
import { FleetBoard } from './fleet-board.ts';

interface Written {
  readonly task: string;
  readonly event: ReturnType<typeof newEvent>;
}

/** The recorded histories as new events of tasks of the given names, in whatever order the interleaving says. */
function recorded(names: readonly string[]): Written[][] {
  return names.map((task, index) =>
    readHistory(histories[index % histories.length])
      .filter(({ subject }) => subject.startsWith('task/'))
      .map(({ type, data }) => ({
        task,
        event: newEvent(type as Parameters<typeof newEvent>[0], task, { ...data, task }),
      })),
  );
}

describe('the views that a server keeps', () => {
  it('are what a fold of the whole ledger gives, whenever and however often they were looked at', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 5 }), { minLength: 150, maxLength: 250 }), async (choices) => {
        const folder = mkdtempSync(join(tmpdir(), 'nova-views-'));
        try {
          let time = Date.parse('2026-01-01T00:00:00Z');
          await using ledger = await openSqliteLedger({
            path: join(folder, 'ledger.sqlite'),
            // A clock that is set back now and then.
            clock: { now: () => (time += time % 7 === 0 ? -3_600_000 : 1_001) },
            ids: systemIds,
          });
          const fleet = new FleetBoard(ledger);
          const board = new TaskBoard(ledger);
          const streams = recorded(['ta', 'tb', 'tc', 'td']);
          for (const [n, choice] of choices.entries()) {
            const next = streams[choice]?.shift();
            if (next) await ledger.append(`task/${next.task}`, [next.event], { expectedVersion: 'any', key: `k${n}` });
            // Looks that overlap must not fold anything twice.
            if (choice === 4) await Promise.all([fleet.look(), fleet.look(), board.all()]);
            if (choice === 5) await board.all();
          }
          const events = await ledger.readAll({ after: 0, limit: 100_000 });
          const look = await fleet.look();
          assert.deepEqual(look.fleet, events.reduce<FleetView>(foldFleet, emptyFleet));
          assert.equal(look.position, events.at(-1)?.position ?? 0);
          assert.deepEqual((await new FleetBoard(ledger).look()).fleet, look.fleet);
          const tasks = new Map<string, TaskView>();
          for (const event of events) {
            const view = foldTask(tasks.get(event.subject) ?? null, event);
            if (view) tasks.set(event.subject, view);
          }
          assert.deepEqual(await board.all(), [...tasks.values()].reverse());
          assert.deepEqual(await new TaskBoard(ledger).all(), await board.all());
          const open = (await board.all()).filter(({ state }) => state !== 'finished');
          assert.deepEqual(
            look.fleet.open.map(({ id, stage }) => [id, stage]),
            open.reverse().map(({ id, stage }) => [id, stage]),
          );
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      }),
      { numRuns: 10 },
    );
  });
});
