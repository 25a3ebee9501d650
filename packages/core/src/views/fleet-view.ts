import type { RecordedEvent } from '../events/envelope.ts';
import type { TaskState } from '../vocabulary/task.ts';
import { submittedSummary, summaryChange, type TaskSummary } from './task-summary.ts';

/** How many ended tasks the view keeps; the task list has them all. */
const keptEnded = 50;

/** One instance as a screen shows it. */
export interface InstanceView {
  readonly name: string;
  /** The task it carries now, paused ones included; null when it is free. */
  readonly task: string | null;
  /** When it took that task, or became free. */
  readonly since: string;
  /** How many tasks it carried to their end. */
  readonly ended: number;
}

/** What a screen shows of the whole fleet: a fold of the `nova.task.*` and `nova.stage.*` events of all tasks. */
export interface FleetView {
  /** Every task that has not ended, oldest first. */
  readonly open: readonly TaskSummary[];
  /** The tasks that ended last, newest first; at most 50. */
  readonly ended: readonly TaskSummary[];
  /** By name; one that was made for a single task goes with it. */
  readonly instances: readonly InstanceView[];
  /** How many tasks are in each state. */
  readonly states: Readonly<Record<TaskState, number>>;
  /** How many tasks ended in each outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Position of the last event folded in. */
  readonly position: number;
}

/** The fleet before anything was recorded. */
export const emptyFleet: FleetView = {
  open: [],
  ended: [],
  instances: [],
  states: { queued: 0, running: 0, pausing: 0, paused: 0, cancelling: 0, finished: 0 },
  outcomes: {},
  position: 0,
};

/** True for the events that the view of the fleet is folded from. */
export function isFleetEvent(event: Pick<RecordedEvent, 'type'>): boolean {
  return event.type.startsWith('nova.task.') || event.type.startsWith('nova.stage.');
}

/** Folds one more event into the view. Events of other types, and those that were folded before, leave it as it is. */
export function foldFleet(view: FleetView, event: RecordedEvent): FleetView {
  if (!isFleetEvent(event) || event.position <= view.position) return view;
  const { position } = event;
  const submitted = submittedSummary(event);
  if (submitted) {
    return { ...view, open: [...view.open, submitted], states: moved(view.states, null, submitted.state), position };
  }
  const index = view.open.findIndex((task) => event.subject === `task/${task.id}`);
  const before = view.open[index];
  if (before === undefined) {
    const ended = view.ended.map((task) => (event.subject === `task/${task.id}` ? changed(task, event) : task));
    return { ...view, ended, position };
  }
  const after = changed(before, event);
  const states = moved(view.states, before.state, after.state);
  const instances = carried(view.instances, before, after, event.time);
  if (after.state !== 'finished') return { ...view, open: view.open.with(index, after), states, instances, position };
  const outcome = after.outcome ?? 'unknown';
  return {
    open: view.open.toSpliced(index, 1),
    ended: [after, ...view.ended].slice(0, keptEnded),
    instances,
    states,
    outcomes: { ...view.outcomes, [outcome]: (view.outcomes[outcome] ?? 0) + 1 },
    position,
  };
}

function changed(task: TaskSummary, event: RecordedEvent): TaskSummary {
  return { ...task, ...summaryChange(task, event), position: event.position };
}

function moved(states: FleetView['states'], from: TaskState | null, to: TaskState): FleetView['states'] {
  if (from === to) return states;
  const left = from === null ? {} : { [from]: states[from] - 1 };
  return { ...states, ...left, [to]: states[to] + 1 };
}

function carried(
  instances: readonly InstanceView[],
  before: TaskSummary,
  after: TaskSummary,
  time: string,
): readonly InstanceView[] {
  const { instance: name } = after;
  if (name === null || (before.instance === name && after.state !== 'finished')) return instances;
  const known = instances.find((instance) => instance.name === name);
  const others = instances.filter((instance) => instance.name !== name);
  const ended = known?.ended ?? 0;
  if (after.state !== 'finished') return byName([...others, { name, task: after.id, since: time, ended }]);
  if (after.request.instance === null) return others;
  return byName([...others, { name, task: null, since: time, ended: ended + 1 }]);
}

function byName(instances: readonly InstanceView[]): readonly InstanceView[] {
  return instances.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
