import type { Result, TaskView } from '@nova/core';
import { Link } from 'react-router';
import { baseName } from '../elements/amounts.ts';
import { findingWords, TaskBadge } from '../elements/badge.tsx';
import { Prose } from '../elements/prose.tsx';
import { dayAndTime, elapsed, useNow } from '../elements/time.ts';
import { asked } from '../tasks/task-lines.tsx';

/** What the task is, how it stands and, when it has ended, what came of it. */
export function TaskHeader({ view, result }: { readonly view: TaskView; readonly result: Result | null }) {
  const { request } = view;
  const now = useNow(view.finishedAt === null);
  const until = view.finishedAt === null ? now : Date.parse(view.finishedAt);
  return (
    <header className="task-header">
      <div className="task-title">
        <h1>{baseName(request.repository)}</h1>
        <code className="break">{asked(view)}</code>
        <TaskBadge task={view} />
        {view.findings !== null && <span className="small quiet">{findingWords(view)}</span>}
      </div>
      <p className="task-facts small quiet">
        <span>
          {request.kind} <code>{view.id}</code>
        </span>
        <span className="break">{request.repository}</span>
        {view.instance !== null && view.instance !== view.id && <span>instance {view.instance}</span>}
        {request.priority !== 'normal' && <span>{request.priority} priority</span>}
        {view.origin !== null && (
          <span>
            forked from <Link to={`/tasks/${view.origin.task}`}>{view.origin.task}</Link>
          </span>
        )}
        <span>handed in {dayAndTime(view.submittedAt)}</span>
        <span>{elapsed(until - Date.parse(view.submittedAt))}</span>
      </p>
      {view.reason !== null && (
        <p className="task-why break" data-state={view.state}>
          {view.reason}
        </p>
      )}
      {result && (
        <div className="task-summary">
          <p className="break">
            <Prose>{result.summary}</Prose>
          </p>
          <p className="small quiet break">
            {view.appliedAt === null ? (
              <Prose>{result.next}</Prose>
            ) : (
              `Applied ${dayAndTime(view.appliedAt)}; nothing is left to do.`
            )}
          </p>
        </div>
      )}
    </header>
  );
}
