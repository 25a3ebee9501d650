import type { Priority } from '@nova/core';
import type { MachineNow } from './machine.ts';
import type { Claim } from './resources.ts';

/** A task that waits to be admitted. */
export interface Waiting {
  readonly task: string;
  readonly priority: Priority;
  /** Since when it waits, in milliseconds; among equals, `order` decides. */
  readonly since: number;
  readonly order: number;
  /** The named instance it must have; null: any will do. */
  readonly instance: string | null;
  readonly claim: Claim;
}

/** A task that was admitted and has not ended. */
export interface Carried {
  readonly task: string;
  readonly instance: string | null;
  readonly claim: Claim;
}

/** What a decision looks at: the machine as it is, and what happened on it. */
export interface Room extends Pick<MachineNow, 'cores' | 'memoryBytes' | 'diskAvailableBytes' | 'processes'> {
  /** True from the moment a task stopped on a full disk until there is space again. */
  readonly diskWasFull: boolean;
}

export interface Schedule {
  /** To be carried from now on, in this order. */
  readonly admitted: readonly string[];
  /** Why each of the others waits, in words for a person; the same words as long as the cause is the same. */
  readonly reasons: ReadonlyMap<string, string>;
}

/** A priority is worth this much waiting: a higher one overtakes only who came less than that before, so nobody starves. */
const headStartMs: Readonly<Record<Priority, number>> = { low: 0, normal: 15 * 60_000, high: 60 * 60_000 };
/** Below this much free space nothing is put beside a running task, in bytes. */
export const diskFloor = 1024 ** 3;

/** How many tasks a machine carries at once: while one waits for its disk or a start, another one has the cores. */
export function tasksSideBySide(machine: Pick<Room, 'cores'>): number {
  return Math.max(2, machine.cores);
}

/**
 * Decides who is carried next. Strictly in order of priority and waiting, except that a task whose named instance is taken
 * lets others pass. A machine that carries nothing takes the first one whatever it needs: waiting would free nothing.
 */
export function schedule(waiting: readonly Waiting[], carried: readonly Carried[], machine: Room): Schedule {
  const now: Carried[] = [...carried];
  const admitted: string[] = [];
  const reasons = new Map<string, string>();
  let full: string | null = null;
  for (const next of [...waiting].sort(earlierFirst)) {
    const holder = next.instance === null ? undefined : now.find((other) => other.instance === next.instance);
    if (holder !== undefined) {
      reasons.set(next.task, `Waits for the instance ${next.instance}, which carries ${holder.task} now.`);
      continue;
    }
    // Whoever comes after one that does not fit waits behind it, or a large task would never find room.
    full ??= whatIsFull(next.claim, now, machine);
    if (full !== null) {
      reasons.set(next.task, full);
      continue;
    }
    admitted.push(next.task);
    now.push({ task: next.task, instance: next.instance, claim: next.claim });
  }
  return { admitted, reasons };
}

function earlierFirst(one: Waiting, other: Waiting): number {
  return one.since - headStartMs[one.priority] - (other.since - headStartMs[other.priority]) || one.order - other.order;
}

/** What keeps one more task from being carried; null when nothing does. */
function whatIsFull(claim: Claim, carried: readonly Carried[], machine: Room): string | null {
  const shortOfDisk = machine.diskAvailableBytes < diskFloor;
  if (shortOfDisk && machine.diskWasFull) {
    return 'Waits for disk space: a task stopped on a full disk. Free at least 1 GiB where the data folder lies, and it goes on by itself; or free less and resume the task that stopped.';
  }
  if (carried.length === 0) return null;
  const most = tasksSideBySide(machine);
  if (carried.length >= most) return `Waits its turn: this machine carries ${most} tasks at once.`;
  const memory = sum(carried, (other) => other.claim.memoryBytes);
  if (memory + claim.memoryBytes > machine.memoryBytes) {
    return `Waits for memory: running tasks may use ${inGiB(memory)} of ${inGiB(machine.memoryBytes)} GiB, and this one up to ${inGiB(claim.memoryBytes)}.`;
  }
  if (shortOfDisk) return 'Waits for disk space: less than 1 GiB is free where the data folder lies.';
  const processes = sum(carried, (other) => other.claim.processes);
  const { living, allowed } = machine.processes;
  if (living + processes + claim.processes > allowed) {
    return `Waits for processes: running tasks and everything else come too near to the ${allowed} that this machine allows.`;
  }
  return null;
}

function sum(carried: readonly Carried[], of: (task: Carried) => number): number {
  return carried.reduce((total, task) => total + of(task), 0);
}

function inGiB(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(1);
}
