import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, type ServerInfo, serverInfoSchema } from '@nova/client';
import { type DataFolder, NovaError } from '@nova/core';

const patienceMs = 8_000;
const stopPatienceMs = 30_000;
const lookEveryMs = 10;

/**
 * What a server that stays has written down; null when none was left running. The process it names may be dead: a server
 * that is killed cannot take its notice away.
 */
export function serverNotice(folder: DataFolder): ServerInfo | null {
  try {
    return serverInfoSchema.parse(JSON.parse(readFileSync(folder.serverInfo, 'utf8')));
  } catch {
    return null;
  }
}

/** Waits for a process to be gone; false when it is still there after `patienceMs`. */
export async function untilGone(pid: number, patienceMs: number): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (isAlive(pid)) {
    if (performance.now() > deadline) return false;
    await delay(lookEveryMs);
  }
  return true;
}

/** Asks a server that nobody else needs to leave, and waits until it and its host are gone. */
export async function leaveServer(client: Client): Promise<void> {
  try {
    const { pid } = await client.state();
    if (await client.leave()) await untilGone(pid, patienceMs);
  } catch {
    // It is gone already, or it leaves by itself when nobody needs it.
  }
}

/** Tells a server to leave now, in good order, and waits until it and its host are gone. Rejects with `mesh.timeout`. */
export async function stopServer(client: Client, folder: DataFolder): Promise<void> {
  const { pid } = await client.state();
  try {
    process.kill(pid, 'SIGTERM');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
  if (await untilGone(pid, stopPatienceMs)) return;
  throw new NovaError(
    'mesh.timeout',
    `The server (process ${pid}) was told to leave and does not end. What was recorded is kept. Its log is ${folder.logs}/server.log.`,
  );
}

/** True while the process is there. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}
