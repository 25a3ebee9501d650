import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const command = fileURLToPath(new URL('../../../../bin/nova', import.meta.url));

/** A shell on a terminal of 100 columns and 30 rows that runs one command line of Nova's and then says how the terminal is. */
export class Terminal implements Disposable {
  readonly #child: ChildProcess;
  /** Resolves with everything that was shown when the shell has ended. */
  readonly ended: Promise<string>;
  #shown = '';
  readonly #listeners = new Set<() => void>();

  constructor(home: string, line: string, env: Readonly<Record<string, string>> = {}) {
    const shell = `stty cols 100 rows 30; ${command} ${line}; echo "code $?"; stty -a`;
    this.#child = spawn('script', ['--quiet', '--flush', '--command', shell, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm-256color', ...env, NOVA_HOME: home },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#shown += text;
      for (const listener of this.#listeners) listener();
    });
    this.ended = new Promise((resolve) => this.#child.once('close', () => resolve(this.#shown)));
  }

  /** Resolves when this was shown, colours and the like left out; rejects when the shell ends without. */
  async shows(pattern: RegExp): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const isShown = () => pattern.test(stripVTControlCharacters(this.#shown));
    const look = () => {
      if (isShown()) resolve();
    };
    this.#listeners.add(look);
    look();
    await Promise.race([promise, this.ended]);
    this.#listeners.delete(look);
    if (!isShown()) throw new Error(`${pattern} was never shown:\n${this.#shown}`);
  }

  get shown(): string {
    return this.#shown;
  }

  press(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }
}
