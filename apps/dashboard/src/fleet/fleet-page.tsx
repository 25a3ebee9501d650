import type { FleetView, TaskSummary } from '@nova/core';
import { useEffect } from 'react';
import { Link } from 'react-router';
import { ButtonLink } from '../elements/button.tsx';
import { Panel } from '../elements/panel.tsx';
import { Empty, Failure, Loading } from '../elements/states.tsx';
import { useNow } from '../elements/time.ts';
import { useSession } from '../link/session.ts';
import { useStore } from '../link/store.ts';
import { TaskLines } from '../tasks/task-lines.tsx';
import { Instances } from './instances.tsx';
import { MachineLoad } from './machine-load.tsx';

const recentlyShown = 8;
const running: readonly TaskSummary['state'][] = ['running', 'pausing', 'cancelling'];

/** The fleet at a glance: what runs, what waits and why, what was paused, what ended, and how the machine is. */
export function FleetPage() {
  const { fleet, error } = useStore(useSession().fleet.snapshot);
  useEffect(() => {
    document.title = 'Fleet · Nova';
  }, []);
  return (
    <>
      <div className="page-head">
        <h1>Fleet</h1>
        {fleet && <Counts fleet={fleet} />}
      </div>
      {error && <Failure error={error} />}
      {!fleet && !error && <Loading label="The fleet is being read" lines={6} />}
      {fleet && <Overview fleet={fleet} />}
    </>
  );
}

function Counts({ fleet: { states } }: { readonly fleet: FleetView }) {
  const counts = [
    { count: states.running + states.pausing + states.cancelling, word: 'running', state: 'running' },
    { count: states.queued, word: 'waiting', state: 'queued' },
    { count: states.paused, word: 'paused', state: 'paused' },
    { count: states.finished, word: 'finished', state: 'finished' },
  ];
  return (
    <ul className="counts">
      {counts.map(({ count, word, state }) => (
        <li key={word}>
          <Link to={`/tasks?state=${state}`}>
            <strong>{count}</strong> {word}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Overview({ fleet }: { readonly fleet: FleetView }) {
  const now = useNow();
  const busy = fleet.open.filter((task) => running.includes(task.state));
  const waiting = fleet.open.filter((task) => task.state === 'queued');
  const paused = fleet.open.filter((task) => task.state === 'paused');
  const ended = fleet.ended.slice(0, recentlyShown);
  return (
    <div className="fleet">
      <div className="fleet-tasks">
        {fleet.open.length === 0 && (
          <Empty title="Nothing runs and nothing waits">
            <p className="quiet">Hand in a failing test to be repaired, or code to be reviewed.</p>
            <ButtonLink kind="main" to="/new">
              New task
            </ButtonLink>
          </Empty>
        )}
        <Section title="Running" tasks={busy} now={now} />
        <Section title="Waiting" tasks={waiting} now={now} />
        <Section title="Paused" tasks={paused} now={now} />
        {ended.length > 0 && (
          <Panel
            title="Recently finished"
            aside={<Link to="/tasks?state=finished">all {fleet.states.finished}</Link>}
            bare
          >
            <TaskLines label="Recently finished tasks" tasks={ended} now={now} />
          </Panel>
        )}
      </div>
      <aside className="fleet-side" aria-label="Machine and instances">
        <MachineLoad />
        <Instances instances={fleet.instances} now={now} />
      </aside>
    </div>
  );
}

interface SectionProps {
  readonly title: string;
  readonly tasks: readonly TaskSummary[];
  readonly now: number;
}

function Section({ title, tasks, now }: SectionProps) {
  if (tasks.length === 0) return null;
  return (
    <Panel title={title} aside={tasks.length} bare>
      <TaskLines label={`${title} tasks`} tasks={tasks} now={now} />
    </Panel>
  );
}
