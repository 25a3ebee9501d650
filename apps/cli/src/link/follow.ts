import type { Client } from '@nova/client';
import { eventData, NovaError, type Result, toNovaError } from '@nova/core';
import type { Progress } from '../terminal/progress.ts';
import { connect } from './server-link.ts';

/** How a followed task came to stand still. */
export type Ending =
  | { readonly state: 'finished'; readonly result: Result }
  | { readonly state: 'paused'; readonly reason: string };

/**
 * Follows a task to its end, across deaths of the server: a lost one is started again and the watching goes on from the last
 * event seen. `after` is the position to start from.
 */
export async function follow(client: Client, task: string, after: number, progress: Progress): Promise<Ending> {
  let current = client;
  let position = after;
  for (;;) {
    let paused: string | null = null;
    try {
      for await (const item of current.watch(task, position, new AbortController().signal)) {
        progress.show(item);
        if (item.kind !== 'event') continue;
        position = item.event.position;
        if (eventData(item.event, 'nova.task.finished'))
          return { state: 'finished', result: await current.result(task) };
        const pause = eventData(item.event, 'nova.task.paused');
        paused = pause ? pause.reason : eventData(item.event, 'nova.task.resumed') ? null : paused;
      }
      if (paused !== null) return { state: 'paused', reason: paused };
    } catch (thrown) {
      if (!isDisconnection(thrown)) throw thrown;
    }
    // The stream broke off without an ending: the server is gone or leaving. The next one takes the task up.
    current = await connect();
  }
}

function isDisconnection(thrown: unknown): boolean {
  if (thrown instanceof NovaError) return thrown.code === 'mesh.unreachable';
  const { code } = toNovaError(thrown);
  return code === 'internal' && /aborted|terminated|ECONNRESET|socket hang up/i.test(String(thrown));
}
