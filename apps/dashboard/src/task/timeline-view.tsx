import type { CallView, ReplayedCall } from '@nova/core';
import { Link } from 'react-router';
import { bytes } from '../elements/amounts.ts';
import { Prose } from '../elements/prose.tsx';
import { duration, elapsed, timeOfDay, useNow } from '../elements/time.ts';
import { nameOf } from './call-id.ts';
import type { TaskContext } from './task-context.ts';
import { type TimelineNote, type TimelineStage, timelineOf } from './timeline.ts';

type TimelineProps = Pick<TaskContext, 'view' | 'events' | 'records' | 'activities'> & {
  /** False in a replay: what ran then does not run now. */
  readonly live: boolean;
};

/** Stages with their journal entries, and what happened to the task as a whole, as one sequence. */
export function TimelineView({ view, events, records, activities, live }: TimelineProps) {
  const now = useNow(live && view.state !== 'finished' && view.state !== 'paused');
  return (
    <ol className="timeline" aria-label="Timeline">
      {timelineOf(view, events).map((entry) =>
        entry.kind === 'note' ? (
          <Note key={entry.id} note={entry} />
        ) : (
          <li key={entry.id} className="timeline-stage" data-open={entry.stage.finishedAt === null}>
            <StageHead entry={entry} />
            <ol className="calls">
              {entry.calls.map((call) => (
                <Call
                  key={call.callId}
                  task={view.id}
                  call={call}
                  record={records.get(call.callId)}
                  activity={live ? activities.get(call.callId) : undefined}
                  now={live && view.state !== 'paused' && view.state !== 'finished' ? now : null}
                />
              ))}
            </ol>
          </li>
        ),
      )}
    </ol>
  );
}

function Note({ note }: { readonly note: TimelineNote }) {
  return (
    <li className="timeline-note">
      <time className="small faint" dateTime={note.at}>
        {timeOfDay(note.at)}
      </time>
      <span className="break">{note.text}</span>
    </li>
  );
}

function StageHead({ entry: { stage } }: { readonly entry: TimelineStage }) {
  const span = stage.finishedAt === null ? null : Date.parse(stage.finishedAt) - Date.parse(stage.startedAt);
  return (
    <div className="stage-head">
      <time className="small faint" dateTime={stage.startedAt}>
        {timeOfDay(stage.startedAt)}
      </time>
      <h3>
        {stage.stage}
        {stage.attempt > 1 && <span className="faint"> attempt {stage.attempt}</span>}
      </h3>
      <span className="stage-summary break">
        <Prose>{stage.summary ?? ''}</Prose>
      </span>
      <span className="number small quiet">{span === null ? '' : duration(span)}</span>
    </div>
  );
}

interface CallProps {
  readonly task: string;
  readonly call: CallView;
  readonly record: ReplayedCall | undefined;
  readonly activity: ReturnType<TaskContext['activities']['get']>;
  readonly now: number | null;
}

const marks: Readonly<Record<CallView['state'], string>> = { running: 'running', finished: 'done', failed: 'failed' };

function Call({ task, call, record, activity, now }: CallProps) {
  const { tool } = nameOf(call.callId);
  const address = `/tasks/${task}/output?call=${encodeURIComponent(call.callId)}`;
  const standing = call.state === 'running' && now === null ? 'open' : marks[call.state];
  return (
    <li className="call" data-state={standing}>
      <span className="call-mark">{standing}</span>
      <span className="call-intent break">
        <Link to={address}>{call.intent}</Link> <code className="faint">{tool}</code>
        {(record?.begun ?? 1) > 1 && <span className="small faint"> begun {record?.begun} times</span>}
        {activity && <ActivityText activity={activity} />}
        {record?.failure && (
          <span className="call-failure small">
            {record.failure.message} <code>{record.failure.code}</code>
          </span>
        )}
      </span>
      <span className="number small quiet">
        {record && record.durationMs !== null && duration(record.durationMs)}
        {record && record.since !== null && now !== null && elapsed(now - Date.parse(record.since))}
      </span>
    </li>
  );
}

function ActivityText({ activity }: { readonly activity: NonNullable<CallProps['activity']> }) {
  const { message, done, total, outputBytes } = activity;
  return (
    <span className="activity small quiet">
      {message !== null && <span className="break">{message}</span>}
      {done !== null && total !== null && total > 0 && (
        <span>
          {done} of {total} <progress value={done} max={total} aria-label="Progress of this call" />
        </span>
      )}
      {outputBytes !== null && outputBytes > 0 && <span>{bytes(outputBytes)} printed</span>}
    </span>
  );
}
