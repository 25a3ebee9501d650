import { printableValue, taskStateSchema } from '@nova/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { Button, ButtonLink } from '../elements/button.tsx';
import { Panel } from '../elements/panel.tsx';
import { Empty, Failure, Loading } from '../elements/states.tsx';
import { useNow } from '../elements/time.ts';
import { useSession } from '../link/session.ts';
import { useShortcut } from '../shell/shortcuts.ts';
import { readFilters, type TaskFilters, writeFilters } from './task-filters.ts';
import { TaskLines } from './task-lines.tsx';

const tasksPerPage = 25;
const typingPauseMilliseconds = 250;

/** All tasks, filtered and page by page; the address holds the filters. */
export function TaskListPage() {
  const { client } = useSession();
  const now = useNow();
  const [search, setSearch] = useSearchParams();
  const filters = readFilters(search);
  const { pages, ...wanted } = filters;
  const cursor = pages.at(-1);
  const query = { ...wanted, limit: tasksPerPage, ...(cursor === undefined ? {} : { cursor }) };
  const { data, error, refetch } = useQuery({
    queryKey: ['tasks', query],
    queryFn: async () => printableValue(await client.tasks(query)),
    placeholderData: keepPreviousData,
  });
  const show = (change: Partial<TaskFilters>) => setSearch(writeFilters({ ...filters, pages: [], ...change }));
  const next = data?.next ?? null;
  const first = pages.length * tasksPerPage;
  const isFiltered = wanted.state !== undefined || wanted.kind !== undefined || wanted.text !== undefined;

  useEffect(() => {
    document.title = 'Tasks · Nova';
  }, []);

  return (
    <>
      <div className="page-head">
        <h1>Tasks</h1>
        {data && (
          <span className="quiet">
            {data.total}
            {isFiltered ? ' match' : ''}
          </span>
        )}
      </div>
      <Filters filters={filters} show={show} />
      {error && !data && <Failure error={error} again={() => void refetch()} />}
      {!error && !data && <Loading label="The tasks are being read" lines={6} />}
      {data && data.tasks.length === 0 && (
        <Empty title={isFiltered ? 'No task matches' : 'No task yet'}>
          {isFiltered ? (
            <Button onPress={() => setSearch(new URLSearchParams())}>Show all tasks</Button>
          ) : (
            <ButtonLink kind="main" to="/new">
              New task
            </ButtonLink>
          )}
        </Empty>
      )}
      {data && data.tasks.length > 0 && (
        <Panel title={`${first + 1} to ${first + data.tasks.length}`} aside="newest first" bare>
          <TaskLines label="Tasks" tasks={data.tasks} now={now} />
        </Panel>
      )}
      {(pages.length > 0 || next !== null) && (
        <nav className="pages" aria-label="Pages">
          {pages.length > 0 && <Button onPress={() => show({ pages: pages.slice(0, -1) })}>Newer</Button>}
          {next !== null && <Button onPress={() => show({ pages: [...pages, next] })}>Older</Button>}
        </nav>
      )}
    </>
  );
}

interface FiltersProps {
  readonly filters: TaskFilters;
  readonly show: (change: Partial<TaskFilters>) => void;
}

function Filters({ filters, show }: FiltersProps) {
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(filters.text ?? '');
  useShortcut('/', 'Search the tasks', () => field.current?.focus());
  // The address may change under the field: back, or a link.
  useEffect(() => setText(filters.text ?? ''), [filters.text]);
  useEffect(() => {
    if (text.trim() === (filters.text ?? '')) return;
    const timer = setTimeout(() => show({ text: text.trim() || undefined }), typingPauseMilliseconds);
    return () => clearTimeout(timer);
  });
  return (
    <search className="filters">
      <div className="field grow">
        <label htmlFor="text">Text</label>
        <input
          id="text"
          ref={field}
          className="input"
          type="search"
          maxLength={200}
          placeholder="Repository, command, id or instance"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      <div className="field">
        <label htmlFor="state">State</label>
        <select
          id="state"
          className="input"
          value={filters.state ?? ''}
          onChange={(event) => show({ state: taskStateSchema.optional().catch(undefined).parse(event.target.value) })}
        >
          <option value="">any</option>
          {taskStateSchema.options.map((state) => (
            <option key={state}>{state}</option>
          ))}
        </select>
      </div>
      <div className="field">
        <label htmlFor="kind">Kind</label>
        <select
          id="kind"
          className="input"
          value={filters.kind ?? ''}
          onChange={(event) => {
            const { value } = event.target;
            show({ kind: value === 'fix' || value === 'review' ? value : undefined });
          }}
        >
          <option value="">any</option>
          <option>fix</option>
          <option>review</option>
        </select>
      </div>
    </search>
  );
}
