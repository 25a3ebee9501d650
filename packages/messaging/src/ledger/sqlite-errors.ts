import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ErrorCode, ErrorRecord } from '@nova/core';

/** SQLite's primary result codes that mean something to a person. */
const primary = { busy: 5, readOnly: 8, inputOutput: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 };

/**
 * Why the ledger refuses, in a form that crosses threads. The writer's thread does without core's schemas: loading them takes
 * longer than everything else that it does before its first commit.
 */
export class LedgerRefusal extends Error {
  readonly record: ErrorRecord;

  constructor(code: ErrorCode, message: string, details: Readonly<Record<string, unknown>>, cause?: unknown) {
    super(message, { cause });
    this.record = { code, message, details };
  }
}

/** Translates what SQLite threw about the ledger at `path` into a coded error that says what to do. */
export function refusalOf(thrown: unknown, path: string): LedgerRefusal {
  if (thrown instanceof LedgerRefusal) return thrown;
  const { code, errcode } = (thrown ?? {}) as { code?: unknown; errcode?: unknown };
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  if (code === 'ENOSPC') return diskFull(path, reason, thrown);
  switch (typeof errcode === 'number' ? errcode & 0xff : null) {
    case primary.busy:
      return new LedgerRefusal(
        'ledger.locked',
        `Another program holds the ledger ${path} for writing. This record is not kept, everything acknowledged is. ` +
          `End that program (an open sqlite3 shell, a copy under way) and resume.`,
        { path },
        thrown,
      );
    case primary.corrupt:
    case primary.notADatabase:
      return corruptLedger(path, reason, thrown);
    case primary.full:
      return diskFull(path, reason, thrown);
    case primary.readOnly:
    case primary.cannotOpen:
      return unusableFolder(path, reason, thrown);
    case primary.inputOutput:
      // A full disk surfaces under several input/output codes, depending on which file could not grow.
      if (!hasRoom(path)) return diskFull(path, reason, thrown);
  }
  return new LedgerRefusal(
    'internal',
    `The ledger ${path} cannot be used: ${reason}. What was acknowledged is kept.`,
    { path },
    thrown,
  );
}

/** The ledger at `path` cannot be trusted as it is. */
export function corruptLedger(path: string, reason: string, cause?: unknown): LedgerRefusal {
  return new LedgerRefusal(
    'ledger.corrupt',
    `The ledger ${path} is damaged: ${reason}. Nothing was changed. Stop Nova, keep a copy of the file and of those beside it ` +
      `(-wal, -shm), then restore the last backup, or save what can be read with: sqlite3 '${path}' .recover`,
    { path },
    cause,
  );
}

function diskFull(path: string, reason: string, cause: unknown): LedgerRefusal {
  return new LedgerRefusal(
    'disk.full',
    `The disk that holds ${path} is full. Everything acknowledged is kept, this record is not. Free some space and resume. (${reason})`,
    { path },
    cause,
  );
}

function unusableFolder(path: string, reason: string, cause: unknown): LedgerRefusal {
  return new LedgerRefusal(
    'folder.unusable',
    `The ledger ${path} cannot be opened for writing: ${reason}. What was recorded is kept. Give Nova a folder of yours on a local disk in NOVA_HOME, or put right who may write there.`,
    { path },
    cause,
  );
}

function hasRoom(path: string): boolean {
  try {
    const disk = statfsSync(dirname(path));
    return disk.bavail * disk.bsize > 1024 * 1024;
  } catch {
    return true;
  }
}
