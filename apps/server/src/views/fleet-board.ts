import { emptyFleet, type FleetView, foldFleet } from '@nova/core';
import type { LedgerReader } from '@nova/messaging';

/** What the fleet does: a fold of the ledger, caught up with it at every look. */
export class FleetBoard {
  readonly #ledger: Pick<LedgerReader, 'readAll'>;
  #fleet = emptyFleet;
  #position = 0;
  #catchingUp: Promise<void> | null = null;

  constructor(ledger: Pick<LedgerReader, 'readAll'>) {
    this.#ledger = ledger;
  }

  /** The view, and the position of the last event that was looked at for it. */
  async look(): Promise<{ readonly fleet: FleetView; readonly position: number }> {
    await this.#catchUp();
    return { fleet: this.#fleet, position: this.#position };
  }

  #catchUp(): Promise<void> {
    this.#catchingUp ??= this.#read().finally(() => {
      this.#catchingUp = null;
    });
    return this.#catchingUp;
  }

  async #read(): Promise<void> {
    for (;;) {
      const events = await this.#ledger.readAll({ after: this.#position });
      if (events.length === 0) return;
      for (const event of events) {
        this.#fleet = foldFleet(this.#fleet, event);
        this.#position = event.position;
      }
    }
  }
}
