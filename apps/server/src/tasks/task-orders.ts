import { NovaError } from '@nova/core';

/** What a person, or a server that leaves, wants of a task that is carried now. */
export class TaskOrders {
  #stop = new AbortController();
  #leaving = false;
  /** Why it is to stop before the next journal entry; null while it is to go on. */
  pausing: string | null = null;
  /** True from the moment that its pause is being recorded: a wish to go on then has to wait for it. */
  pauseIsSettled = false;

  /** Aborted when what runs is to be ended. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Ends what runs at once. The first reason counts. */
  end(reason: NovaError): void {
    this.#stop.abort(reason);
  }

  /** The server leaves: what runs in sandboxes is left running for the next one. */
  leave(): void {
    this.#leaving = true;
    this.end(new NovaError('ledger.closed', 'The server is leaving.'));
  }

  /** After a cancellation has ended what ran, the winding up needs a signal of its own. */
  windUp(): void {
    this.#stop = new AbortController();
    if (this.#leaving) this.leave();
  }
}
