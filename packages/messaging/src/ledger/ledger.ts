import type { NewEvent, RecordedEvent } from '@nova/core';

/** Where a stream is expected to stand before an append: its version (0: does not exist), or `any` when order is not contested. */
export type ExpectedVersion = number | 'any';

export interface AppendOptions {
  readonly expectedVersion: ExpectedVersion;
  /**
   * Permanent idempotency key, unique in the whole ledger. The same key with the same events is a no-op that returns
   * the first outcome, whatever `expectedVersion` says; with other content it fails with `ledger.key_reused`.
   */
  readonly key: string;
}

export interface AppendOutcome {
  /** Version of the stream after the append. */
  readonly version: number;
  /** Global position of the append's last event. */
  readonly position: number;
  /** True when the key had been used before and nothing was written. */
  readonly repeated: boolean;
}

export interface LedgerCheck {
  readonly events: number;
  readonly streams: number;
}

/** Which events of a stream are wanted; all of them when nothing is said. */
export interface StreamRange {
  readonly fromVersion?: number;
  readonly after?: number;
  readonly limit?: number;
}

/** The reading half, which any number of processes may open beside the one that writes. */
export interface LedgerReader extends AsyncDisposable {
  /**
   * Events of one stream in order, from a version or strictly after a global position on, at most `limit`; empty for a
   * stream that does not exist.
   */
  read(stream: string, options?: StreamRange): Promise<RecordedEvent[]>;
  /** Events of all streams in order of their position, strictly after `after`; at most `limit` (default 512). */
  readAll(options: { readonly after: number; readonly limit?: number }): Promise<RecordedEvent[]>;
  /** Position of the last event; 0 when there is none. */
  head(): Promise<number>;
  /** Reads everything and rejects with `ledger.corrupt` when an event is missing, changed or out of place. */
  verify(): Promise<LedgerCheck>;
}

/** Durable, ordered facts; the place where a race is decided. */
export interface Ledger extends LedgerReader {
  /**
   * Records events of one stream, all or none. Resolves when they are on stable storage. Credentials are masked before
   * anything is written; data of a type in the catalogue must have its shape. Appends issued in order by one caller get
   * positions in that order. Rejects with `ledger.conflict`, `ledger.key_reused`, `disk.full` (nothing was
   * written, later appends work once there is space) or `ledger.closed`.
   */
  append(stream: string, events: readonly NewEvent[], options: AppendOptions): Promise<AppendOutcome>;
  /**
   * Every event after a position, first the recorded ones, then those appended from now on: in order, none twice, none left out.
   * Ends when the signal aborts or the ledger closes. A slow subscriber costs no memory: it reads when it is ready.
   */
  subscribe(options: { readonly after: number; readonly signal: AbortSignal }): AsyncIterable<RecordedEvent>;
}
