import type { Settle } from '@nova/client';
import type { Result, TaskRequest, TaskView } from '@nova/core';

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
