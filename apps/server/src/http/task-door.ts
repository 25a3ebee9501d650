import type { Settle } from '@nova/client';
import { NovaError, type Result, type TaskRequest, type TaskView } from '@nova/core';
import type { TaskRuns } from '../tasks/task-runs.ts';

interface Keyed {
  /** Repeating with the same key changes nothing and gives the same answer. */
  readonly key: string;
}

interface Reasoned extends Keyed {
  readonly reason: string;
}

/** What the API asks of whoever carries the tasks. Every method rejects with a `NovaError`. */
export interface TaskDoor {
  submit(request: TaskRequest, key: string): Promise<TaskView>;
  pause(id: string, options: Reasoned): Promise<TaskView>;
  interrupt(id: string, reason: string): Promise<TaskView>;
  resume(id: string, options: Keyed & { readonly settle: Settle | null }): Promise<TaskView>;
  cancel(id: string, options: Reasoned): Promise<TaskView>;
  fork(id: string, options: Keyed & { readonly callId: string }): Promise<TaskView>;
  apply(id: string, options: Keyed): Promise<{ readonly how: string; readonly head: string }>;
  result(id: string): Promise<Result>;
  output(
    id: string,
    callId: string,
    offset: number,
    length: number,
  ): Promise<{ readonly bytes: Uint8Array; readonly size: number; readonly ended: boolean }>;
}

/** What stands today of the door. */
export function doorOf(runs: TaskRuns): TaskDoor {
  const notBuilt = async (): Promise<never> => {
    throw new NovaError('usage.invalid', 'This is not built yet. Nothing was done.');
  };
  return {
    submit: (request, key) => runs.submit(request, key),
    interrupt: (id, reason) => runs.pause(id, reason),
    resume: (id, { settle }) => runs.resume(id, settle),
    apply: (id) => runs.apply(id),
    result: (id) => runs.result(id),
    pause: notBuilt,
    cancel: notBuilt,
    fork: notBuilt,
    output: notBuilt,
  };
}
