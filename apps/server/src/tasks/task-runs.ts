import { hash } from 'node:crypto';
import {
  branchApply,
  type Clock,
  type EventData,
  type Ids,
  type NewEvent,
  NovaError,
  type Result,
  resultSchema,
  type TaskRequest,
  type TaskView,
  toNovaError,
} from '@nova/core';
import { type Blobs, getJson, type JournalBoundary, type Ledger, taskStream } from '@nova/messaging';
import type { HostLink } from '../fleet/host-link.ts';
import { log } from '../log.ts';
import type { Room } from './scheduling.ts';
import { TaskAdmission } from './task-admission.ts';
import type { TaskBoard } from './task-board.ts';
import { TaskCalls } from './task-calls.ts';
import { TaskCarrier } from './task-carrier.ts';
import { forkEvents } from './task-fork.ts';
import { TaskLog } from './task-log.ts';
import { TaskOrders } from './task-orders.ts';
import { type CallOutput, readOutput } from './task-output.ts';
import { submittedRequest } from './task-request.ts';

/** For calls that move nothing that a lease guards. */
const withoutLease = 0;

interface Running {
  readonly orders: TaskOrders;
  readonly done: Promise<void>;
}

export interface TaskRunsParts {
  readonly ledger: Ledger;
  readonly blobs: Blobs;
  readonly board: TaskBoard;
  readonly host: Pick<HostLink, 'call' | 'cancel' | 'output'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly actor: string;
  readonly machine: () => Promise<Omit<Room, 'diskWasFull'>>;
  readonly onBoundary: ((boundary: JournalBoundary) => Promise<void>) | null;
}

/** A person's answer to a call whose outcome is not known. */
export type Settlement = Pick<EventData<'nova.journal.settled'>, 'callId'> & { readonly how: 'done' | 'again' };

/**
 * What people can do with tasks. Everything that is asked for is recorded before it is done, under the key of the asking:
 * asking again with the same key changes nothing and gives the same answer. Whatever dies, the next server goes on.
 */
export class TaskRuns {
  readonly #parts: TaskRunsParts;
  readonly #log: TaskLog;
  readonly #carrier: TaskCarrier;
  readonly #admission: TaskAdmission;
  readonly #running = new Map<string, Running>();
  readonly #listeners = new Set<() => void>();
  /** Wishes about one task are dealt with one after another. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #leaving = false;

  constructor(parts: TaskRunsParts) {
    const { ledger, ids, machine } = parts;
    this.#parts = parts;
    this.#log = new TaskLog(ledger, parts.actor);
    this.#carrier = new TaskCarrier({ ...parts, log: this.#log, calls: new TaskCalls(parts.host) });
    const start = (task: string, instance: string) => this.#start(task, instance);
    this.#admission = new TaskAdmission({ log: this.#log, ids, machine, start });
  }

  /** How many tasks wait to be admitted or are carried: a server with one must stay. A paused task does not count. */
  get runningCount(): number {
    return this.#running.size + this.#admission.waitingCount;
  }

  /** Calls the listener whenever a task has begun or stopped to count. */
  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Records the task and puts it into the queue. The same key with the same request gives the same task. */
  async submit(request: TaskRequest, key: string): Promise<TaskView> {
    const { ids, blobs } = this.#parts;
    const task = ids.task(key);
    const data = { task, ...(await submittedRequest(blobs, request)), origin: null };
    return this.#submit(task, [this.#log.event('nova.task.submitted', data)], `submit/${key}`);
  }

