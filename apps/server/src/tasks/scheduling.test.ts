import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Carried, diskFloor, type Room, schedule, tasksSideBySide, type Waiting } from './scheduling.ts';

const gibibyte = 1024 ** 3;
const roomy: Room = {
  cores: 4,
  memoryBytes: 64 * gibibyte,
  diskAvailableBytes: 100 * gibibyte,
  processes: { living: 200, allowed: 100_000 },
  diskWasFull: false,
};

const claim = fc.record({
  memoryBytes: fc.integer({ min: 1, max: 8 }).map((size) => size * gibibyte),
  processes: fc.integer({ min: 1, max: 4000 }),
});
const instance = fc.option(fc.constantFrom('forge', 'vaeris', 'theseus'));
const waitingTask = fc.record({
  priority: fc.constantFrom('low', 'normal', 'high'),
  since: fc.integer({ min: 0, max: 10_000_000 }),
  instance,
  claim,
});
const waitingTasks = fc
  .array(waitingTask, { maxLength: 30 })
  .map((tasks) => tasks.map((task, order): Waiting => ({ ...task, task: `t${order}`, order })));
const carriedTasks = fc
  .array(fc.record({ instance, claim }), { maxLength: 5 })
  .map((tasks) => tasks.map((task, index): Carried => ({ ...task, task: `c${index}` })))
  .filter((tasks) => {
    const named = tasks.flatMap((task) => task.instance ?? []);
    return new Set(named).size === named.length;
  });
const machine: fc.Arbitrary<Room> = fc.record({
  cores: fc.integer({ min: 1, max: 16 }),
  memoryBytes: fc.integer({ min: 1, max: 64 }).map((size) => size * gibibyte),
  diskAvailableBytes: fc.integer({ min: 0, max: 4 * gibibyte }),
  processes: fc.record({ living: fc.integer({ min: 1, max: 5000 }), allowed: fc.integer({ min: 100, max: 50_000 }) }),
  diskWasFull: fc.boolean(),
});

function waiting(task: string, changes: Partial<Waiting> = {}): Waiting {
  const none = { memoryBytes: gibibyte, processes: 10 };
  return { task, priority: 'normal', since: 0, order: 0, instance: null, claim: none, ...changes };
}

describe('the schedule', () => {
  it('admits or gives a reason, to everyone once', () => {
    fc.assert(
      fc.property(waitingTasks, carriedTasks, machine, (tasks, carried, at) => {
        const { admitted, reasons } = schedule(tasks, carried, at);
        const all = [...admitted, ...reasons.keys()].sort();
        assert.deepEqual(all, tasks.map(({ task }) => task).sort());
        for (const reason of reasons.values()) assert.match(reason, /^Waits .+\.$/);
      }),
    );
  });

  it('never carries more than the machine has, unless a task is alone', () => {
    fc.assert(
      fc.property(waitingTasks, carriedTasks, machine, (tasks, carried, at) => {
        const { admitted } = schedule(tasks, carried, at);
        if (admitted.length === 0 || carried.length + admitted.length === 1) return;
        const now = [...carried, ...tasks.filter(({ task }) => admitted.includes(task))];
        assert.ok(now.length <= tasksSideBySide(at));
        assert.ok(now.reduce((sum, { claim }) => sum + claim.memoryBytes, 0) <= at.memoryBytes);
        assert.ok(
          at.processes.living + now.reduce((sum, { claim }) => sum + claim.processes, 0) <= at.processes.allowed,
        );
        assert.ok(at.diskAvailableBytes >= diskFloor);
        const named = now.flatMap((task) => task.instance ?? []);
        assert.equal(new Set(named).size, named.length);
      }),
    );
  });

  it('takes the first one when nothing is carried, whatever it needs, so that nothing waits for ever', () => {
    fc.assert(
      fc.property(waitingTasks, machine, (tasks, at) => {
        const { admitted } = schedule(tasks, [], { ...at, diskWasFull: false });
        assert.equal(admitted.length > 0, tasks.length > 0);
      }),
    );
  });

  it('lets nobody pass whom the machine has room for, except by priority or a free instance', () => {
    fc.assert(
      fc.property(waitingTasks, carriedTasks, machine, (tasks, carried, at) => {
        const { admitted, reasons } = schedule(tasks, carried, at);
        for (const late of tasks.filter(({ task }) => admitted.includes(task))) {
          for (const early of tasks.filter(({ task }) => reasons.has(task))) {
            const overtaken = early.priority === late.priority && early.since < late.since;
            if (overtaken) assert.match(reasons.get(early.task) ?? '', /instance/);
          }
        }
      }),
    );
  });

  it('ends every task of any burst, one after another', () => {
    fc.assert(
      fc.property(waitingTasks, machine, (tasks, at) => {
        let left = tasks;
        let carried: readonly Carried[] = [];
        for (let steps = 0; left.length > 0; steps += 1) {
          assert.ok(steps <= 2 * tasks.length, 'the queue does not move');
          const { admitted } = schedule(left, carried, { ...at, diskWasFull: false });
          carried = [...carried, ...left.filter(({ task }) => admitted.includes(task))].slice(1);
          left = left.filter(({ task }) => !admitted.includes(task));
        }
      }),
    );
  });

  it('goes by priority, then by who came first', () => {
    const tasks = [
      waiting('low', { priority: 'low', order: 1 }),
      waiting('second', { order: 3 }),
      waiting('first', { order: 2 }),
      waiting('high', { priority: 'high', since: 1000, order: 4 }),
    ];
    assert.deepEqual(schedule(tasks, [], roomy).admitted, ['high', 'first', 'second', 'low']);
  });

  it('does not let a stream of urgent tasks starve one of low priority', () => {
    const hour = 3_600_000;
    const urgent = (since: number) => waiting(`u${since}`, { priority: 'high', since });
    const low = waiting('low', { priority: 'low' });
    const alone = { ...roomy, cores: 1 };
    const busy = [{ task: 'busy', instance: null, claim: low.claim }];
    assert.deepEqual(schedule([low, urgent(hour / 2)], busy, alone).admitted, [`u${hour / 2}`]);
    assert.deepEqual(schedule([low, urgent(hour + 1)], busy, alone).admitted, ['low']);
  });

  it('says what is missing', () => {
    const busy: Carried[] = [
      { task: 'tbusy', instance: 'forge', claim: { memoryBytes: 40 * gibibyte, processes: 10 } },
    ];
    const why = (task: Waiting, at: Partial<Room> = {}) =>
      schedule([task], busy, { ...roomy, ...at }).reasons.get('t') ?? 'admitted';
    assert.equal(why(waiting('t')), 'admitted');
    assert.match(why(waiting('t', { instance: 'forge' })), /the instance forge, which carries tbusy/);
    assert.match(why(waiting('t', { claim: { memoryBytes: 30 * gibibyte, processes: 1 } })), /40\.0 of 64\.0 GiB/);
    assert.match(why(waiting('t'), { diskAvailableBytes: gibibyte - 1 }), /disk space/);
    assert.match(why(waiting('t'), { diskAvailableBytes: 0, diskWasFull: true }), /stopped on a full disk/);
    assert.match(why(waiting('t'), { processes: { living: 90, allowed: 100 } }), /the 100 that this machine allows/);
  });

  it('holds everyone back after a full disk, also when nothing is carried', () => {
    const { admitted } = schedule([waiting('t')], [], { ...roomy, diskAvailableBytes: 0, diskWasFull: true });
    assert.deepEqual(admitted, []);
  });
});
