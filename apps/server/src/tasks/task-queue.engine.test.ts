import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RecordedEvent } from '@nova/core';
import { of, TaskTrial } from './task-trial.ts';

const types = (events: readonly RecordedEvent[]) => events.map((event) => event.type.replace('nova.', ''));

describe('the queue', () => {
  it('ends twenty tasks that were submitted together, each in a Result, two at a time', async () => {
    await using trial = new TaskTrial({ cores: 2 });
    const { runs, ledger } = await trial.server();
    const broken = trial.repository('shop');
    const sound = trial.repository('sound', {
      'src/cart.js': 'export const discount = (quantity) => (quantity >= 10 ? 0.9 : 1);\n',
    });
    const submitted = await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const repository = index % 5 === 0 ? broken : sound;
        const request = trial.request({ repository, testCommand: 'node --test', sandbox: 'bubblewrap' });
        return runs.submit(request, `k${index}`);
      }),
    );
    assert.equal(runs.runningCount, 20);
    for (const [index, { id }] of submitted.entries()) {
      await trial.event(id, of('nova.task.finished'));
      const { outcome, summary, code } = await runs.result(id);
      assert.equal(outcome === 'refused' ? code : outcome, index % 5 === 0 ? 'delivered' : 'tests.pass', summary);
    }
    let carried = 0;
    for (const { type, data } of await ledger.readAll({ after: 0, limit: 10_000 })) {
      if (type === 'nova.task.assigned') carried += 1;
      if (type === 'nova.task.finished') carried -= 1;
      assert.ok(carried <= 2, `${carried} tasks at once`);
      if (type === 'nova.task.waiting') assert.match(String(data['reason']), /this machine carries 2 tasks at once/);
    }
    const last = types(await trial.events(submitted.at(-1)?.id ?? ''));
    assert.equal(last.filter((type) => type === 'task.waiting').length, 1, 'a reason is recorded when it changes');
    assert.deepEqual([runs.runningCount, trial.workers()], [0, []]);
  });

  it('goes by priority and the order of coming, also with the next server', async () => {
    await using trial = new TaskTrial({ cores: 1 });
    const first = await trial.server();
    trial.holdOn();
    const repository = trial.repository('shop');
    const submit = (name: string, priority: 'low' | 'normal' | 'high' = 'normal') =>
      first.runs.submit(trial.request({ repository, priority }), name);
    const running = [await submit('a'), await submit('b')];
    for (const { id } of running) await trial.event(id, of('nova.journal.started', 'tests.run'));
    const low = await submit('low', 'low');
    const second = await submit('normal 1');
    const third = await submit('normal 2');
    const high = await submit('high', 'high');
    const waiting = await trial.event(high.id, of('nova.task.waiting'));
    assert.match(String(waiting.data['reason']), /this machine carries 2 tasks at once/);
    const paused = await first.runs.pause(third.id, { reason: 'not now', key: 'p' });
    assert.equal(paused.state, 'paused', 'who waits is out of the queue at once');

    await trial.leave();
    const { runs, ledger, board } = await trial.server();
    assert.deepEqual([(await board.get(high.id)).state, runs.runningCount], ['queued', 5]);
    await runs.resume(third.id, { settle: null, key: 'r' });
    for (const { id } of running) await runs.cancel(id, { reason: 'room', key: id });
    for (const { id } of [high, second]) await trial.event(id, of('nova.journal.started', 'tests.run'));
    for (const { id } of [high, second]) await runs.cancel(id, { reason: 'room', key: id });
    for (const { id } of [low, third]) await trial.event(id, of('nova.journal.started', 'tests.run'));
    for (const { id } of [low, third]) await runs.cancel(id, { reason: 'room', key: id });
    for (const { id } of [low, third]) await trial.event(id, of('nova.task.finished'));
    const assigned = (await ledger.readAll({ after: 0, limit: 10_000 })).filter(of('nova.task.assigned'));
    assert.deepEqual(
      assigned.slice(2, 4).map(({ data }) => data['task']),
      [high.id, second.id],
    );
    assert.deepEqual(trial.workers(), []);
  });

  it('gives a named instance to one task at a time, and lets others pass', async () => {
    await using trial = new TaskTrial({ cores: 4, memoryBytes: 2 ** 50 });
    const { runs, board } = await trial.server();
    trial.holdOn();
    const repository = trial.repository('shop');
    const one = await runs.submit(trial.request({ repository, instance: 'forge' }), 'one');
    await trial.event(one.id, of('nova.task.assigned'));
    const two = await runs.submit(trial.request({ repository, instance: 'forge' }), 'two');
    const other = await runs.submit(trial.request({ repository }), 'other');
    await trial.event(other.id, of('nova.task.assigned'));
    const waiting = await trial.event(two.id, of('nova.task.waiting'));
    assert.equal(waiting.data['reason'], `Waits for the instance forge, which carries ${one.id} now.`);
    assert.equal((await board.get(one.id)).instance, 'forge');
    assert.equal((await board.get(other.id)).instance, other.id);
    await runs.cancel(one.id, { reason: 'room', key: 'c1' });
    await trial.event(two.id, of('nova.task.assigned'));
    for (const { id } of [two, other]) await runs.cancel(id, { reason: 'enough', key: id });
    for (const { id } of [two, other]) await trial.event(id, of('nova.task.finished'));
  });
});
