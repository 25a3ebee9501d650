import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RecordedEvent } from '@nova/core';
import { assertNothingTwice, calls, of, TaskTrial } from './task-trial.ts';

const key = (name: string) => ({ key: name });
const types = (events: readonly RecordedEvent[]) => events.map((event) => event.type.replace('nova.', ''));

describe('a task', () => {
  it('is worked on as it was given, also where the record masks it, and so is its fork', async () => {
    await using trial = new TaskTrial();
    const { runs, board } = await trial.server();
    const secret = ['hunter', '2hunter2'].join('');
    const testCommand = `API_KEY=${secret} sh -c 'test "$API_KEY" = hunter"2hunter2" && ${trial.held}'`;
    const { id } = await runs.submit(trial.request({ repository: trial.repository('shop'), testCommand }), 'one');
    await trial.event(id, of('nova.task.finished'));
    const result = await runs.result(id);
    assert.equal(result.outcome, 'delivered', result.summary);
    const fork = await runs.fork(id, { callId: `${id}/1/environment/environment.prepare/1`, ...key('f') });
    await trial.event(fork.id, of('nova.task.finished'));
    assert.equal((await runs.result(fork.id)).outcome, 'delivered');
    for (const task of [id, fork.id]) {
      assert.ok(!JSON.stringify(await trial.events(task)).includes(secret));
      assert.match(JSON.stringify(await board.get(task)), /API_KEY=\[masked\]/);
    }
  });
});

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
