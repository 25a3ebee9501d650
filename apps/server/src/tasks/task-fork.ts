import {
  branchDeliver,
  type EventData,
  eventData,
  type NewEvent,
  NovaError,
  type TaskView,
  taskRelease,
} from '@nova/core';
import { type Blobs, getJson, type Ledger, putJson, taskStream } from '@nova/messaging';
import { z } from 'zod';
import type { TaskLog } from './task-log.ts';
import { givenRequest, submittedRequest } from './task-request.ts';

interface TaskForkParts {
  readonly ledger: Ledger;
  readonly blobs: Blobs;
  readonly log: TaskLog;
}

/** What these did, they did for the task they come from: a fork does it for itself. */
const ownActs: readonly string[] = [branchDeliver.name, taskRelease.name];

/**
 * The first events of a fork: its submission, and every outcome that the origin had recorded by the end of `callId`, under
 * the fork's own call ids. Commits and blobs that they name stay where they are: mirrors and blobs drop nothing.
 * Rejects with `task.state` when no outcome of that call is recorded.
 */
export async function forkEvents(
  { ledger, blobs, log }: TaskForkParts,
  origin: TaskView,
  callId: string,
  task: string,
): Promise<NewEvent[]> {
  const given = await submittedRequest(blobs, await givenRequest({ ledger, blobs }, origin));
  const submitted = { task, ...given, origin: { task: origin.id, callId } };
  const events = [log.event('nova.task.submitted', submitted, null)];
  const started = new Map<string, EventData<'nova.journal.started'>>();
  /** Call ids, instances and branches carry the task's id; it is no part of anything else. */
  const rename = async (hash: string): Promise<string> => {
    const text = JSON.stringify(await getJson(blobs, hash, z.unknown()));
    return text.includes(origin.id) ? putJson(blobs, JSON.parse(text.replaceAll(origin.id, task))) : hash;
  };
  for (const event of await ledger.read(taskStream(origin.id))) {
    const start = eventData(event, 'nova.journal.started');
    if (start) started.set(start.callId, start);
    const finish = eventData(event, 'nova.journal.finished');
    const began = finish && started.get(finish.callId);
    if (!finish || !began || finish.failure?.code === 'task.cancelled') continue;
    if (!ownActs.some((name) => finish.callId.includes(`/${name}/`))) {
      const own = finish.callId.replace(origin.id, task);
      const output = finish.output && (await rename(finish.output));
      events.push(
        log.event('nova.journal.started', { ...began, task, callId: own, input: await rename(began.input) }),
        log.event('nova.journal.finished', { ...finish, task, callId: own, output }),
      );
    }
    if (finish.callId === callId) {
      // Recorded last, so that it waits to be admitted whatever the outcomes before say.
      const reason = `Takes over what ${origin.id} had recorded by the end of ${callId}.`;
      return [...events, log.event('nova.task.waiting', { task, reason })];
    }
  }
  throw new NovaError(
    'task.state',
    `Task ${origin.id} has recorded no outcome of ${callId}, so nothing can start from it. \`nova replay ${origin.id}\` shows its steps. Nothing was changed.`,
  );
}
