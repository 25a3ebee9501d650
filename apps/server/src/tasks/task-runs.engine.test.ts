import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { RecordedEvent } from '@nova/core';
import { of, TaskTrial } from './task-trial.ts';

const key = (name: string) => ({ key: name });
const types = (events: readonly RecordedEvent[]) => events.map((event) => event.type.replace('nova.', ''));

/** Call ids of entries, in order; a call that was repeated would be there twice, or be settled. */
function calls(events: readonly RecordedEvent[], type: string): string[] {
  return events.filter((event) => event.type === type).map((event) => String(event.data['callId']));
}

function assertNothingTwice(events: readonly RecordedEvent[]): void {
  const started = calls(events, 'nova.journal.started');
  assert.deepEqual([...new Set(started)], started);
  assert.deepEqual([...started].sort(), calls(events, 'nova.journal.finished').sort());
  assert.deepEqual(calls(events, 'nova.journal.settled'), []);
}

describe('a pause', () => {
  it('lets the running call end, stops before the next entry, keeps the sandbox, and nothing runs twice', async () => {
    await using trial = new TaskTrial();
    const { runs, host } = await trial.server();
    trial.holdOn();
    const { id } = await runs.submit(trial.request({ repository: trial.repository('shop') }), 'one');
    const running = await trial.event(id, of('nova.journal.started', 'tests.run/1'));
    const callId = String(running.data['callId']);
    for (;;) {
      const { bytes, ended } = await runs.output(id, callId, 0, 100);
      assert.equal(ended, false);
      if (Buffer.from(bytes).toString() === 'begun\n') break;
    }
    const pausing = await runs.pause(id, { reason: 'lunch', ...key('p') });
    assert.deepEqual([pausing.state, pausing.reason], ['pausing', 'lunch']);
    assert.equal(runs.runningCount, 1);
    trial.letGo();
    const paused = await trial.event(id, of('nova.task.paused'));
    const asked = await trial.event(id, of('nova.task.pausing'));
    const after = (await trial.events(id)).filter((event) => event.position > asked.position);
    assert.deepEqual(types(after), ['journal.finished', 'task.paused']);
    assert.equal(paused.data['reason'], 'lunch');
    assert.notDeepEqual(trial.workers(), [], 'the sandbox has stayed');
    assert.equal(runs.runningCount, 0);
    assert.match(Buffer.from((await runs.output(id, callId, 6, 1000)).bytes).toString(), /^(?!begun)/);

    const resumed = await runs.resume(id, { settle: null, ...key('r') });
    assert.equal(resumed.state, 'queued');
    await trial.event(id, of('nova.task.finished'));
    const result = await runs.result(id);
    assert.equal(result.outcome, 'delivered', result.summary);
    assertNothingTwice(await trial.events(id));
    assert.deepEqual(trial.workers(), []);
    const kept = await runs.output(id, callId, 0, 5);
    assert.deepEqual([Buffer.from(kept.bytes).toString(), kept.ended], ['begun', true], 'now it comes from the blob');
    assert.equal(await host.output(callId, 0, 5), null);
    await assert.rejects(runs.output(id, `${id}/no/such/call`, 0, 5), { code: 'task.unknown' });
  });

  it('is taken back by a resume that comes before it is complete', async () => {
    await using trial = new TaskTrial();
    const { runs } = await trial.server();
    trial.holdOn();
    const { id } = await runs.submit(trial.request({ repository: trial.repository('shop') }), 'one');
    await trial.event(id, of('nova.journal.started', 'tests.run/1'));
    await runs.pause(id, { reason: 'no', ...key('p') });
    assert.equal((await runs.resume(id, { settle: null, ...key('r') })).state, 'running');
    trial.letGo();
    await trial.event(id, of('nova.task.finished'));
    const events = await trial.events(id);
    assert.ok(!types(events).includes('task.paused'));
    assertNothingTwice(events);
  });

  it('that was wished for survives the server: the next one lets the call end and pauses', async () => {
    await using trial = new TaskTrial();
    const first = await trial.server();
    trial.holdOn();
    const { id } = await first.runs.submit(trial.request({ repository: trial.repository('shop') }), 'one');
    await trial.event(id, of('nova.journal.started', 'tests.run/1'));
    await first.runs.pause(id, { reason: 'night', ...key('p') });
    await trial.leave();
    const second = await trial.server();
    assert.equal((await second.board.get(id)).state, 'pausing');
    trial.letGo();
    await trial.event(id, of('nova.task.paused'));
    const begun = await trial.events(id);
    assert.deepEqual(calls(begun, 'nova.journal.started'), calls(begun, 'nova.journal.finished'));
    assert.equal(trial.marks, 1, 'the command went on and was attached to');

    await trial.leave();
    const third = await trial.server();
    assert.deepEqual([(await third.board.get(id)).state, third.runs.runningCount], ['paused', 0]);
    await third.runs.resume(id, { settle: null, ...key('r') });
    await trial.event(id, of('nova.task.finished'));
    assert.equal((await third.runs.result(id)).outcome, 'delivered');
  });

  it('by Ctrl-C ends what runs and resolves when that is done; it runs again after', async () => {
    await using trial = new TaskTrial();
    const { runs } = await trial.server();
    trial.holdOn();
    const { id } = await runs.submit(trial.request({ repository: trial.repository('shop') }), 'one');
    await trial.event(id, of('nova.journal.started', 'tests.run/1'));
    assert.equal((await runs.interrupt(id, 'Ctrl-C')).state, 'paused');
    assert.deepEqual(trial.workers(), []);
    trial.letGo();
    await runs.resume(id, { settle: null, ...key('r') });
    await trial.event(id, of('nova.task.finished'));
    assert.equal((await runs.result(id)).outcome, 'delivered');
  });
});

