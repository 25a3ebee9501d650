import { hash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  type Clock,
  createEventReader,
  type EventReader,
  fromErrorRecord,
  type Ids,
  maskValue,
  type NewEvent,
  NovaError,
  type RecordedEvent,
} from '@nova/core';
import { canonicalJson } from './canonical-json.ts';
import type { AppendOptions, AppendOutcome, Ledger, LedgerCheck, StreamRange } from './ledger.ts';
import { closedLedger, SqliteReader } from './sqlite-reader.ts';
import type { AppendReply, FromWriter, PlacelessEvent, ToWriter } from './writer-protocol.ts';

export interface SqliteLedgerOptions {
  /** The database file; its folder is made. Beside it lie `-wal`, `-shm` and the writer's `.lock`. */
  readonly path: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly ids: Pick<Ids, 'event'>;
  readonly eventReader?: EventReader;
}

/**
 * Opens the ledger for writing. Rejects at once with `ledger.locked` when another process, or this one, already does; with
 * `ledger.corrupt` when the file is not a sound ledger; with `disk.full`.
 */
export async function openSqliteLedger(options: SqliteLedgerOptions): Promise<Ledger> {
  const eventReader = options.eventReader ?? createEventReader();
  mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
  const worker = new Worker(new URL('./sqlite-writer.ts', import.meta.url), { workerData: { path: options.path } });
  await started(worker);
  syncFolder(dirname(options.path));
  try {
    return new SqliteLedger(options, eventReader, worker, new SqliteReader(options.path, eventReader));
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

interface PendingAppend {
  readonly promise: Promise<AppendOutcome>;
  readonly resolve: (outcome: AppendOutcome) => void;
  readonly reject: (error: NovaError) => void;
}

class SqliteLedger implements Ledger {
  readonly #options: SqliteLedgerOptions;
  readonly #eventReader: EventReader;
  readonly #worker: Worker;
  readonly #reader: SqliteReader;
  readonly #pending = new Map<number, PendingAppend>();
  readonly #sleepers = new Set<() => void>();
  readonly #writerEnded: Promise<void>;
  #calls = 0;
  #closed = false;

  constructor(options: SqliteLedgerOptions, eventReader: EventReader, worker: Worker, reader: SqliteReader) {
    this.#options = options;
    this.#eventReader = eventReader;
    this.#worker = worker;
    this.#reader = reader;
    const ended = Promise.withResolvers<void>();
    this.#writerEnded = ended.promise;
    worker.on('message', (message: FromWriter) => {
      if (message.kind === 'replies') this.#settle(message.replies);
    });
    // An error is followed by `exit`, which settles everything; without a listener it would end the process.
    worker.on('error', (error) => this.#end(error));
    worker.on('exit', () => {
      this.#end();
      ended.resolve();
    });
  }

  async append(stream: string, events: readonly NewEvent[], options: AppendOptions): Promise<AppendOutcome> {
    if (this.#closed) throw closedLedger(this.#options.path);
    if (stream === '' || options.key === '' || events.length === 0) {
      throw new NovaError('internal', 'An append needs a stream, a key and at least one event. Nothing was recorded.');
    }
    const time = new Date(this.#options.clock.now()).toISOString();
    const masked = events.map((event): PlacelessEvent => {
      const data = canonicalJson(maskValue(event.data));
      this.#eventReader.check({ ...event, data: JSON.parse(data) });
      const { type, schemaVersion, tenant, actor, cause, traceparent } = event;
      return { id: this.#options.ids.event(), time, type, schemaVersion, tenant, actor, cause, traceparent, data };
    });
    const call = ++this.#calls;
    const reply = Promise.withResolvers<AppendOutcome>();
    this.#pending.set(call, reply);
    this.#send({
      kind: 'append',
      command: {
        call,
        stream,
        key: options.key,
        content: contentHash(stream, masked),
        expectedVersion: options.expectedVersion,
        events: masked,
      },
    });
    return reply.promise;
  }

  async *subscribe(options: { readonly after: number; readonly signal: AbortSignal }): AsyncGenerator<RecordedEvent> {
    const { signal } = options;
    let after = options.after;
    while (!this.#closed && !signal.aborted) {
      const page = await this.#reader.readAll({ after, limit: 256 });
      for (const event of page) {
        if (signal.aborted) return;
        after = event.position;
        yield event;
      }
      if (page.length === 0) await this.#nextCommit(after, signal);
    }
  }

  /** Resolves when there may be something after a position, when the signal aborts, or when the ledger closes. */
  async #nextCommit(after: number, signal: AbortSignal): Promise<void> {
    const woken = Promise.withResolvers<void>();
    const wake = (): void => woken.resolve();
    // Enrolled before the head is read: a commit in between wakes, a commit before it is seen.
    this.#sleepers.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    try {
      if (this.#closed || signal.aborted || (await this.#reader.head()) > after) return;
      await woken.promise;
    } finally {
      this.#sleepers.delete(wake);
      signal.removeEventListener('abort', wake);
    }
  }

  read(stream: string, options?: StreamRange): Promise<RecordedEvent[]> {
    return this.#reader.read(stream, options);
  }

  readAll(options: { readonly after: number; readonly limit?: number }): Promise<RecordedEvent[]> {
    return this.#reader.readAll(options);
  }

  head(): Promise<number> {
    return this.#reader.head();
  }

  verify(): Promise<LedgerCheck> {
    return this.#reader.verify();
  }

  #send(message: ToWriter): void {
    this.#worker.postMessage(message);
  }

  #settle(replies: readonly AppendReply[]): void {
    for (const reply of replies) {
      const pending = this.#pending.get(reply.call);
      this.#pending.delete(reply.call);
      if ('outcome' in reply) pending?.resolve(reply.outcome);
      else pending?.reject(fromErrorRecord(reply.failure));
    }
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#sleepers) wake();
  }

  #end(cause?: unknown): void {
    this.#closed = true;
    for (const pending of this.#pending.values()) {
      pending.reject(
        new NovaError(
          'ledger.closed',
          `The ledger's writer ended before it confirmed this record. It may or may not be on disk; append it again with the same key after reopening.`,
          { cause },
        ),
      );
    }
    this.#pending.clear();
    this.#wakeAll();
  }

  /** Waits for appends under way, then closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    const open = !this.#closed;
    this.#closed = true;
    this.#wakeAll();
    await Promise.allSettled([...this.#pending.values()].map(({ promise }) => promise));
    // The writer goes last: the last connection to close folds the write-ahead log into the file, and a reader cannot.
    await this.#reader[Symbol.asyncDispose]();
    if (open) this.#send({ kind: 'close' });
    await this.#writerEnded;
  }
}

/** What a key stands for. The trace context is left out: a retry belongs to another trace and is still the same fact. */
function contentHash(stream: string, events: readonly PlacelessEvent[]): string {
  const content = events.map(({ type, schemaVersion, tenant, actor, cause, data }) => ({
    type,
    schemaVersion,
    tenant,
    actor,
    cause,
    data,
  }));
  return hash('sha256', canonicalJson({ stream, content }));
}

async function started(worker: Worker): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onMessage = (message: FromWriter): void => {
    if (message.kind === 'ready') resolve();
    if (message.kind === 'failed') reject(fromErrorRecord(message.failure));
  };
  worker.once('message', onMessage);
  worker.once('error', reject);
  try {
    await promise;
  } catch (error) {
    await worker.terminate();
    throw error;
  } finally {
    worker.off('message', onMessage);
    worker.off('error', reject);
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