  /**
   * A new task that takes over the recorded outcomes of this one up to and including a call, and goes on from there. Rejects
   * with `task.state` when no outcome of the call is recorded.
   */
  async fork(id: string, { callId, key }: { callId: string; key: string }): Promise<TaskView> {
    const { board, ids, ledger, blobs } = this.#parts;
    const origin = await board.get(id);
    const task = ids.task(`fork/${key}`);
    const events = await forkEvents({ ledger, blobs, log: this.#log }, origin, callId, task);
    return this.#submit(task, events, `fork/${key}`);
  }

  /** Takes up every task that has not ended and is not paused, as a server left it. */
  async resumeUnfinished(): Promise<void> {
    // Oldest first: the queue keeps the order in which tasks came.
    for (const view of (await this.#parts.board.all()).reverse()) {
      if (view.state === 'queued') this.#admission.enqueue(view, Date.parse(view.submittedAt));
      else if (view.state !== 'finished' && view.state !== 'paused') this.#takeUp(view);
    }
  }

  /**
   * Records the wish and returns at once. What runs is brought to its end and recorded; before the next journal entry the task
   * pauses, and its sandboxes stay as they are.
   */
  pause(id: string, { reason, key }: { reason: string; key: string }): Promise<TaskView> {
    return this.#wish(id, async (view) => {
      const task = view.id;
      const events = [this.#log.event('nova.task.pausing', { task, reason })];
      if (view.state === 'paused') return;
      if (!(await this.#recordWish(view, events, `pause/${key}`))) return;
      const pausing = await this.#onceSettled(task, (orders) => {
        orders.pausing = reason;
      });
      if (!this.#running.has(task) && pausing.state === 'pausing') await this.#recordPaused(task, reason);
    });
  }

  /** Ends what a task runs, pauses it and resolves when both is done; what was ended runs again when it is resumed. */
  interrupt(id: string, reason: string): Promise<TaskView> {
    return this.#wish(id, async ({ id: task, state }) => {
      if (state === 'finished' || state === 'cancelling') throw tooLate(task, state);
      const running = this.#running.get(task);
      if (running) {
        running.orders.end(new NovaError('task.paused', reason));
        await running.done;
      } else if (state !== 'paused') await this.#recordPaused(task, reason);
    });
  }

  /** Goes on with a task that is paused or pausing. `settle` answers what happened to a call whose outcome is unknown. */
  resume(id: string, { settle, key }: { settle: Settlement | null; key: string }): Promise<TaskView> {
    return this.#wish(id, async (view) => {
      const task = view.id;
      const events = [this.#log.event('nova.task.resumed', { task })];
      if (settle) events.unshift(this.#log.event('nova.journal.settled', { task, ...settle }));
      // Known first: an old wish that is repeated must not undo a newer pause.
      if (await this.#log.isRecorded(task, events, ledgerKey(task, `resume/${key}`))) return;
      const now = await this.#onceSettled(task, (orders) => {
        orders.pausing = null;
      });
      // Somebody was quicker: it goes on already.
      if (now.state === 'queued' || now.state === 'running') return;
      if (!(await this.#recordWish(now, events, `resume/${key}`))) return;
      if (this.#running.has(task)) {
        await this.#recordAssigned(task, view.instance ?? task);
      } else {
        this.#admission.trustDisk();
        this.#admission.enqueue(await this.#parts.board.get(task), this.#parts.clock.now());
        this.#changed();
      }
    });
  }

  /** Records the wish and returns at once. Every process is ended, and the task ends with a Result of what was found. */
  cancel(id: string, { reason, key }: { reason: string; key: string }): Promise<TaskView> {
    return this.#wish(id, async (view) => {
      const task = view.id;
      const events = [this.#log.event('nova.task.cancelling', { task, reason })];
      if (view.state === 'cancelling') return;
      if (!(await this.#recordWish(view, events, `cancel/${key}`))) return;
      const running = this.#running.get(task);
      running?.orders.end(new NovaError('task.cancelled', reason));
      // One that came to a stop at this very moment has not seen it.
      const end = async () => {
        const now = await this.#parts.board.get(task);
        this.#admission.withdraw(task);
        if (now.state === 'cancelling') this.#takeUp(now);
      };
      if (running) void running.done.then(end).catch(() => {});
      else await end();
    });
  }

  /** Merges a delivered branch into the person's checkout, on request only. */
  async apply(id: string, { key }: { key: string }): Promise<{ how: string; head: string }> {
    const { board, host } = this.#parts;
    const view = await board.get(id);
    const result = await this.result(view.id);
    if (!result.change || !result.base) {
      throw new NovaError(
        'task.state',
        `Task ${view.id} delivered nothing (${result.outcome}); there is nothing to apply.`,
      );
    }
    const input = {
      task: view.id,
      repository: result.repository,
      branch: result.change.branch,
      commit: result.change.commit,
      base: result.base.commit,
      dirty: result.base.dirty,
    };
    // The host keeps the outcome under the call's id, so the same key applies once.
    const callId = `${view.id}/apply/${hash('sha256', key).slice(0, 32)}`;
    const signal = new AbortController().signal;
    const { output } = await host.call(branchApply, input, { callId, sandbox: null, leaseToken: withoutLease, signal });
    const event = this.#log.event('nova.task.applied', { task: view.id, how: output.how, head: output.head });
    await this.#log.append(view.id, [event], `apply/${view.id}/${key}`);
    return output;
  }

  /** Rejects with `task.state` while the task has not ended. */
  async result(id: string): Promise<Result> {
    const view = await this.#parts.board.get(id);
    if (view.result === null) {
      throw new NovaError('task.state', `Task ${view.id} is ${view.state}; it has no Result yet.`);
    }
    return getJson(this.#parts.blobs, view.result, resultSchema);
  }

  /** What the commands of a call print, from a byte offset, also while it runs. */
  output(id: string, callId: string, offset: number, length: number): Promise<CallOutput> {
    return readOutput(this.#parts, id, callId, offset, length);
  }

  /** Lets go of every task, for a server that leaves; they go on with the next server. */
  async stopAll(): Promise<void> {
    this.#leaving = true;
    this.#admission[Symbol.dispose]();
    for (const { orders } of this.#running.values()) orders.leave();
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  async #submit(task: string, events: readonly NewEvent[], key: string): Promise<TaskView> {
    const { ledger, board } = this.#parts;
    const { repeated } = await ledger.append(taskStream(task), events, { expectedVersion: 0, key });
    const view = await board.get(task);
    if (!repeated && view.state === 'queued') {
      this.#admission.enqueue(view, Date.parse(view.submittedAt));
      this.#changed();
    }
    return view;
  }

  /** Takes a task up that was admitted before, or that is only to be ended. */
  #takeUp(view: TaskView): void {
    this.#admission.occupy(view);
    this.#start(view.id, null);
    const running = this.#running.get(view.id);
    if (running && view.state === 'pausing') running.orders.pausing = view.reason ?? '';
  }

  /** `instance` is recorded when the task was admitted just now. */
  #start(task: string, instance: string | null): void {
    if (this.#leaving || this.#running.has(task)) return;
    const orders = new TaskOrders();
    const carry = async (): Promise<void> => {
      let stopped: string | null = null;
      try {
        if (instance !== null) await this.#recordAssigned(task, instance);
        stopped = await this.#carrier.carry(task, orders);
      } catch (thrown) {
        const error = toNovaError(thrown);
        stopped = error.code;
        log('error', 'task.not_carried', { task, ...error.toRecord() });
      }
      this.#running.delete(task);
      this.#admission.free(task, stopped === 'disk.full');
      this.#changed();
    };
    this.#running.set(task, { orders, done: carry() });
  }

  /** Does something about one task after everything that was asked about it before; resolves with the task as it is then. */
  async #wish(id: string, work: (view: TaskView) => Promise<void>): Promise<TaskView> {
    const { board } = this.#parts;
    const { id: task } = await board.get(id);
    const turn = (this.#turns.get(task) ?? Promise.resolve()).then(async () => {
      await work(await board.get(task));
      return board.get(task);
    });
    const settled = turn.catch(() => {});
    this.#turns.set(task, settled);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(task) === settled) this.#turns.delete(task);
    }
  }

  /** Records a wish under its key; false when it stood there already. Rejects with `task.state` when it comes too late. */
  async #recordWish({ id: task, state }: TaskView, events: readonly NewEvent[], key: string): Promise<boolean> {
    if (state === 'finished' || state === 'cancelling') {
      if (await this.#log.isRecorded(task, events, ledgerKey(task, key))) return false;
      throw tooLate(task, state);
    }
    return !(await this.#log.append(task, events, ledgerKey(task, key))).repeated;
  }

  /** Gives an order to a task that is carried, once a pause that is being recorded stands; resolves with the task as it is then. */
  async #onceSettled(task: string, order: (orders: TaskOrders) => void): Promise<TaskView> {
    for (;;) {
      const view = await this.#parts.board.get(task);
      const running = this.#running.get(task);
      if (!running?.orders.pauseIsSettled) {
        // At once: whoever carries it looks between any two awaits.
        if (running) order(running.orders);
        return view;
      }
      await running.done;
    }
  }

  async #recordPaused(task: string, reason: string): Promise<void> {
    this.#admission.withdraw(task);
    const event = this.#log.event('nova.task.paused', { task, reason });
    await this.#log.append(task, [event], `paused/${task}/${this.#parts.ids.event()}`);
    this.#changed();
  }

  async #recordAssigned(task: string, instance: string): Promise<void> {
    const event = this.#log.event('nova.task.assigned', { task, instance });
    await this.#log.append(task, [event], `assigned/${task}/${this.#parts.ids.event()}`);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function ledgerKey(task: string, key: string): string {
  return `${task}/${key}`;
}

function tooLate(task: string, state: string): NovaError {
  return new NovaError(
    'task.state',
    state === 'finished'
      ? `Task ${task} has ended. \`nova show ${task}\` prints its Result.`
      : `Task ${task} is being cancelled; that cannot be taken back.`,
  );
}
