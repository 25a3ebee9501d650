/**
 * Every way Nova can fail, as one closed union. A code names the port that failed and what happened;
 * exit codes and HTTP statuses are mapped from it once, at the edge.
 */
export const errorCodes = [
  'usage.invalid',
  'auth.required',
  'auth.refused',
  'auth.origin',
  'http.unknown',
  'http.method',
  'http.malformed',
  'http.too_large',
  'http.media_type',
  'live.limit',
  'listen.in_use',
  'listen.refused',
  'folder.unusable',
  'repository.missing',
  'repository.empty',
  'repository.submodules',
  'repository.lfs',
  'repository.unreadable',
  'repository.readonly',
  'tests.none',
  'tests.pass',
  'tests.timeout',
  'tests.unstable',
  'tests.unloadable',
  'repair.none',
  'review.rejected',
  'gate.failed',
  'environment.unsupported',
  'environment.install_failed',
  'environment.corrupt',
  'sandbox.unavailable',
  'sandbox.lost',
  'sandbox.limit',
  'tool.unknown',
  'tool.input',
  'tool.failed',
  'ledger.conflict',
  'ledger.key_reused',
  'ledger.corrupt',
  'ledger.locked',
  'ledger.closed',
  'blob.unknown',
  'blob.missing',
  'blob.corrupt',
  'journal.input_changed',
  'journal.outcome_unknown',
  'lease.stale',
  'bundle.rejected',
  'branch.moved',
  'apply.conflict',
  'mesh.unreachable',
  'mesh.timeout',
  'mesh.protocol',
  'task.unknown',
  'task.state',
  'task.paused',
  'task.cancelled',
  'budget.exhausted',
  'disk.full',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** What a failure looks like on the wire and in a recorded event. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  /** What happened, what was kept, and what to do next. */
  readonly message: string;
  /** Facts a caller may show or branch on; plain JSON. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** The one error class. Callers branch on `code`; people read `message`. */
export class NovaError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'NovaError';
    this.code = code;
    this.details = options.details;
  }

  toRecord(): ErrorRecord {
    return { code: this.code, message: this.message, details: this.details };
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && (errorCodes as readonly string[]).includes(value);
}

/** Turns whatever was thrown into a `NovaError`; a full disk is recognised wherever it surfaces. */
export function toNovaError(thrown: unknown, fallback: ErrorCode = 'internal'): NovaError {
  if (thrown instanceof NovaError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const systemCode = (thrown as { code?: unknown } | null)?.code;
  if (systemCode === 'ENOSPC' || /no space left on device|database or disk is full/i.test(message)) {
    return new NovaError(
      'disk.full',
      `The disk is full; what was recorded is kept. Free space and resume. (${message})`,
      {
        cause: thrown,
      },
    );
  }
  return new NovaError(fallback, message, { cause: thrown });
}

/** Rebuilds a `NovaError` from its wire form. */
export function fromErrorRecord(record: { code: string; message: string; details?: unknown }): NovaError {
  const code = isErrorCode(record.code) ? record.code : 'internal';
  const details = record.details;
  return new NovaError(
    code,
    record.message,
    typeof details === 'object' && details !== null ? { details: details as Record<string, unknown> } : {},
  );
}
