import type { Client, LiveActivity } from '@nova/client';
import { createEventReader, foldTask, NovaError, printableValue, type RecordedEvent, type TaskView } from '@nova/core';
import { keepFollowing } from './keep-following.ts';
import type { Line } from './line.ts';
import { Store } from './store.ts';

const eventsPerPage = 500;
/** A page that is newer or older than its server may meet events that it does not know; these it can lift. */
const reader = createEventReader();

/** What is known of a task: its recorded events, the fold of them, and what its calls do just now. */
export interface TaskSnapshot {
  readonly view: TaskView | null;
  readonly events: readonly RecordedEvent[];
  /** By call id; only calls that run. */
  readonly activities: ReadonlyMap<string, LiveActivity>;
  readonly error: NovaError | null;
}

const nothing: TaskSnapshot = { view: null, events: [], activities: new Map(), error: null };

/** Folds a prefix of a task's events. */
export function foldPrefix(events: readonly RecordedEvent[], count: number): TaskView | null {
  return events.slice(0, count).reduce<TaskView | null>(foldTask, null);
}

/**
 * Reads a task's history page by page, then follows it live. The position of the last folded event is all the state there
 * is: after a reload, a cut line or a restarted server it goes on from there, and nothing is folded twice.
 */
export class TaskFeed {
  readonly snapshot = new Store<TaskSnapshot>(nothing);
  readonly #id: string;
  readonly #client: Client;
  readonly #line: Line;

  constructor(id: string, client: Client, line: Line) {
    this.#id = id;
    this.#client = client;
    this.#line = line;
  }

  /** Follows until disposed. What fails for want of a line is begun again when the line is back. */
  start(): Disposable {
    return keepFollowing(this.#line, {
      begin: async (signal) => {
        await this.#readAll(signal);
        if (signal.aborted) return null;
        return this.#line.live.follow(`task/${this.#id}`, this.#position(), {
          events: (events) => this.#take(events),
          activity: (activity) => this.#note(activity),
          problem: (error) => this.#fail(error),
        });
      },
      failed: (error) => this.#fail(error),
      again: () => this.snapshot.set({ ...this.snapshot.get(), error: null }),
    });
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    let after: number | null = this.#position();
    while (after !== null && !signal.aborted) {
      const page = await this.#client.events(this.#id, { after, limit: eventsPerPage });
      if (signal.aborted) return;
      this.#take(page.events);
      after = page.next;
    }
  }

  #position(): number {
    return this.snapshot.get().events.at(-1)?.position ?? 0;
  }

  #take(events: readonly RecordedEvent[]): void {
    const before = this.snapshot.get();
    const position = this.#position();
    const fresh = events.filter((event) => event.position > position);
    if (fresh.length === 0) return;
    try {
      const lifted = fresh.map((event) => printableValue(reader.lift(event)));
      const view = lifted.reduce<TaskView | null>(foldTask, before.view);
      const running = new Set(view?.calls.filter((call) => call.state === 'running').map((call) => call.callId));
      const activities = new Map([...before.activities].filter(([callId]) => running.has(callId)));
      this.snapshot.set({ view, events: [...before.events, ...lifted], activities, error: null });
    } catch (cause) {
      this.#fail(
        new NovaError(
          'mesh.protocol',
          'The server records events that this page does not know: it is of another version. Reload the page.',
          { cause },
        ),
      );
    }
  }

  #note(activity: LiveActivity): void {
    const before = this.snapshot.get();
    this.snapshot.set({ ...before, activities: new Map(before.activities).set(activity.callId, activity) });
  }

  #fail(error: NovaError): void {
    this.snapshot.set({ ...this.snapshot.get(), error });
  }
}
