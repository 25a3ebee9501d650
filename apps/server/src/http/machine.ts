import { statfs } from 'node:fs/promises';
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os';
import type { Machine } from '@nova/client';

/** What this machine has and has left, with the disk that the folder lies on. */
export async function readMachine(folder: string): Promise<Machine> {
  const disk = await statfs(folder);
  return {
    cores: availableParallelism(),
    load: loadavg()[0] ?? 0,
    memoryBytes: totalmem(),
    memoryAvailableBytes: freemem(),
    diskBytes: disk.blocks * disk.bsize,
    diskAvailableBytes: disk.bavail * disk.bsize,
  };
}
