import type { InstanceView } from '@nova/core';
import { Link } from 'react-router';
import { Panel } from '../elements/panel.tsx';
import { elapsed } from '../elements/time.ts';

/** The instances of the fleet, and what each carries. */
export function Instances({
  instances: all,
  now,
}: {
  readonly instances: readonly InstanceView[];
  readonly now: number;
}) {
  // One that was made for a single task has the task's name, and is told with the task.
  const instances = all.filter(({ name, task }) => name !== task);
  return (
    <Panel title="Instances" aside={instances.length > 0 ? instances.length : undefined} bare={instances.length > 0}>
      {instances.length === 0 && (
        <p className="quiet small">
          None has a name: one is made for each task and goes with it. A task that names an instance keeps it.
        </p>
      )}
      {instances.length > 0 && (
        <ul className="instances">
          {instances.map(({ name, task, since, ended }) => (
            <li key={name}>
              <span className="break">{name}</span>
              <span className="small quiet">
                {task === null ? (
                  `free, ${ended} ended`
                ) : (
                  <>
                    <Link to={`/tasks/${task}`}>{task}</Link> for {elapsed(now - Date.parse(since))}
                  </>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
