import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { WatchItem } from '@nova/client';
import { eventData, type Result } from '@nova/core';
import { patiently } from '../terminal/patience.ts';
import { ask, connect, connectIfRunning, isDisconnection, ownDataFolder } from './server-link.ts';
import { untilGone } from './server-process.ts';

/** How a followed task came to stand still, or the following to its end. */
export type Ending =
  | { readonly state: 'finished'; readonly result: Result }
  | { readonly state: 'paused'; readonly reason: string }
  /** Somebody stopped the server; the task goes on with the next one. */
  | { readonly state: 'stopped' }
  /** The signal of the follower. */
  | { readonly state: 'left' };

const leavingMs = 30_000;
const handoverMs = 4_000;
const lookEveryMs = 50;

/**
 * Follows a task from its beginning to its end, across deaths of the server: a lost one is started again and the watching goes
 * on from the last event seen. Every event reaches the listener once and in order; what it does is awaited.
 */
export async function follow(
  task: string,
  listener: (item: WatchItem) => void | Promise<void>,
  signal: AbortSignal,
): Promise<Ending> {
  let position = 0;
  let paused: string | null = null;
  for (;;) {
    let server: number | null = null;
    // Outside of the try: a server that does not start is no lost line, and is not tried for ever.
    const client = await connect();
    try {
      server = (await client.state()).pid;
      for await (const item of client.watch(task, position, signal)) {
        await listener(item);
        if (item.kind !== 'event') continue;
        position = item.event.position;
        if (eventData(item.event, 'nova.task.finished')) {
          return { state: 'finished', result: await ask((current) => current.result(task)) };
        }
        const pause = eventData(item.event, 'nova.task.paused');
        paused = pause ? pause.reason : eventData(item.event, 'nova.task.resumed') ? null : paused;
      }
      if (paused !== null) return { state: 'paused', reason: paused };
    } catch (thrown) {
      if (!signal.aborted && !isDisconnection(thrown)) throw thrown;
    }
    if (signal.aborted) return { state: 'left' };
    // The stream broke off without an ending: the server is gone or leaving. Where nobody asked for that, the next one takes
    // the task up.
    if (server !== null && (await leftInOrder(server)) && !(await handedOver(signal))) return { state: 'stopped' };
  }
}

/** True when another server answers soon: `nova up` replaces one that was started on the side. */
async function handedOver(signal: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + handoverMs;
  const waiting = async () => {
    while (!signal.aborted && performance.now() < deadline) {
      if (await connectIfRunning()) return true;
      await delay(lookEveryMs);
    }
    return signal.aborted;
  };
  return patiently('the server was stopped; waiting for another one', waiting());
}

/** A server that leaves in good order takes its socket away; one that was killed cannot. */
async function leftInOrder(pid: number): Promise<boolean> {
  return (await untilGone(pid, leavingMs)) && !existsSync(ownDataFolder().serverSocket);
}
