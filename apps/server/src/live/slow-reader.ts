import type { Socket } from 'socket.io';
import type { LedgerTail } from './ledger-tail.ts';

/** How many events may be recorded while a socket takes none, before its subscriptions end with a gap. */
const longestLag = 4096;
/** How many messages may wait for a client that does not read, before it is cut off. */
const mostWaiting = 256;

/**
 * Keeps a socket from being written to faster than it is read. At most one page of events waits in the server, whatever the socket
 * follows; the rest stays in the ledger.
 */
export class SlowReader {
  readonly #connection: Socket['conn'];
  readonly #waiting = new Set<() => void>();
  /** Messages that wait in the server because the socket takes none. */
  #untaken = 0;

  constructor(socket: Socket) {
    this.#connection = socket.conn;
    this.#connection.on('packetCreate', () => {
      this.#untaken += 1;
    });
    // The transport took all that waited; it does so when what it had before is out.
    this.#connection.on('drain', () => {
      this.#untaken = 0;
      this.#wake();
    });
    this.#connection.once('close', () => this.#wake());
  }

  /** True when the socket took everything that was written to it. */
  get isFree(): boolean {
    return this.#untaken === 0;
  }

  /** True when it owes more than is kept for it: every request is answered, and who does not read the answers would fill the memory. */
  get owesTooMuch(): boolean {
    return this.#untaken > mostWaiting;
  }

  /** Resolves when the socket takes more: true, or false when too much happened meanwhile. */
  async ready(tail: LedgerTail, signal: AbortSignal): Promise<boolean> {
    const since = tail.head;
    while (this.#untaken > 0 && !signal.aborted) {
      if (tail.head - since > longestLag) return false;
      await this.#drainOrGrowth(tail, signal);
    }
    return true;
  }

  async #drainOrGrowth(tail: LedgerTail, signal: AbortSignal): Promise<void> {
    const drained = Promise.withResolvers<void>();
    const over = new AbortController();
    this.#waiting.add(drained.resolve);
    try {
      await Promise.race([drained.promise, tail.grown(tail.head, AbortSignal.any([signal, over.signal]))]);
    } finally {
      this.#waiting.delete(drained.resolve);
      over.abort();
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
  }
}
