import type { RecordedEvent } from '@nova/core';
import { ask } from './server-link.ts';

/** Everything that is recorded of a task so far, in order. */
export async function recordedEvents(task: string): Promise<readonly RecordedEvent[]> {
  const all: RecordedEvent[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const position: number = after;
    const page = await ask((client) => client.events(task, { after: position, limit: 1000 }));
    all.push(...page.events);
    after = page.next;
  }
  return all;
}
