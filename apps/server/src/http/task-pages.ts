import type { TaskPage, TaskSummary } from '@nova/client';
import { NovaError, type TaskState, type TaskView } from '@nova/core';

interface Wanted {
  readonly state?: TaskState | undefined;
  readonly kind?: string | undefined;
  readonly text?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * One page of the tasks that match. The cursor names the last task of the page before: tasks never leave the list, so
 * nothing is shown twice and nothing left out while new ones come in at its top.
 */
export function pageOf(
  newestFirst: readonly TaskView[],
  wanted: Wanted,
  summary: (view: TaskView) => TaskSummary,
): TaskPage {
  const matching = newestFirst.filter((view) => matches(view, wanted));
  let begin = 0;
  if (wanted.cursor !== undefined) {
    // The task before may match no more; its place in the whole list stays.
    const place = newestFirst.findIndex(({ id }) => id === wanted.cursor);
    if (place < 0) throw new NovaError('usage.invalid', 'The cursor is none that this list gave. Begin without one.');
    const later = new Set(newestFirst.slice(0, place + 1));
    begin = matching.findIndex((view) => !later.has(view));
    if (begin < 0) begin = matching.length;
  }
  const page = matching.slice(begin, begin + wanted.limit);
  const isLast = begin + page.length >= matching.length;
  return { tasks: page.map(summary), next: isLast ? null : (page.at(-1)?.id ?? null), total: matching.length };
}

function matches({ id, state, request, instance }: TaskView, { text, ...wanted }: Wanted): boolean {
  if (wanted.state !== undefined && state !== wanted.state) return false;
  if (wanted.kind !== undefined && request.kind !== wanted.kind) return false;
  if (text === undefined || text === '') return true;
  const subject = request.kind === 'fix' ? request.testCommand : (request.since ?? '');
  const within = [id, request.repository, subject, instance ?? ''].join('\n').toLowerCase();
  return within.includes(text.toLowerCase());
}
