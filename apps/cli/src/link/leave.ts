import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@nova/client';

const patienceMs = 8_000;
const lookEveryMs = 10;

/** Asks a server that nobody else needs to leave, and waits until it and its host are gone. */
export async function leaveServer(client: Client): Promise<void> {
  try {
    const { pid } = await client.state();
    if (!(await client.leave())) return;
    const deadline = performance.now() + patienceMs;
    while (isAlive(pid) && performance.now() < deadline) await delay(lookEveryMs);
  } catch {
    // It is gone already, or it leaves by itself when nobody needs it.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
