import type { TaskSummary } from '@nova/client';
import { NovaError, type TaskState } from '@nova/core';
import { patiently } from '../terminal/patience.ts';
import { follow } from './follow.ts';
import { ask } from './server-link.ts';

/** Waits until the task is in one of these states; null when the person pressed Ctrl-C meanwhile. */
export async function untilState(
  task: TaskSummary,
  states: readonly TaskState[],
  waitingFor: string,
): Promise<TaskSummary | null> {
  if (states.includes(task.state)) return task;
  const leaving = new AbortController();
  const leave = () => leaving.abort();
  process.once('SIGINT', leave);
  process.once('SIGTERM', leave);
  try {
    for (;;) {
      const ending = await patiently(
        waitingFor,
        follow(task.id, () => {}, leaving.signal),
      );
      if (ending.state === 'left') return null;
      if (ending.state === 'stopped') {
        throw new NovaError(
          'mesh.unreachable',
          `The server was stopped meanwhile. What was asked of task ${task.id} is recorded, and the next server takes it up: nova watch ${task.id}`,
        );
      }
      const current = await ask((client) => client.task(task.id));
      if (states.includes(current.state)) return current;
    }
  } finally {
    process.off('SIGINT', leave);
    process.off('SIGTERM', leave);
  }
}
