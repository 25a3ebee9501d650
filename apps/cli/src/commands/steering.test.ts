import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type TaskSummary, taskSummarySchema } from '@nova/client';
import { resultSchema } from '@nova/core';
import { HeldTask, isRunning, printed } from '../testing/held-task.ts';

describe('steering a task from the terminal', () => {
  let held: HeldTask;
  let task: TaskSummary;

  async function look(): Promise<TaskSummary> {
    return taskSummarySchema.parse(JSON.parse((await held.run('show', task.id, '--json')).stdout));
  }

  before(async () => {
    held = new HeldTask();
    const ran = await held.run(
      'fix',
      ...held.request,
      '--detach',
      '--json',
      '--priority',
      'high',
      '--instance',
      'forge',
    );
    assert.equal(ran.code, 0, ran.stderr);
    task = taskSummarySchema.parse(JSON.parse(ran.stdout));
    await held.begun(1);
  });

  after(() => held[Symbol.dispose]());

  it('is handed in with its priority and instance, and goes on without the command', async () => {
    assert.deepEqual([task.request.priority, task.request.instance], ['high', 'forge']);
    assert.equal((await look()).state, 'running');
    const listed = JSON.parse((await held.run('tasks', '--state', 'running', '--json')).stdout) as TaskSummary[];
    assert.deepEqual(
      listed.map(({ id }) => id),
      [task.id],
    );
    assert.equal(
      (await held.run('tasks', '--state', 'finished')).stdout,
      'No task is like that. `nova tasks` lists them all.\n',
    );
    assert.match((await held.run('tasks', '--kind', 'fix')).stdout, new RegExp(`^TASK .*\\n${task.id} `));
  });

  it('goes on when a watcher leaves with Ctrl-C', async () => {
    const { child, outcome } = held.place.start(['watch', task.id.slice(0, 4)]);
    if (child.stderr) await printed(child.stderr, 'intake');
    child.kill('SIGINT');
    const ran = await outcome;
    assert.equal(ran.code, 130);
    assert.match(ran.stderr, /Stopped watching; task .* goes on/);
    assert.equal((await look()).state, 'running');
  });

  it('pauses where the running step ends, and repeats nothing afterwards', async () => {
    const pausing = held.place.start(['pause', 'latest', '--reason', 'lunch']);
    while ((await look()).state !== 'pausing');
    held.letGo();
    const paused = await pausing.outcome;
    assert.equal(paused.code, 0, paused.stderr);
    assert.match(paused.stdout, /is paused in stage environment/);
    assert.equal(held.runs.length, 1);
    assert.equal((await look()).reason, 'lunch');

    held.hold();
    const resumed = await held.run('resume', 'latest', '--detach', '--json');
    assert.equal(resumed.code, 0, resumed.stderr);
    await held.begun(2);
    const steps = JSON.parse((await held.run('replay', 'latest', '--json')).stdout) as {
      kind: string;
      begun?: number;
    }[];
    assert.ok(steps.every((moment) => moment.kind !== 'call' || moment.begun === 1));
  });

  it('ends what runs when it is paused at once', async () => {
    const [, shell = 0] = held.runs;
    assert.ok(isRunning(shell));
    const ran = await held.run('pause', 'latest', '--now', '--json');
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(taskSummarySchema.parse(JSON.parse(ran.stdout)).state, 'paused');
    assert.ok(!isRunning(shell));
  });

  it('is cancelled with everything it runs, and keeps a Result', async () => {
    await held.run('resume', 'latest', '--detach');
    await held.begun(3);
    const ran = await held.run('cancel', 'latest', '--reason', 'no longer needed', '--json');
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(resultSchema.parse(JSON.parse(ran.stdout)).outcome, 'cancelled');
    assert.ok(held.runs.every((shell) => !isRunning(shell)));
    const watched = await held.run('watch', 'latest', '--quiet');
    assert.equal(watched.code, 130);
    assert.match(watched.stdout, /cancelled · task\.cancelled/);
  });

  it('says of a task that has ended why nothing can be done any more', async () => {
    for (const command of ['pause', 'cancel']) {
      const ran = await held.run(command, 'latest');
      assert.equal(ran.code, 2, command);
      assert.match(ran.stderr, /task\.state: Task .* has ended/);
    }
    const resumed = await held.run('resume', 'latest', '--detach');
    assert.match(resumed.stdout, /has ended: cancelled/);
    const unknown = await held.run('cancel', 'nothing');
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /task\.unknown/);
  });
});
