import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { TaskSummary, WatchItem } from '@nova/client';
import { NovaError, type TaskView, taskRequestSchema } from '@nova/core';
import { type Ledger, taskStream } from '@nova/messaging';
import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { HostLink } from '../fleet/host-link.ts';
import type { TaskBoard } from '../tasks/task-board.ts';
import type { TaskRuns } from '../tasks/task-runs.ts';

interface TaskRoutes {
  readonly board: TaskBoard;
  readonly runs: TaskRuns;
  readonly ledger: Ledger;
  readonly host: HostLink;
}

const pauseBody = z.object({ reason: z.string().max(500).default('A person asked for it.') });
const resumeBody = z.object({
  settle: z
    .object({ callId: z.string(), how: z.enum(['done', 'again']) })
    .nullable()
    .default(null),
});
const watchQuery = z.object({ after: z.coerce.number().int().nonnegative().default(0) });

/** Tasks over HTTP: parse, hand on, answer. */
export function taskRoutes(parts: TaskRoutes): Router {
  const { board, runs } = parts;
  const router = Router();
  router.post('/tasks', async (request, response) => {
    const key = request.get('idempotency-key');
    if (!key) throw new NovaError('usage.invalid', 'A submission needs an Idempotency-Key header.');
    const view = await runs.submit(taskRequestSchema.parse(request.body), key);
    response.status(202).json(summary(view));
  });
  router.get('/tasks', async (_request, response) => {
    const tasks = (await board.all()).map(summary);
    response.json({ tasks, next: null, total: tasks.length });
  });
  router.get('/tasks/:id', async (request, response) => {
    response.json(summary(await board.get(request.params.id)));
  });
  router.get('/tasks/:id/result', async (request, response) => {
    response.json(await runs.result(request.params.id));
  });
  router.post('/tasks/:id/interrupt', async (request, response) => {
    const { reason } = pauseBody.parse(request.body ?? {});
    response.json(summary(await runs.interrupt(request.params.id, reason)));
  });
  router.post('/tasks/:id/resume', async (request, response) => {
    const { settle } = resumeBody.parse(request.body ?? {});
    response.json(summary(await runs.resume(request.params.id, { settle, key: keyOf(request) })));
  });
  router.post('/tasks/:id/apply', async (request, response) => {
    response.json(await runs.apply(request.params.id, { key: keyOf(request) }));
  });
  router.get('/tasks/:id/watch', async (request, response) => {
    const { after } = watchQuery.parse(request.query);
    await watch(parts, await board.get(request.params.id), after, response);
  });
  return router;
}

function keyOf(request: Request): string {
  return request.get('idempotency-key') ?? randomUUID();
}

/** Streams what was recorded of a task after a position and then what happens, until it ends or pauses. */
async function watch(parts: TaskRoutes, view: TaskView, after: number, response: Response): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.status(200).type('application/x-ndjson');
  response.flushHeaders();

  async function send(item: WatchItem): Promise<void> {
    if (response.destroyed || response.write(`${JSON.stringify(item)}\n`)) return;
    await once(response, 'drain', { signal: gone.signal }).catch(() => {});
  }
  // Activity passes: a watcher that reads slowly loses it, never the recorded events.
  using _activity = parts.host.onActivity((activity) => {
    if (activity.callId.startsWith(`${view.id}/`) && !response.writableNeedDrain) {
      send({ kind: 'activity', ...activity }).catch(() => {});
    }
  });
  // Whether the task stands still is known before the stream is read: what comes after is then in the stream.
  const standsStill = view.state === 'finished' || view.state === 'paused';
  if (standsStill) {
    for (const event of await parts.ledger.read(taskStream(view.id))) {
      if (event.position > after) await send({ kind: 'event', event });
    }
  } else {
    for await (const event of parts.ledger.subscribe({ after, signal: gone.signal })) {
      if (event.subject !== taskStream(view.id)) continue;
      await send({ kind: 'event', event });
      const closing = event.type === 'nova.task.finished' || event.type === 'nova.task.paused';
      if (closing && event.position > view.position) break;
    }
  }
  response.end();
}

function summary(view: TaskView): TaskSummary {
  const { submission: _submission, stages: _stages, calls: _calls, result: _result, ...summary } = view;
  return summary;
}
