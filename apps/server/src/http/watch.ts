import { once } from 'node:events';
import type { WatchItem } from '@nova/client';
import type { TaskView } from '@nova/core';
import type { Response } from 'express';
import type { HostLink } from '../fleet/host-link.ts';
import type { LedgerTail } from '../live/ledger-tail.ts';

interface Watched {
  readonly tail: LedgerTail;
  readonly host: Pick<HostLink, 'onActivity'>;
}

/** Streams what was recorded of a task after a position and then what happens, until it ends or pauses. */
export async function watchTask(
  { tail, host }: Watched,
  view: TaskView,
  after: number,
  response: Response,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.status(200).type('application/x-ndjson');
  response.flushHeaders();

  async function send(item: WatchItem): Promise<void> {
    if (response.destroyed || response.write(`${JSON.stringify(item)}\n`)) return;
    await once(response, 'drain', { signal: gone.signal }).catch(() => {});
  }
  // Activity passes: a watcher that reads slowly loses it, never the recorded events.
  using _activity = host.onActivity((activity) => {
    if (activity.callId.startsWith(`${view.id}/`) && !response.writableNeedDrain) {
      send({ kind: 'activity', ...activity }).catch(() => {});
    }
  });
  const standsStill = view.state === 'finished' || view.state === 'paused';
  if (standsStill && after >= view.position) {
    response.end();
    return;
  }
  for await (const events of tail.follow(`task/${view.id}`, after, gone.signal)) {
    let closed = false;
    for (const event of events) {
      await send({ kind: 'event', event });
      const closing = event.type === 'nova.task.finished' || event.type === 'nova.task.paused';
      // Whether the task stands still was known before its stream was read: what comes after is then in the stream.
      closed = standsStill ? event.position >= view.position : closing && event.position > view.position;
      if (closed) break;
    }
    if (closed) break;
  }
  response.end();
}
