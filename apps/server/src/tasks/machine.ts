import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { availableMemory } from 'node:process';
import type { Machine } from '@nova/client';
import { usableMemory } from './resources.ts';

/** What this machine has and has left: what people are shown, and what only the queue looks at. */
export interface MachineNow extends Machine {
  /** Processes and threads that live now, and how many the kernel allows. */
  readonly processes: { readonly living: number; readonly allowed: number };
}

/** Looks at this machine as it is now. `folder` lies where the data is. */
export async function readMachine(folder: string): Promise<MachineNow> {
  const [disk, load, limits, threads] = await Promise.all([
    statfs(folder),
    text('/proc/loadavg'),
    text('/proc/self/limits'),
    text('/proc/sys/kernel/threads-max'),
  ]);
  // The fourth field of loadavg is `running/living`, counted over processes and threads.
  const living = Number(/\/(\d+)/.exec(load)?.[1] ?? 0);
  const ownLimit = /^Max processes\s+(\d+)/m.exec(limits)?.[1];
  const allowed = Math.min(...[threads.trim(), ownLimit].map((limit) => Number(limit) || Number.POSITIVE_INFINITY));
  return {
    cores: availableParallelism(),
    load: loadavg()[0] ?? 0,
    memoryBytes: usableMemory(),
    memoryAvailableBytes: availableMemory(),
    diskBytes: disk.blocks * disk.bsize,
    diskAvailableBytes: disk.bavail * disk.bsize,
    processes: { living, allowed },
  };
}

/** Empty where the kernel does not tell. */
async function text(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
