import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { usableMemory } from './resources.ts';
import type { Machine } from './scheduling.ts';

/** Looks at this machine as it is now. `folder` lies where the data is. */
export async function readMachine(folder: string): Promise<Omit<Machine, 'diskWasFull'>> {
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
    memoryBytes: usableMemory(),
    freeDiskBytes: disk.bavail * disk.bsize,
    processes: { living, allowed },
  };
}

/** Empty where the kernel does not tell. */
async function text(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
