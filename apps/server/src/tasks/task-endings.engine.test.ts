import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { assertNothingTwice, calls, of, TaskTrial } from './task-trial.ts';

const key = (name: string) => ({ key: name });

describe('a cancellation', () => {
  it('ends every process at once and the task with a Result', async () => {
    await using trial = new TaskTrial();
    const { runs } = await trial.server();
    trial.holdOn();
    const { id } = await runs.submit(trial.request({ repository: trial.repository('shop') }), 'one');
    await trial.event(id, of('nova.journal.started', 'tests.run/1'));
    await runs.cancel(id, { reason: 'wrong repository', ...key('c') });
    await trial.event(id, of('nova.task.finished'));
    const result = await runs.result(id);
    assert.deepEqual([result.outcome, result.code], ['cancelled', 'task.cancelled']);
    assert.match(result.summary, /wrong repository/);
    assert.ok(result.base, 'what was found is kept');
    assert.deepEqual(trial.workers(), []);
    const view = await (await trial.server()).board.get(id);
    assert.ok(view.calls.every((call) => call.state !== 'running'));
    assert.ok(view.stages.every((stage) => stage.finishedAt !== null));
    assert.equal(runs.runningCount, 0);
  });

  it('keeps suspects, what was tried and the repairs that passed, with their diffs', async () => {
    await using trial = new TaskTrial();
    const { runs } = await trial.server();
    const repository = trial.repository('shop');
    const { id } = await runs.submit(trial.request({ repository }), 'one');
    await trial.event(id, of('nova.journal.started', 'repair.evaluate'));
    await runs.pause(id, { reason: 'to look', ...key('p') });
    await trial.event(id, of('nova.task.paused'));
    await runs.cancel(id, { reason: 'seen enough', ...key('c') });
    await trial.event(id, of('nova.task.finished'));
    const result = await runs.result(id);
    assert.equal(result.outcome, 'cancelled');
    assert.ok(result.suspects.some(({ path }) => path === 'src/cart.js'));
    assert.ok(result.tried.candidates > 0 && !('not-run' in result.tried.verdicts));
    // Which repairs were found depends on which sandbox began first.
    assert.ok(result.alternatives.length > 0);
    for (const { diff } of result.alternatives) assert.match(diff, /^\+ {2}return quantity (>= 10|\+ 1 > 10|> 9)/m);
    assert.equal(result.change, null);
    assert.equal(execFileSync('git', ['-C', repository, 'branch', '--list', 'nova/*']).toString(), '');
    assert.deepEqual(trial.workers(), []);
  });

  it('that was wished for survives the server: the next one carries it out', async () => {
    await using trial = new TaskTrial();
    const first = await trial.server();
    trial.holdOn();
    const { id } = await first.runs.submit(trial.request({ repository: trial.repository('shop') }), 'one');
    await trial.event(id, of('nova.journal.started', 'tests.run/1'));
    // Recorded, and the server leaves before it has done anything about it.
    const cancelled = first.runs.cancel(id, { reason: 'gone', ...key('c') });
    const left = trial.event(id, of('nova.task.cancelling')).then(() => trial.leave());
    await Promise.all([cancelled.catch(() => {}), left]);
    const second = await trial.server();
    await trial.event(id, of('nova.task.finished'));
    assert.equal((await second.runs.result(id)).outcome, 'cancelled');
    assert.deepEqual(trial.workers(), []);
  });

  it('of a task that never ran ends it too', async () => {
    await using trial = new TaskTrial({ diskAvailableBytes: 0, cores: 1, memoryBytes: 1 });
    const { runs } = await trial.server();
    trial.holdOn();
    const repository = trial.repository('shop');
    await runs.submit(trial.request({ repository }), 'one');
    const { id } = await runs.submit(trial.request({ repository }), 'two');
    await trial.event(id, of('nova.task.waiting'));
    await runs.cancel(id, { reason: 'not needed', ...key('c') });
    await trial.event(id, of('nova.task.finished'));
    assert.equal((await runs.result(id)).outcome, 'cancelled');
    assert.deepEqual((await (await trial.server()).board.get(id)).stages, []);
  });
});

describe('a fork', () => {
  it('takes over what was recorded up to a call, runs nothing of it, and goes on to a branch of its own', async () => {
    await using trial = new TaskTrial();
    const { runs } = await trial.server();
    const repository = trial.repository('shop');
    const { id } = await runs.submit(trial.request({ repository }), 'one');
    await trial.event(id, of('nova.task.finished'));
    const origin = await runs.result(id);
    assert.equal(origin.outcome, 'delivered', origin.summary);
    const ended = calls(await trial.events(id), 'nova.journal.finished');
    for (const at of [`${id}/1/planning/repair.localise/1`, `${id}/1/gate/tests.run/2`, ended.at(-1) ?? '']) {
      const before = trial.marks;
      const fork = await runs.fork(id, { callId: at, ...key(`f ${at}`) });
      assert.deepEqual([fork.state, fork.origin], ['queued', { task: id, callId: at }]);
      assert.equal((await runs.fork(id, { callId: at, ...key(`f ${at}`) })).id, fork.id);
      await trial.event(fork.id, of('nova.task.finished'));
      const result = await runs.result(fork.id);
      assert.equal(result.outcome, 'delivered', `${at}: ${result.summary}`);
      assert.equal(result.change?.branch, `nova/${fork.id}`);
      assert.deepEqual(
        [result.change?.diff, result.tried, result.gate, result.cost.runs],
        [origin.change?.diff, origin.tried, origin.gate, origin.cost.runs],
      );
      const own = calls(await trial.events(fork.id), 'nova.journal.finished').map((call) => call.replace(fork.id, id));
      assert.deepEqual([...own].sort(), [...ended].sort());
      assertNothingTwice(await trial.events(fork.id));
      const again = ended.length - 1 - ended.indexOf(at);
      assert.ok(again > 5 || trial.marks - before <= again, `${trial.marks - before} runs after ${at}`);
    }
    const branches = execFileSync('git', ['-C', repository, 'branch', '--list', 'nova/*']).toString();
    assert.equal(branches.trim().split('\n').length, 4);
    await assert.rejects(runs.fork(id, { callId: `${id}/1/no/such/1`, ...key('n') }), { code: 'task.state' });
    assert.deepEqual(trial.workers(), []);
  });
});
