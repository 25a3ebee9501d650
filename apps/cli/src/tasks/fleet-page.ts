import { styleText } from 'node:util';
import { countOf, type FleetView, type TaskState } from '@nova/core';
import { clip } from '../terminal/columns.ts';
import { tableLines } from '../terminal/table.ts';
import { taskColumns } from './task-columns.ts';

/** What `nova top` shows besides the fleet. */
export interface FleetPage {
  readonly columns: number;
  /** Lines at most; null: as many as there are. */
  readonly rows: number | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The machine, or what is wrong with the line to the server. */
  readonly notice: string;
}

const shownEnded = 10;
const headLines = 3;

/** The fleet as lines of a terminal: counts, what has not ended, what ended last. */
export function fleetLines(fleet: FleetView, page: FleetPage): readonly string[] {
  const { columns, rows } = page;
  const all = [...fleet.open, ...fleet.ended.slice(0, shownEnded)];
  const room = rows === null ? all.length : Math.max(0, rows - headLines - 1);
  const shown = all.length > room ? all.slice(0, Math.max(0, room - 1)) : all;
  const hidden = all.length - shown.length;
  const more = hidden > 0 ? [styleText('dim', `… and ${hidden} more: nova tasks`)] : [];
  return [
    styleText('bold', clip(`Nova · ${counts(fleet)}`, columns)),
    styleText('dim', clip(page.notice, columns)),
    '',
    ...tableLines(taskColumns(page.now), shown, columns),
    ...more,
  ];
}

function counts({ states, outcomes, instances }: FleetView): string {
  const order: readonly TaskState[] = ['running', 'queued', 'pausing', 'paused', 'cancelling'];
  const open = order.flatMap((state) => (states[state] > 0 ? [`${states[state]} ${state}`] : []));
  const ends = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return [
    open.length > 0 ? open.join(', ') : 'no task under way',
    ...(states.finished > 0 ? [`${states.finished} ended (${ends.join(', ')})`] : []),
    ...(instances.length > 0 ? [countOf(instances.length, 'instance')] : []),
  ].join(' · ');
}
