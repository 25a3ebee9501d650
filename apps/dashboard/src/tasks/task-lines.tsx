import type { TaskSummary } from '@nova/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { baseName } from '../elements/amounts.ts';
import { findingWords, TaskBadge } from '../elements/badge.tsx';
import { ago, elapsed } from '../elements/time.ts';
import { StageRail } from './stage-rail.tsx';

interface TaskLinesProps {
  readonly label: string;
  readonly tasks: readonly TaskSummary[];
  readonly now: number;
}

/** Tasks, one a line: what it is, how far it is, how it stands and why. */
export function TaskLines({ label, tasks, now }: TaskLinesProps) {
  return (
    <ul className="task-lines" aria-label={label}>
      {tasks.map((task) => (
        <li key={task.id} className="task-line">
          <TaskName task={task} />
          <span className="task-stage">
            <StageRail task={task} />
            <span className="small quiet">{stageText(task)}</span>
          </span>
          <span className="task-standing">
            <TaskBadge task={task} /> <span className="small quiet finding-words">{findingWords(task)}</span>
          </span>
          <span className="task-time small quiet">{timeText(task, now)}</span>
          {task.reason !== null && <span className="task-reason small quiet break">{task.reason}</span>}
        </li>
      ))}
    </ul>
  );
}

/** What a task is about: its repository and what was asked, linked to its page. */
export function TaskName({ task }: { readonly task: TaskSummary }): ReactNode {
  const { request } = task;
  return (
    <span className="task-name">
      <Link to={`/tasks/${task.id}`} title={request.repository}>
        {baseName(request.repository)}
      </Link>{' '}
      <code className="quiet">{asked(task)}</code>
      <span className="small faint task-id">
        {task.id}
        {task.instance !== null && task.instance !== task.id && ` on ${task.instance}`}
      </span>
    </span>
  );
}

/** What was asked for, in a few words. */
export function asked({ request }: Pick<TaskSummary, 'request'>): string {
  if (request.kind === 'fix') return request.testCommand;
  return request.since === null ? 'review everything' : `review since ${request.since}`;
}

function stageText(task: TaskSummary): string {
  if (task.stage === null) return task.state === 'queued' ? 'not begun' : '';
  return (task.attempt ?? 1) > 1 ? `${task.stage}, attempt ${task.attempt}` : task.stage;
}

function timeText(task: TaskSummary, now: number): string {
  if (task.finishedAt !== null) return ago(task.finishedAt, now);
  return elapsed(now - Date.parse(task.submittedAt));
}
