import { type Clock, NovaError } from '@nova/core';

/** How many requests a socket may send at once; a page that comes back asks for each of its topics. */
const atOnce = 96;
/** How many more it may send in each second. */
const perSecond = 4;
/** How many refusals it may collect before it is cut off. */
const mostRefused = 256;

/** How much one socket may ask: every request is work for the server, whether its answer is read or not. */
export class Asking {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #left = atOnce;
  #countedAt: number;
  #refused = 0;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
    this.#countedAt = clock.monotonic();
  }

  /** True when it went on after so many refusals that nothing is gained by answering it. */
  get isDeaf(): boolean {
    return this.#refused > mostRefused;
  }

  /** Counts one request; null when it may be carried out. */
  refusal(): NovaError | null {
    const now = this.#clock.monotonic();
    this.#left = Math.min(atOnce, this.#left + ((now - this.#countedAt) / 1000) * perSecond);
    this.#countedAt = now;
    if (this.#left >= 1) {
      this.#left -= 1;
      this.#refused = 0;
      return null;
    }
    this.#refused += 1;
    return new NovaError(
      'live.limit',
      `A socket may ask ${atOnce} times at once and ${perSecond} times a second. Nothing was done; what it follows goes on. Ask again later.`,
    );
  }
}
