import type { Topic } from '@nova/client';
import { isFleetEvent, type RecordedEvent } from '@nova/core';
import type { Ledger } from '@nova/messaging';

/** How many of the last events are kept at hand; who is further behind reads the ledger. */
const kept = 1024;
const pageSize = 128;

/**
 * The end of the ledger, read once for everybody who follows it. Nobody's slowness costs memory: a follower takes the
 * next page when it is ready, from what is kept at hand or from the ledger itself.
 */
export class LedgerTail implements AsyncDisposable {
  readonly #ledger: Ledger;
  readonly #stop = new AbortController();
  readonly #sleepers = new Set<() => void>();
  readonly #recent: RecordedEvent[] = [];
  readonly #done: Promise<void>;
  /** Every event after this position is at hand. */
  #floor: number;
  #head: number;
  #waking = false;

  /** Begins at the end of the ledger. */
  static async open(ledger: Ledger): Promise<LedgerTail> {
    return new LedgerTail(ledger, await ledger.head());
  }

  private constructor(ledger: Ledger, head: number) {
    this.#ledger = ledger;
    this.#floor = head;
    this.#head = head;
    this.#done = this.#read();
  }

  /** Position of the last event read. */
  get head(): number {
    return this.#head;
  }

  /** Pages of a topic's events strictly after a position: what was recorded, then what is. Ends when the signal aborts. */
  async *follow(topic: Topic, after: number, signal: AbortSignal): AsyncGenerator<readonly RecordedEvent[]> {
    let position = after;
    while (!signal.aborted && !this.#stop.signal.aborted) {
      const atHand = position >= this.#floor;
      if (atHand && position >= this.#head) {
        await this.grown(position, signal);
        continue;
      }
      const { events, to } = atHand ? this.#atHand(topic, position) : await this.#recorded(topic, position);
      position = to;
      if (events.length > 0 && !signal.aborted) yield events;
    }
  }

  /** Resolves when there is an event after a position, when the signal aborts, or when the tail ends. */
  async grown(position: number, signal: AbortSignal): Promise<void> {
    if (this.#head > position || signal.aborted || this.#stop.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    this.#sleepers.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    await promise;
    this.#sleepers.delete(wake);
    signal.removeEventListener('abort', wake);
  }

  #atHand(topic: Topic, after: number): { events: RecordedEvent[]; to: number } {
    let begin = this.#recent.length;
    while (begin > 0 && (this.#recent[begin - 1]?.position ?? 0) > after) begin -= 1;
    const page = this.#recent.slice(begin, begin + pageSize);
    return { events: page.filter((event) => isOf(topic, event)), to: page.at(-1)?.position ?? this.#head };
  }

  async #recorded(topic: Topic, after: number): Promise<{ events: RecordedEvent[]; to: number }> {
    const head = this.#head;
    const limit = pageSize;
    const page =
      topic === 'fleet'
        ? await this.#ledger.readAll({ after, limit })
        : await this.#ledger.read(topic, { after, limit });
    const last = page.at(-1)?.position ?? after;
    // A page that is not full reached the end: nothing up to the head of that moment is missing.
    return {
      events: page.filter((event) => isOf(topic, event)),
      to: page.length < limit ? Math.max(last, head) : last,
    };
  }

  async #read(): Promise<void> {
    for await (const event of this.#ledger.subscribe({ after: this.#head, signal: this.#stop.signal })) {
      this.#recent.push(event);
      this.#head = event.position;
      if (this.#recent.length >= 2 * kept) {
        this.#recent.splice(0, this.#recent.length - kept);
        this.#floor = (this.#recent[0]?.position ?? 1) - 1;
      }
      this.#wakeSoon();
    }
    this.#wake();
  }

  /** Once for all events of a commit. */
  #wakeSoon(): void {
    if (this.#waking) return;
    this.#waking = true;
    setImmediate(() => {
      this.#waking = false;
      this.#wake();
    });
  }

  #wake(): void {
    for (const wake of this.#sleepers) wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#done;
  }
}

function isOf(topic: Topic, event: RecordedEvent): boolean {
  return topic === 'fleet' ? isFleetEvent(event) : event.subject === topic;
}
