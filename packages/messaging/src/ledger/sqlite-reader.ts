import { existsSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createEventReader, type EventReader, NovaError, type RecordedEvent, recordedEventSchema } from '@nova/core';
import type { LedgerCheck, LedgerReader, StreamRange } from './ledger.ts';
import { corruptLedger, refusalOf } from './sqlite-errors.ts';
import { checkSchema, isBlank, prepareSchema } from './sqlite-schema.ts';
import { chainHash, chainStart } from './sqlite-store.ts';

const defaultPage = 512;

/**
 * Opens a ledger for reading, beside whoever writes it. A ledger that does not exist yet reads as empty.
 * Rejects with `ledger.corrupt` when the file is not a ledger.
 */
export async function openSqliteLedgerReader(options: {
  readonly path: string;
  readonly eventReader?: EventReader;
}): Promise<LedgerReader> {
  return new SqliteReader(options.path, options.eventReader ?? createEventReader());
}

/** The reading connection. Queries are short and synchronous; nothing is held open between them, so checkpoints are never blocked. */
export class SqliteReader implements LedgerReader {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #eventReader: EventReader;
  readonly #readStream: StatementSync;
  readonly #readAll: StatementSync;
  readonly #readHead: StatementSync;

  constructor(path: string, eventReader: EventReader) {
    this.#path = path;
    this.#eventReader = eventReader;
    this.#database = openForReading(path);
    this.#readStream = this.#prepare(
      'SELECT position, event FROM events WHERE stream = ? AND version >= ? AND position > ? ORDER BY version LIMIT ?',
    );
    this.#readAll = this.#prepare('SELECT position, event FROM events WHERE position > ? ORDER BY position LIMIT ?');
    this.#readHead = this.#prepare('SELECT max(position) AS head FROM events');
  }

  async read(stream: string, { fromVersion = 1, after = 0, limit = -1 }: StreamRange = {}): Promise<RecordedEvent[]> {
    return this.#parse(() => this.#readStream.all(stream, fromVersion, after, limit));
  }

  async readAll(options: { readonly after: number; readonly limit?: number }): Promise<RecordedEvent[]> {
    return this.#parse(() => this.#readAll.all(options.after, options.limit ?? defaultPage));
  }

  async head(): Promise<number> {
    return this.#guard(() => Number(this.#readHead.get()?.['head'] ?? 0));
  }

  async verify(): Promise<LedgerCheck> {
    const complaint = this.#guard(() => this.#database.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check']);
    if (complaint !== 'ok') throw this.#corrupt(String(complaint));
    const check = await this.#walkChain();
    const orphan = this.#guard(() =>
      this.#database
        .prepare(
          'SELECT key FROM keys WHERE NOT EXISTS (SELECT 1 FROM events WHERE events.position = keys.position AND events.version = keys.version) LIMIT 1',
        )
        .get(),
    );
    if (orphan !== undefined && check.events > 0) {
      throw this.#corrupt(`the idempotency key ${String(orphan['key'])} stands for an event that is not there`);
    }
    return check;
  }

  async #walkChain(): Promise<LedgerCheck> {
    const page = this.#database.prepare(
      'SELECT position, stream, version, event, hash FROM events WHERE position > ? ORDER BY position LIMIT 1000',
    );
    const versions = new Map<string, number>();
    let previous = chainStart;
    let position = 0;
    for (let rows = this.#guard(() => page.all(0)); rows.length > 0; rows = this.#guard(() => page.all(position))) {
      for (const row of rows) {
        position += 1;
        const stream = String(row['stream']);
        const version = (versions.get(stream) ?? 0) + 1;
        if (row['position'] !== position) throw this.#corrupt(`the event at position ${position} is missing`);
        if (row['version'] !== version) throw this.#corrupt(`version ${version} of the stream ${stream} is missing`);
        const text = String(row['event']);
        const event = this.#parseEvent(position, text);
        if (event.subject !== stream || event.streamversion !== version || event.position !== position) {
          throw this.#corrupt(`the event at position ${position} is out of place`);
        }
        previous = chainHash(previous, text);
        if (Buffer.compare(previous, row['hash'] as Uint8Array) !== 0) {
          throw this.#corrupt(`the event at position ${position}, or one before it, was changed`);
        }
        versions.set(stream, version);
      }
      // A long ledger must not keep the thread from its other work.
      await nextTurn();
    }
    return { events: position, streams: versions.size };
  }

  #parse(query: () => ReturnType<StatementSync['all']>): RecordedEvent[] {
    return this.#guard(query).map((row) => this.#parseEvent(Number(row['position']), String(row['event'])));
  }

  #parseEvent(position: number, text: string): RecordedEvent {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      throw this.#corrupt(`the event at position ${position} is not JSON`, error);
    }
    const parsed = recordedEventSchema.safeParse(json);
    if (!parsed.success) throw this.#corrupt(`the event at position ${position} is no envelope`, parsed.error);
    return this.#eventReader.lift(parsed.data);
  }

  #prepare(query: string): StatementSync {
    return this.#guard(() => this.#database.prepare(query));
  }

  #corrupt(reason: string, cause?: unknown): NovaError {
    return asNovaError(corruptLedger(this.#path, reason, cause), this.#path);
  }

  #guard<T>(query: () => T): T {
    if (!this.#database.isOpen) throw closedLedger(this.#path);
    try {
      return query();
    } catch (error) {
      throw asNovaError(error, this.#path);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** The ledger at `path` was closed by this process. */
export function closedLedger(path: string): NovaError {
  return new NovaError(
    'ledger.closed',
    `The ledger ${path} is closed. What was acknowledged is kept; open it again to go on.`,
    {
      details: { path },
    },
  );
}

function asNovaError(thrown: unknown, path: string): NovaError {
  const { record, cause } = refusalOf(thrown, path);
  return new NovaError(record.code, record.message, { cause, ...(record.details && { details: record.details }) });
}

function openForReading(path: string): DatabaseSync {
  if (!existsSync(path)) return emptyLedger(path);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
    if (isBlank(database)) {
      database.close();
      return emptyLedger(path);
    }
    checkSchema(database, path);
    return database;
  } catch (error) {
    if (database?.isOpen) database.close();
    throw asNovaError(error, path);
  }
}

function emptyLedger(path: string): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  prepareSchema(database, path);
  return database;
}
