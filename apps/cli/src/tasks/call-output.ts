import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';
import { printable } from '@nova/core';
import { ask } from '../link/server-link.ts';

/** Where the output of calls goes. */
export interface OutputSink {
  /** Called once before the first bytes of a call, and again when another one printed in between. */
  heading(callId: string): string;
  write(bytes: Uint8Array | string): Promise<void>;
  /** `text` is made harmless for a terminal, `raw` are the bytes as they were printed, `json` is an object a line. */
  readonly form: 'text' | 'raw' | 'json';
}

interface Read {
  offset: number;
  /** The beginning of a line whose end has not come yet. */
  rest: string;
  readonly decoder: StringDecoder;
}

/** Prints what the commands of a task's calls print, each byte once, however often and in whatever order it is asked. */
export class CallOutput {
  readonly #task: string;
  readonly #sink: OutputSink;
  readonly #reads = new Map<string, Read>();
  #last: string | null = null;
  #bytes = 0;

  constructor(task: string, sink: OutputSink) {
    this.#task = task;
    this.#sink = sink;
  }

  /** How much there was to print so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Prints what there is of a call and was not printed yet; `ended` also prints a last line without an end. */
  async drain(callId: string, ended: boolean): Promise<void> {
    const read = this.#reads.get(callId) ?? { offset: 0, rest: '', decoder: new StringDecoder('utf8') };
    this.#reads.set(callId, read);
    for (;;) {
      const { offset } = read;
      const piece = await ask((client) => client.output(this.#task, callId, { offset }));
      read.offset += piece.bytes.length;
      this.#bytes += piece.bytes.length;
      if (piece.bytes.length > 0) await this.#print(callId, read, piece.bytes);
      if (piece.bytes.length === 0 || read.offset >= piece.size) break;
    }
    if (ended && read.rest !== '') {
      const { rest } = read;
      read.rest = '';
      await this.#say(callId, `${rest}\n`);
    }
  }

  async #print(callId: string, read: Read, bytes: Uint8Array): Promise<void> {
    if (this.#sink.form === 'raw') return this.#sink.write(bytes);
    const text = read.rest + read.decoder.write(bytes);
    // Whole lines only: a piece may end in the middle of a sequence that a terminal would obey.
    const end = text.lastIndexOf('\n') + 1;
    read.rest = text.slice(end);
    if (end > 0) await this.#say(callId, text.slice(0, end));
  }

  async #say(callId: string, text: string): Promise<void> {
    if (this.#sink.form === 'json') return this.#sink.write(`${JSON.stringify({ callId, text })}\n`);
    if (this.#last !== callId) await this.#sink.write(`${this.#sink.heading(callId)}\n`);
    this.#last = callId;
    await this.#sink.write(printable(stripVTControlCharacters(text).replace(/\r\n?/g, '\n')));
  }
}
