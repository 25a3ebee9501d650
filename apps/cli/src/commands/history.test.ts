import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ReplayedCall, ReplayedMoment } from '@nova/core';
import { HeldTask, printed } from '../testing/held-task.ts';

const escapeLetter = '\u001b';

describe('what is recorded of a task', () => {
  let held: HeldTask;
  let task: string;
  let calls: readonly ReplayedCall[];

  before(async () => {
    held = new HeldTask();
    held.letGo();
    const ran = await held.run('fix', ...held.request, '--json');
    assert.equal(ran.code, 3, ran.stderr);
    task = (JSON.parse(ran.stdout) as { task: string }).task;
    const replayed = await held.run('replay', task, '--json');
    calls = (JSON.parse(replayed.stdout) as ReplayedMoment[]).filter((moment) => moment.kind === 'call');
  });

  after(() => held[Symbol.dispose]());

  it('is replayed with every step, its intent, duration and outcome, and with nothing executed', async () => {
    const runs = held.runs.length;
    const before = await held.run('show', task, '--json');
    const ran = await held.run('replay', task);
    assert.equal(ran.code, 0, ran.stderr);
    for (const call of calls) {
      const line = ran.stdout.split('\n').find((text) => text.includes(call.callId.slice(task.length + 1)));
      assert.ok(line?.includes(`${call.number}  ${call.failure ? '✗' : '✓'} ${call.intent}`), ran.stdout);
      assert.match(line ?? '', / \d+\.\d s /);
    }
    assert.match(ran.stdout, /^ +\+\d+\.\d s {2}intake$/m);
    assert.match(ran.stdout, /task submitted.*task finished: /s);
    assert.match(ran.stdout, new RegExp(`${calls.length} steps; nothing was executed`));
    assert.equal(held.runs.length, runs);
    assert.equal((await held.run('show', task, '--json')).stdout, before.stdout);
  });

  it('is replayed in its own time, faster', async () => {
    const [plain, fast] = [await held.run('replay', task), await held.run('replay', task, '--speed', '1000')];
    assert.equal(fast.code, 0, fast.stderr);
    assert.deepEqual(fast.stdout.split('\n').sort(), plain.stdout.split('\n').sort());
  });

  it('shows what the commands printed, and lets no terminal obey it', async () => {
    const ran = await held.run('logs', task);
    assert.equal(ran.code, 0, ran.stderr);
    const [heading, first] = ran.stdout.split('\n');
    const call = calls.find(({ callId }) => callId.includes('/tests.run/'));
    assert.equal(heading, `── ${call?.number} ${call?.intent}  ${call?.callId}`);
    assert.equal(first, 'printed by the tests');
    assert.ok(!ran.stdout.includes(escapeLetter));
    const raw = await held.run('logs', task, '--call', String(call?.number), '--raw');
    assert.equal(raw.stdout, `${escapeLetter}]0;title\u0007printed by the tests\r\n`);
    const json = await held.run('logs', task, '--call', String(call?.number), '--json');
    assert.deepEqual(JSON.parse(json.stdout), { callId: call?.callId, text: raw.stdout });
    for (const command of [['tasks'], ['show', task], ['replay', task], ['top', '--once']]) {
      assert.ok(!(await held.run(...command)).stdout.includes(escapeLetter), command.join(' '));
    }
  });

  it('names a step by its number, its id, and the end of its id', async () => {
    const [, call] = calls;
    assert.ok(call);
    const outputs = await Promise.all(
      [String(call.number), call.callId, call.callId.slice(task.length + 1)].map((step) =>
        held.run('logs', task, '--call', step),
      ),
    );
    assert.deepEqual(new Set(outputs.map(({ code }) => code)), new Set([0]));
    for (const step of ['0', '999', 'elsewhere']) {
      const ran = await held.run('fork', task, '--at', step);
      assert.equal(ran.code, 2);
      assert.match(ran.stderr, new RegExp(`has no step ${step}\\. Its steps are 1 to ${calls.length}`));
    }
  });

  it('shows what a step was given and what it answered', async () => {
    const call = calls.find(({ callId }) => callId.includes('/tests.run/'));
    const ran = await held.run('replay', task, '--show', String(call?.number));
    assert.equal(ran.code, 0, ran.stderr);
    const shown = JSON.parse(ran.stdout) as { callId: string; given: { tool: string }; answered: { output: object } };
    assert.deepEqual([shown.callId, shown.given.tool], [call?.callId, 'tests.run']);
    assert.ok('outputTail' in shown.answered.output || 'report' in shown.answered.output, ran.stdout);
  });

  it('is where a fork begins: what came before is taken over, and the recorded task stays as it is', async () => {
    const recorded = (await held.run('replay', task, '--json')).stdout;
    const whole = held.runs.length;
    const first = calls.find(({ callId }) => callId.includes('/tests.run/'));
    const ran = await held.run('fork', task, '--at', String(first?.number), '--json');
    assert.equal(ran.code, 3, ran.stderr);
    const forked = (JSON.parse(ran.stdout) as { task: string }).task;
    assert.notEqual(forked, task);
    assert.equal(held.runs.length - whole, whole - 1);
    assert.match((await held.run('replay', forked)).stdout, new RegExp(`task submitted: forked from ${first?.callId}`));
    assert.equal((await held.run('replay', task, '--json')).stdout, recorded);
  });

  it('prints while it grows', async () => {
    held.hold();
    const runs = held.runs.length;
    await held.run('fix', ...held.request, '--detach');
    await held.begun(runs + 1);
    const { child, outcome } = held.place.start(['logs', 'latest', '--follow']);
    if (child.stdout) await printed(child.stdout, 'printed by the tests');
    await held.run('pause', 'latest', '--now');
    const ran = await outcome;
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(ran.stdout.match(/printed by the tests/g)?.length, 1);
    const fork = await held.run('fork', 'latest', '--at', '1/environment/tests.run/1');
    assert.equal(fork.code, 2, fork.stdout + fork.stderr);
    assert.match(fork.stderr, /has no recorded outcome to start from/);
  });
});
