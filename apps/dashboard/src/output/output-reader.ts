import type { Client } from '@nova/client';
import { type NovaError, toNovaError } from '@nova/core';
import { Store } from '../link/store.ts';
import { plainText } from './plain-text.ts';

/** How much of an output is held and shown; what came before is left out, and said. */
export const windowBytes = 256 * 1024;
const waitMilliseconds = { forMore: 400, forTheServer: 1000 };

/** What is known of a call's output. */
export interface OutputSnapshot {
  readonly text: string;
  /** Bytes at the beginning that are not in `text`. */
  readonly skipped: number;
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
    size: 0,
    ended: false,
    loaded: false,
    error: null,
  });
  readonly #client: Pick<Client, 'output'>;
  readonly #task: string;
  readonly #callId: string;
  #decoder = new TextDecoder();
  #raw = '';
  #offset = 0;

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

  /** Takes over one piece; false when there is nothing left to come. */
  async #piece(signal: AbortSignal): Promise<boolean> {
    const { bytes, size, ended } = await this.#client.output(this.#task, this.#callId, {
      offset: this.#offset,
      length: windowBytes,
    });
    if (signal.aborted) return false;
    if (size < this.#offset) {
      // What is kept of an ended call may be shorter than what it printed while it ran: head and tail.
      this.#startAt(0);
      return true;
    }
    if (size - this.#offset - bytes.length > windowBytes) {
      this.#startAt(size - windowBytes);
      return true;
    }
    this.#offset += bytes.length;
    this.#raw = (this.#raw + this.#decoder.decode(bytes, { stream: true })).slice(-windowBytes);
    const complete = ended && this.#offset >= size;
    this.snapshot.set({
      text: plainText(this.#raw),
      skipped: Math.max(0, this.#offset - new TextEncoder().encode(this.#raw).length),
      size,
      ended: complete,
      loaded: true,
      error: null,
    });
    if (!complete && bytes.length === 0) await pause(waitMilliseconds.forMore, signal);
    return !complete;
  }

  #startAt(offset: number): void {
    this.#offset = offset;
    this.#raw = '';
    this.#decoder = new TextDecoder();
  }
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
