import { printableValue } from '@nova/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { Navigate, Outlet, useLocation, useMatch, useParams } from 'react-router';
import { baseName } from '../elements/amounts.ts';
import { standing } from '../elements/badge.tsx';
import { Failure, Loading } from '../elements/states.tsx';
import { useSession } from '../link/session.ts';
import { useStore } from '../link/store.ts';
import { TaskFeed } from '../link/task-feed.ts';
import { callRecords } from './journal.ts';
import { StageStrip } from './stage-strip.tsx';
import { TaskActions } from './task-actions.tsx';
import type { TaskContext } from './task-context.ts';
import { TaskHeader } from './task-header.tsx';
import { TaskTabs } from './task-tabs.tsx';

/** A task's page. The address may name the task by a unique beginning of its id, or as `latest`. */
export function TaskPage() {
  const { id = '' } = useParams();
  const { client } = useSession();
  const { pathname, search } = useLocation();
  const { data, error, refetch } = useQuery({
    queryKey: ['task-id', id],
    queryFn: async () => (await client.task(id)).id,
    staleTime: id === 'latest' ? 0 : Number.POSITIVE_INFINITY,
  });
  if (error && !data) {
    return (
      <>
        <div className="page-head">
          <h1>Task {id}</h1>
        </div>
        <Failure error={error} again={() => void refetch()} />
      </>
    );
  }
  if (!data) return <Loading label="The task is being read" lines={8} />;
  if (data !== id) return <Navigate replace to={pathname.replace(`/tasks/${id}`, `/tasks/${data}`) + search} />;
  return <FollowedTask key={data} id={data} />;
}

function FollowedTask({ id }: { readonly id: string }) {
  const { client, line } = useSession();
  const feed = useMemo(() => new TaskFeed(id, client, line), [id, client, line]);
  useEffect(() => {
    const following = feed.start();
    return () => following[Symbol.dispose]();
  }, [feed]);
  // A replay shows the stages as they stood then.
  const isReplay = useMatch('/tasks/:id/replay') !== null;
  const { view, events, activities, error } = useStore(feed.snapshot);
  const records = useMemo(() => callRecords(events), [events]);
  const ended = view?.state === 'finished';
  const { data: result = null, error: resultError } = useQuery({
    queryKey: ['result', id],
    queryFn: async () => printableValue(await client.result(id)),
    enabled: ended,
    staleTime: Number.POSITIVE_INFINITY,
  });
  useEffect(() => {
    if (view) document.title = `${standing(view)} · ${baseName(view.request.repository)} · Nova`;
  }, [view]);

  if (!view) return error ? <Failure error={error} /> : <Loading label="The task is being read" lines={8} />;
  const context: TaskContext = { view, events, activities, records, result };
  return (
    <article className="task">
      <TaskHeader view={view} result={result} />
      {error && <Failure error={error} again={() => location.reload()} />}
      {resultError && <Failure error={resultError} />}
      <TaskActions view={view} records={records} />
      {!isReplay && <StageStrip view={view} />}
      <TaskTabs view={view} />
      <Outlet context={context} />
    </article>
  );
}
