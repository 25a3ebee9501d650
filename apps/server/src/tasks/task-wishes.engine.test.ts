import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { calls, of, TaskTrial } from './task-trial.ts';

describe('any sequence of wishes', () => {
  it('leaves tasks that end in their Results, each call begun and ended once', async (context) => {
    const seed = Number(process.env['NOVA_SEED'] ?? Date.now() % 1_000_000);
    context.diagnostic(`seed ${seed}`);
    // Numerical Recipes' linear congruential generator.
    let state = seed;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    await using trial = new TaskTrial();
    const repository = trial.repository('shop');
    const { runs } = await trial.server();
    const request = trial.request({ repository, testCommand: 'node --test' });
    const ids = await Promise.all(['a', 'b', 'c'].map(async (name) => (await runs.submit(request, name)).id));
    const unlessEnded = (error: { code?: unknown }) => assert.equal(error.code, 'task.state');
    for (let wish = 0; wish < 60; wish += 1) {
      const { runs } = await trial.server();
      const id = ids[Math.floor(random() * ids.length)] ?? '';
      const kind = random();
      if (kind < 0.05) await trial.leave();
      else if (kind < 0.1) await runs.interrupt(id, 'Ctrl-C').catch(unlessEnded);
      else if (kind < 0.5) await runs.pause(id, { reason: 'random', key: `${wish}` }).catch(unlessEnded);
      else await runs.resume(id, { settle: null, key: `${wish}` }).catch(unlessEnded);
      await delay(random() * 250);
    }
    const last = await trial.server();
    for (const id of ids) await last.runs.resume(id, { settle: null, key: 'last' }).catch(unlessEnded);
    for (const id of ids) {
      await trial.event(id, of('nova.task.finished'));
      const result = await last.runs.result(id);
      assert.equal(result.outcome, 'delivered', result.summary);
      const events = await trial.events(id);
      for (const type of ['nova.journal.started', 'nova.journal.finished']) {
        assert.equal(new Set(calls(events, type)).size, calls(events, type).length, type);
      }
    }
    assert.deepEqual([last.runs.runningCount, trial.workers()], [0, []]);
  });
});
