import { taskStateSchema } from '@nova/core';
import { z } from 'zod';

const filters = z.object({
  state: taskStateSchema.optional().catch(undefined),
  kind: z.enum(['fix', 'review']).optional().catch(undefined),
  text: z.string().max(200).optional().catch(undefined),
  /** Cursors of the pages before this one, the last one for the page that is shown. */
  pages: z.array(z.string().max(200)),
});

/** What the list shows, as its address says. */
export type TaskFilters = z.infer<typeof filters>;

/** Reads the filters from an address; what makes no sense there is as if it were not there. */
export function readFilters(search: URLSearchParams): TaskFilters {
  return filters.parse({
    state: search.get('state') ?? undefined,
    kind: search.get('kind') ?? undefined,
    text: search.get('text') || undefined,
    pages: search.getAll('after'),
  });
}

/** The address of a list with these filters. */
export function writeFilters({ state, kind, text, pages }: TaskFilters): URLSearchParams {
  const search = new URLSearchParams();
  if (state !== undefined) search.set('state', state);
  if (kind !== undefined) search.set('kind', kind);
  if (text !== undefined && text !== '') search.set('text', text);
  for (const cursor of pages) search.append('after', cursor);
  return search;
}
