import { hash } from 'node:crypto';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { AppendOutcome } from './ledger.ts';
import { LedgerRefusal, refusalOf } from './sqlite-errors.ts';
import { prepareSchema } from './sqlite-schema.ts';
import type { AppendCommand, AppendReply, PlacelessEvent } from './writer-protocol.ts';

/** CloudEvents `source` of everything that Nova records. */
const source = '/nova';

/** Hash that the first event's hash continues. */
export const chainStart: Uint8Array = new Uint8Array(32);

/** Continues the hash chain by one event. */
export function chainHash(previous: Uint8Array, event: string): Uint8Array {
  return hash('sha256', Buffer.concat([previous, Buffer.from(event)]), 'buffer');
}

/** The writing connection: turns batches of append commands into transactions. Synchronous; lives in the writer's thread. */
export class SqliteStore implements Disposable {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #insertEvent: StatementSync;
  readonly #insertKey: StatementSync;
  readonly #findKey: StatementSync;
  readonly #findVersion: StatementSync;
  readonly #findHead: StatementSync;
  #head: { position: number; hash: Uint8Array };

  constructor(path: string) {
    this.#path = path;
    this.#database = new DatabaseSync(path, { timeout: 5000 });
    try {
      this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864');
      prepareSchema(this.#database, path);
      this.#insertEvent = this.#database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?)');
      this.#insertKey = this.#database.prepare('INSERT INTO keys VALUES (?, ?, ?, ?)');
      this.#findKey = this.#database.prepare('SELECT content, version, position FROM keys WHERE key = ?');
      this.#findVersion = this.#database.prepare('SELECT max(version) AS version FROM events WHERE stream = ?');
      this.#findHead = this.#database.prepare('SELECT position, hash FROM events ORDER BY position DESC LIMIT 1');
      this.#head = this.#readHead();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /**
   * Writes a batch in one transaction; it is on disk when this returns. One command's conflict leaves the others alone.
   * When the transaction as a whole fails, every command is tried by itself, so that a large one can't take small ones down.
   */
  commit(batch: readonly AppendCommand[]): AppendReply[] {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      const replies = batch.map((command) => this.#apply(command));
      this.#database.exec('COMMIT');
      return replies;
    } catch (error) {
      const failure = this.#abandon(error);
      if (batch.length > 1) return batch.flatMap((command) => this.commit([command]));
      return batch.map(({ call }) => ({ call, failure: failure.record }));
    }
  }

  #apply(command: AppendCommand): AppendReply {
    try {
      return { call: command.call, outcome: this.#append(command) };
    } catch (error) {
      // A refusal comes before the command's first write; anything else spoils the transaction.
      if (error instanceof LedgerRefusal) return { call: command.call, failure: error.record };
      throw error;
    }
  }

  #append({ stream, key, content, expectedVersion, events }: AppendCommand): AppendOutcome {
    const used = this.#findKey.get(key);
    if (used !== undefined) {
      if (used['content'] !== content) {
        throw new LedgerRefusal(
          'ledger.key_reused',
          `The key ${key} stands for other events. Nothing was recorded; use a new key.`,
          { key },
        );
      }
      return { version: Number(used['version']), position: Number(used['position']), repeated: true };
    }
    const version = Number(this.#findVersion.get(stream)?.['version'] ?? 0);
    if (expectedVersion !== 'any' && expectedVersion !== version) {
      throw new LedgerRefusal(
        'ledger.conflict',
        `The stream ${stream} is at version ${version}, not ${expectedVersion}: somebody was first. Nothing was recorded; read it and decide again.`,
        { stream, version, expectedVersion },
      );
    }
    for (const [index, event] of events.entries()) this.#insert(stream, version + index + 1, event);
    const outcome = { version: version + events.length, position: this.#head.position };
    this.#insertKey.run(key, content, outcome.version, outcome.position);
    return { ...outcome, repeated: false };
  }

  #insert(stream: string, version: number, event: PlacelessEvent): void {
    const position = this.#head.position + 1;
    const text = envelope(stream, version, position, event);
    const next = chainHash(this.#head.hash, text);
    this.#insertEvent.run(position, stream, version, text, next);
    this.#head = { position, hash: next };
  }

  #abandon(error: unknown): LedgerRefusal {
    const failure = refusalOf(error, this.#path);
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      this.#head = this.#readHead();
    } catch (second) {
      return refusalOf(second, this.#path);
    }
    return failure;
  }

  #readHead(): { position: number; hash: Uint8Array } {
    const row = this.#findHead.get();
    if (row === undefined) return { position: 0, hash: chainStart };
    return { position: Number(row['position']), hash: row['hash'] as Uint8Array };
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

function envelope(stream: string, version: number, position: number, event: PlacelessEvent): string {
  const head = JSON.stringify({
    specversion: '1.0',
    id: event.id,
    source,
    type: event.type,
    time: event.time,
    subject: stream,
    datacontenttype: 'application/json',
    schemaversion: event.schemaVersion,
    tenant: event.tenant,
    actor: event.actor,
    cause: event.cause,
    traceparent: event.traceparent,
    streamversion: version,
    position,
  });
  return `${head.slice(0, -1)},"data":${event.data}}`;
}
