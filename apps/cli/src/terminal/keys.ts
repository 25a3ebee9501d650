/** What a person can press: the rest of the keyboard arrives as it is. */
export type Key = 'enter' | 'interrupt' | (string & {});

const names: Readonly<Record<string, Key>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\u0003': 'interrupt',
  '\u0004': 'interrupt',
};

/**
 * The keyboard of a terminal, key by key. While it is open Ctrl-C is a key like the others, so that what a screen changed is
 * put back before the process ends; disposing it gives the terminal back as it was.
 */
export class Keys implements Disposable {
  readonly #input: NodeJS.ReadStream;
  readonly #listeners = new Set<(key: Key) => void>();
  readonly #take: (text: string) => void;

  /** `input` is a terminal. */
  constructor(input: NodeJS.ReadStream) {
    this.#input = input;
    this.#take = (text) => {
      // A held key arrives as several in one piece; a sequence of an arrow or function key stays one.
      const keys = text.startsWith('\u001b') ? [text] : [...text];
      for (const key of keys) for (const listener of [...this.#listeners]) listener(names[key] ?? key);
    };
    input.setRawMode(true);
    input.setEncoding('utf8').on('data', this.#take).resume();
  }

  /** Calls the listener for every key until the result is disposed. */
  onKey(listener: (key: Key) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** The next key; `null` when the signal comes first. */
  next(signal?: AbortSignal): Promise<Key | null> {
    const { promise, resolve } = Promise.withResolvers<Key | null>();
    const listening = this.onKey(resolve);
    const stop = () => resolve(null);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    return promise.finally(() => {
      listening[Symbol.dispose]();
      signal?.removeEventListener('abort', stop);
    });
  }

  [Symbol.dispose](): void {
    this.#input.off('data', this.#take).pause();
    this.#input.setRawMode(false);
  }
}
