import type { Client } from '@nova/client';
import { type FleetView, foldFleet, type NovaError, printableValue, type RecordedEvent, toNovaError } from '@nova/core';
import { keepFollowing } from './keep-following.ts';
import type { Line } from './line.ts';
import { Store } from './store.ts';

/** What is known of the fleet; `fleet` is null until the first answer. */
export interface FleetSnapshot {
  readonly fleet: FleetView | null;
  readonly error: NovaError | null;
}

/** Takes the fleet as the server folded it, then folds on with the same code. */
export class FleetFeed {
  readonly snapshot = new Store<FleetSnapshot>({ fleet: null, error: null });
  readonly #client: Client;
  readonly #line: Line;
  readonly #onChange: () => void;

  /** `onChange` is called after every change of the view: lists that were fetched are stale then. */
  constructor(client: Client, line: Line, onChange: () => void) {
    this.#client = client;
    this.#line = line;
    this.#onChange = onChange;
  }

  /** Follows until disposed. What fails for want of a line is begun again when the line is back. */
  start(): Disposable {
    return keepFollowing(this.#line, {
      begin: async (signal) => {
        const { fleet, position } = await this.#client.fleet();
        if (signal.aborted) return null;
        this.snapshot.set({ fleet: printableValue(fleet), error: null });
        return this.#line.live.follow('fleet', position, {
          events: (events) => this.#take(events),
          problem: (error) => this.#fail(error),
        });
      },
      failed: (error) => this.#fail(error),
      again: () => this.snapshot.set({ ...this.snapshot.get(), error: null }),
    });
  }

  #take(events: readonly RecordedEvent[]): void {
    const { fleet } = this.snapshot.get();
    if (fleet === null) return;
    try {
      const next = printableValue(events).reduce(foldFleet, fleet);
      if (next === fleet) return;
      this.snapshot.set({ fleet: next, error: null });
    } catch (thrown) {
      this.#fail(toNovaError(thrown));
    }
    this.#onChange();
  }

  #fail(error: NovaError): void {
    this.snapshot.set({ ...this.snapshot.get(), error });
  }
}
