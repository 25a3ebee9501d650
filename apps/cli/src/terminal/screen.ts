const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';

/**
 * The whole of a terminal, drawn again and again; what stood there before comes back when it is disposed, or when the process
 * ends in any way that it can see.
 */
export class Screen implements Disposable {
  readonly #output: NodeJS.WriteStream;
  readonly #end = () => this[Symbol.dispose]();
  readonly #signalled = (_signal: NodeJS.Signals, number: number) => process.exit(128 + number);
  #open = true;

  /** `output` is a terminal. */
  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
    output.write(enter);
    process.once('exit', this.#end);
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.once(signal, this.#signalled);
  }

  get columns(): number {
    return this.#output.columns;
  }

  get rows(): number {
    return this.#output.rows;
  }

  /** Shows these lines and nothing else. A terminal that takes no more right now misses this picture, not the next one. */
  draw(lines: readonly string[]): void {
    if (!this.#open || this.#output.writableNeedDrain) return;
    const shown = lines.slice(0, this.rows).map((line) => `${line}\u001b[K`);
    this.#output.write(`\u001b[H${shown.join('\r\n')}\u001b[J`);
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    process.off('exit', this.#end);
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.off(signal, this.#signalled);
    this.#output.write(leave);
  }
}
