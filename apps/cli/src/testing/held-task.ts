import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Place, type Ran } from '../../../../test/faults/nova.ts';

/** What the test command prints: a title for the terminal, as `printf %b` takes it, and then a line. */
const hostilePrint = String.raw`\033]0;title\007printed by the tests\r\n`;
/** What a terminal must not obey, in the words of the task. */
const hostileWords = '\u001b]0;title\u0007';

/**
 * A place with a repository whose test command, at every run, adds a line to a witness outside, prints, and then waits until the
 * file `go` is there, and fails. Disposing it ends and removes everything.
 */
export class HeldTask implements Disposable {
  readonly place = new Place();
  readonly repository = this.place.repository('app', { 'app.js': 'export const one = 1;\n' });
  readonly #folder = this.place.folder;

  get request(): readonly string[] {
    const witness = join(this.#folder, 'witness');
    const go = join(this.#folder, 'go');
    const command = `: '${hostileWords}'; echo $$ >> '${witness}'; printf '%b' '${hostilePrint}'; until [ -e '${go}' ]; do sleep 0.05; done; exit 1`;
    return ['--repo', this.repository, '--test', command, '--sandbox', 'none'];
  }

  run(...args: string[]): Promise<Ran> {
    return this.place.run(args);
  }

  /** The shells that ran the test command, in order. */
  get runs(): readonly number[] {
    const witness = join(this.#folder, 'witness');
    return existsSync(witness) ? readFileSync(witness, 'utf8').trim().split('\n').map(Number) : [];
  }

  /** Resolves when the test command has begun so often. */
  async begun(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (this.runs.length >= count) resolve();
    };
    const watcher = watch(this.#folder, look);
    look();
    await promise;
    watcher.close();
  }

  /** Lets every run of the test command end. */
  letGo(): void {
    writeFileSync(join(this.#folder, 'go'), '');
  }

  hold(): void {
    rmSync(join(this.#folder, 'go'), { force: true });
  }

  [Symbol.dispose](): void {
    this.place[Symbol.dispose]();
  }
}

/** True while the process is there and not only waited for. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return false;
  }
}

/** Resolves once the stream has printed this text. */
export async function printed(stream: Readable, text: string): Promise<void> {
  let seen = '';
  while (!seen.includes(text)) {
    const [chunk] = (await once(stream, 'data')) as [Buffer];
    seen += chunk.toString();
  }
}
