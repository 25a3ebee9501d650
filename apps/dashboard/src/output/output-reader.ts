import type { Client } from '@nova/client';
import { NovaError, toNovaError } from '@nova/core';
import { Store } from '../link/store.ts';
import { plainText } from './plain-text.ts';

/** How much of an output is held and shown at first, and how much more for each part before that is asked for. */
export const windowBytes = 256 * 1024;
/** How much is held at most; whoever wants all of a longer output downloads it. */
export const mostBytes = 8 * windowBytes;
const waitMilliseconds = { forMore: 400, forTheServer: 1000 };

/** What is known of a call's output. */
export interface OutputSnapshot {
  readonly text: string;
  /** Bytes at the beginning that are not in `text`. */
  readonly skipped: number;
  /** True when `readBefore` brings more of them. */
  readonly hasBefore: boolean;
  readonly size: number;
  readonly ended: boolean;
  readonly loaded: boolean;
  readonly error: NovaError | null;
}

/** Reads what a call prints piece by piece, by offset, until it has ended. A server that goes away is waited for. */
export class OutputReader {
  readonly snapshot = new Store<OutputSnapshot>({
    text: '',
    skipped: 0,
    hasBefore: false,
    size: 0,
    ended: false,
    loaded: false,
    error: null,
  });
  readonly #client: Pick<Client, 'output'>;
  readonly #task: string;
  readonly #callId: string;
  /** What is shown, from the byte `#from` on. */
  #held: Uint8Array = new Uint8Array();
  #from = 0;
  #limit = windowBytes;

  constructor(client: Pick<Client, 'output'>, task: string, callId: string) {
    this.#client = client;
    this.#task = task;
    this.#callId = callId;
  }

  /** Reads until the output has ended or the signal is aborted. */
  async read(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const more = await this.#piece(signal);
        if (!more) return;
      } catch (thrown) {
        const error = toNovaError(thrown);
        this.snapshot.set({ ...this.snapshot.get(), error });
        if (error.code !== 'mesh.unreachable') return;
        await pause(waitMilliseconds.forTheServer, signal);
      }
    }
  }

  /** Brings the part before what is shown; does nothing where there is none, or where no more is held. */
  async readBefore(): Promise<void> {
    const from = this.#from;
    const offset = Math.max(0, from - windowBytes);
    if (!this.snapshot.get().hasBefore) return;
    // What is printed meanwhile must not push out what is asked for.
    this.#limit += windowBytes;
    try {
      const { bytes } = await this.#client.output(this.#task, this.#callId, { offset, length: from - offset });
      if (this.#from !== from || bytes.length !== from - offset) {
        throw new NovaError('blob.missing', 'The part before is not kept any more as it was. What is shown stays.');
      }
      this.#held = joined(bytes, this.#held);
      this.#from = offset;
      this.#show({ error: null });
    } catch (thrown) {
      this.#limit -= windowBytes;
      this.snapshot.set({ ...this.snapshot.get(), error: toNovaError(thrown) });
    }
  }

  /** Takes over one piece; false when there is nothing left to come. */
  async #piece(signal: AbortSignal): Promise<boolean> {
    const asked = this.#end;
    const { bytes, size, ended } = await this.#client.output(this.#task, this.#callId, {
      offset: asked,
      length: windowBytes,
    });
    if (signal.aborted) return false;
    if (size < asked) {
      // What is kept of an ended call may be shorter than what it printed while it ran: head and tail.
      this.#startAt(0);
      return true;
    }
    if (size - asked - bytes.length > windowBytes) {
      this.#startAt(size - windowBytes);
      return true;
    }
    const all = joined(this.#held, bytes);
    this.#held = all.subarray(Math.max(0, all.length - this.#limit));
    this.#from += all.length - this.#held.length;
    const complete = ended && this.#end >= size;
    this.#show({ size, ended: complete, loaded: true, error: null });
    if (!complete && bytes.length === 0) await pause(waitMilliseconds.forMore, signal);
    return !complete;
  }

  get #end(): number {
    return this.#from + this.#held.length;
  }

  #startAt(offset: number): void {
    this.#from = offset;
    this.#held = new Uint8Array();
  }

  #show(change: Partial<OutputSnapshot>): void {
    this.snapshot.set({
      ...this.snapshot.get(),
      text: plainText(textOf(this.#held, this.#from > 0)),
      skipped: this.#from,
      hasBefore: this.#from > 0 && this.#limit < mostBytes,
      ...change,
    });
  }
}

/** The text in UTF-8 bytes; a letter that was cut at the end is left for later, and one at the beginning of a part left out. */
function textOf(bytes: Uint8Array, isCut: boolean): string {
  let begin = 0;
  while (isCut && begin < 3 && isContinuation(bytes[begin])) begin += 1;
  return new TextDecoder().decode(bytes.subarray(begin), { stream: true });
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && byte >> 6 === 0b10;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
