const graceMs = 1_500;

/**
 * A server that was started on the side leaves when nobody asks and nothing runs. A short grace lets the next command
 * of the same person find it.
 */
export class Lifetime implements Disposable {
  readonly #busy: () => boolean;
  readonly #leave: () => void;
  #clients = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(busy: () => boolean, leave: () => void) {
    this.#busy = busy;
    this.#leave = leave;
    this.check();
  }

  /** Somebody came; dispose the result when they go. */
  clientCame(): Disposable {
    this.#clients += 1;
    return {
      [Symbol.dispose]: () => {
        this.#clients -= 1;
        this.check();
      },
    };
  }

  /** Call when something ended. */
  check(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#needed()) return;
    this.#timer = setTimeout(() => {
      if (!this.#needed()) this.#leave();
    }, graceMs);
  }

  /** Leaves at once when the asking client is the only one and nothing runs. */
  leaveNow(): boolean {
    if (this.#clients > 1 || this.#busy()) return false;
    this.#leave();
    return true;
  }

  [Symbol.dispose](): void {
    if (this.#timer) clearTimeout(this.#timer);
  }

  #needed(): boolean {
    return this.#clients > 0 || this.#busy();
  }
}
