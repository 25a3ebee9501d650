import { emptyFleet, eventData, type FleetView, foldFleet, type RecordedEvent } from '@nova/core';
import type { LedgerReader } from '@nova/messaging';

/** What the fleet does, and which blobs its events name: a fold of the ledger, caught up with it at every look. */
export class FleetBoard {
  readonly #ledger: Pick<LedgerReader, 'readAll'>;
  readonly #blobs = new Set<string>();
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

  /** True when an event of a task names this content. */
  async namesBlob(hash: string): Promise<boolean> {
    if (!this.#blobs.has(hash)) await this.#catchUp();
    return this.#blobs.has(hash);
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
        for (const hash of blobsOf(event)) this.#blobs.add(hash);
        this.#position = event.position;
      }
    }
  }
}

function blobsOf(event: RecordedEvent): readonly string[] {
  const output = eventData(event, 'nova.journal.finished')?.output;
  const result = eventData(event, 'nova.task.finished')?.result;
  return [output, result].filter((hash) => typeof hash === 'string');
}
