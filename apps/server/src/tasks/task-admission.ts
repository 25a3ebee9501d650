import { type Ids, type TaskView, toNovaError } from '@nova/core';
import { log } from '../log.ts';
import { claimOf } from './resources.ts';
import { type Carried, diskFloor, type Room, schedule, type Waiting } from './scheduling.ts';
import type { TaskLog } from './task-log.ts';

/** How often a waiting queue looks whether the machine has room again. */
const lookAgainMs = 2_000;

interface TaskAdmissionParts {
  readonly log: TaskLog;
  readonly ids: Pick<Ids, 'event'>;
  readonly machine: () => Promise<Omit<Room, 'diskWasFull'>>;
  /** Takes the task up; called once for each that is admitted. */
  readonly start: (task: string, instance: string) => void;
}

/** The queue: who waits, who is carried, and why the ones that wait do. Decisions are made by `schedule` alone. */
export class TaskAdmission implements Disposable {
  readonly #parts: TaskAdmissionParts;
  readonly #waiting = new Map<string, Waiting>();
  readonly #carried = new Map<string, Carried>();
  readonly #reasons = new Map<string, string>();
  #order = 0;
  #diskWasFull = false;
  #looking: Promise<void> | null = null;
  #lookAgain = false;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(parts: TaskAdmissionParts) {
    this.#parts = parts;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Puts a task into the queue; it is admitted or gets its reason soon after. */
  enqueue({ id: task, request, reason }: TaskView, since: number): void {
    const { priority, instance } = request;
    this.#order += 1;
    this.#waiting.set(task, { task, priority, instance, since, order: this.#order, claim: claimOf(request) });
    if (reason !== null) this.#reasons.set(task, reason);
    this.look();
  }

  /** A person says that there is space again, however little: nobody is held back for a full disk until the next one. */
  trustDisk(): void {
    this.#diskWasFull = false;
  }

  /** Takes a task out of the queue; false when it was not in it. */
  withdraw(task: string): boolean {
    this.#reasons.delete(task);
    return this.#waiting.delete(task);
  }

  /** Counts a task that was admitted before, or is only wound up, without asking whether there is room. */
  occupy({ id: task, request }: TaskView): void {
    this.#carried.set(task, { task, instance: request.instance, claim: claimOf(request) });
  }

  /** A carried task has ended or stands still. */
  free(task: string, stoppedOnFullDisk: boolean): void {
    this.#carried.delete(task);
    if (stoppedOnFullDisk) this.#diskWasFull = true;
    this.look();
  }

  /** Looks who can be admitted now, and after that again as long as somebody waits. */
  look(): void {
    if (this.#looking !== null) {
      this.#lookAgain = true;
      return;
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#closed || this.#waiting.size === 0) return;
    this.#looking = this.#decide()
      .catch((thrown: unknown) => log('error', 'queue.unseen', { ...toNovaError(thrown).toRecord() }))
      .then(() => {
        this.#looking = null;
        if (this.#lookAgain) {
          this.#lookAgain = false;
          this.look();
        } else if (this.#waiting.size > 0 && !this.#closed) {
          this.#timer = setTimeout(() => this.look(), lookAgainMs);
        }
      });
  }

  /** From now on nobody is admitted. */
  [Symbol.dispose](): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #decide(): Promise<void> {
    const machine = await this.#parts.machine();
    if (this.#closed) return;
    if (machine.diskAvailableBytes >= diskFloor) this.#diskWasFull = false;
    const { admitted, reasons } = schedule([...this.#waiting.values()], [...this.#carried.values()], {
      ...machine,
      diskWasFull: this.#diskWasFull,
    });
    for (const task of admitted) {
      const next = this.#waiting.get(task);
      if (next === undefined) continue;
      this.withdraw(task);
      this.#carried.set(task, next);
      // One that is made for this task alone is named for it.
      this.#parts.start(task, next.instance ?? task);
    }
    await this.#recordReasons(reasons);
  }

  async #recordReasons(reasons: ReadonlyMap<string, string>): Promise<void> {
    const { log, ids } = this.#parts;
    const recording: Promise<unknown>[] = [];
    for (const [task, reason] of reasons) {
      if (this.#reasons.get(task) === reason) continue;
      this.#reasons.set(task, reason);
      const event = log.event('nova.task.waiting', { task, reason });
      recording.push(log.append(task, [event], `waiting/${task}/${ids.event()}`));
    }
    await Promise.all(recording);
  }
}