describe('a wish', () => {
  it('that is repeated with its key changes nothing and gives the same answer', async () => {
    await using trial = new TaskTrial();
    const { runs } = await trial.server();
    trial.holdOn();
    const { id } = await runs.submit(trial.request({ repository: trial.repository('shop') }), 'one');
    await trial.event(id, of('nova.journal.started', 'tests.run/1'));
    const pause = { reason: 'once', ...key('p') };
    await Promise.all([runs.pause(id, pause), runs.pause(id, pause), runs.pause(id, pause)]);
    await assert.rejects(runs.pause(id, { reason: 'another', ...key('p') }), { code: 'ledger.key_reused' });
    const resume = { settle: null, ...key('r') };
    await runs.resume(id, resume);
    await runs.pause(id, pause);
    assert.equal((await runs.resume(id, resume)).state, 'running', 'an old pause is not carried out again');
    const cancel = { reason: 'enough', ...key('c') };
    assert.equal((await runs.cancel(id, cancel)).state, 'cancelling');
    await assert.rejects(runs.pause(id, { reason: 'late', ...key('p2') }), { code: 'task.state' });
    await trial.event(id, of('nova.task.finished'));
    assert.equal((await runs.cancel(id, cancel)).state, 'finished');
    assert.equal((await runs.pause(id, pause)).state, 'finished');
    await assert.rejects(runs.cancel(id, { reason: 'again', ...key('c2') }), { code: 'task.state' });
    const count = (type: string, events: readonly RecordedEvent[]) =>
      types(events).filter((each) => each === type).length;
    const events = await trial.events(id);
    for (const type of ['task.pausing', 'task.resumed', 'task.cancelling', 'task.finished']) {
      assert.equal(count(type, events), 1, type);
    }
  });
});

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
    const right = result.alternatives.find(({ diff }) => diff.includes('>= 10'));
    assert.ok(right, JSON.stringify(result.alternatives));
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
    await using trial = new TaskTrial({ freeDiskBytes: 0, cores: 1, memoryBytes: 1 });
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
