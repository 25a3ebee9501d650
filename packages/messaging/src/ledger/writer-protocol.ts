import type { ErrorRecord } from '@nova/core';
import type { AppendOutcome, ExpectedVersion } from './ledger.ts';

/** An event on its way to the writer: an envelope still without its place. */
export interface PlacelessEvent {
  readonly id: string;
  readonly time: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly tenant: string;
  readonly actor: string;
  readonly cause: string | null;
  readonly traceparent: string | null;
  /** Canonical JSON. */
  readonly data: string;
}

export interface AppendCommand {
  readonly call: number;
  readonly stream: string;
  readonly key: string;
  /** Hash of what the key stands for. */
  readonly content: string;
  readonly expectedVersion: ExpectedVersion;
  readonly events: readonly PlacelessEvent[];
}

export type AppendReply =
  | { readonly call: number; readonly outcome: AppendOutcome }
  | { readonly call: number; readonly failure: ErrorRecord };

/** Ledger to writer. */
export type ToWriter = { readonly kind: 'append'; readonly command: AppendCommand } | { readonly kind: 'close' };

/** Writer to ledger. `ready` or `failed` comes first, once. */
export type FromWriter =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly failure: ErrorRecord }
  | { readonly kind: 'replies'; readonly replies: readonly AppendReply[] };
