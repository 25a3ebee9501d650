import type { RecordedEvent, Result, TaskView } from '@nova/core';
import { useOutletContext } from 'react-router';
import type { TaskSnapshot } from '../link/task-feed.ts';
import type { CallRecords } from './journal.ts';

/** What the parts of a task's page share. */
export interface TaskContext {
  readonly view: TaskView;
  readonly events: readonly RecordedEvent[];
  readonly activities: TaskSnapshot['activities'];
  readonly records: CallRecords;
  /** Null until the task has ended and its Result was fetched. */
  readonly result: Result | null;
}

/** The task whose page this is. */
export function useTask(): TaskContext {
  return useOutletContext<TaskContext>();
}
