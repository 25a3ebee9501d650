import { basename } from 'node:path';
import { countOf, type TaskSummary } from '@nova/core';
import { span } from '../terminal/amounts.ts';
import type { Column } from '../terminal/table.ts';

/** What the task is about, in its own words. */
export function subjectOf({ request }: Pick<TaskSummary, 'request'>): string {
  if (request.kind === 'fix') return request.testCommand;
  return request.since === null ? 'review' : `review since ${request.since}`;
}

/** Where a task stands, in a word or two. */
export function standing(task: TaskSummary): string {
  if (hasErrors(task)) return `${task.outcome}, ${countOf(task.findings?.error ?? 0, 'error')}`;
  if (task.outcome !== null) return task.appliedAt === null ? task.outcome : `${task.outcome}, applied`;
  if (task.state !== 'running' || task.stage === null) return task.state;
  return task.attempt !== null && task.attempt > 1 ? `${task.stage} (attempt ${task.attempt})` : task.stage;
}

/** The columns of a list of tasks; the widest terminal shows them all. `now` is in milliseconds since the epoch. */
export function taskColumns(now: number): readonly Column<TaskSummary>[] {
  return [
    { title: 'TASK', width: 9, text: (task) => task.id, style: () => 'bold' },
    { title: 'STANDS', width: 20, from: 32, text: standing, style: color },
    { title: 'SUBMITTED', width: 16, from: 110, text: (task) => task.submittedAt.slice(0, 16).replace('T', ' ') },
    { title: 'TIME', width: 9, side: 'right', from: 60, text: (task) => age(task, now) },
    { title: 'PRIORITY', width: 8, from: 120, text: (task) => task.request.priority },
    { title: 'INSTANCE', width: 12, from: 100, text: (task) => task.instance ?? task.request.instance ?? '–' },
    { title: 'REPOSITORY', width: 16, from: 72, text: (task) => basename(task.request.repository) },
    { title: 'WHAT', width: null, text: about },
  ];
}

/** True for a review that found errors: that it was done says nothing of the code. */
function hasErrors({ findings }: TaskSummary): boolean {
  return (findings?.error ?? 0) > 0;
}

/** From the submission to the end, or to now. */
function age(task: TaskSummary, now: number): string {
  const end = task.finishedAt === null ? now : Date.parse(task.finishedAt);
  return span(end - Date.parse(task.submittedAt));
}

function about(task: TaskSummary): string {
  return task.reason === null ? subjectOf(task) : `${subjectOf(task)} — ${task.reason}`;
}

function color(task: TaskSummary): 'green' | 'yellow' | 'red' | 'cyan' | 'dim' {
  if (task.state === 'queued') return 'dim';
  if (task.state === 'running') return 'cyan';
  if (task.state !== 'finished') return 'yellow';
  if (hasErrors(task)) return 'red';
  return task.outcome === 'delivered' || task.outcome === 'reviewed' ? 'green' : 'red';
}
