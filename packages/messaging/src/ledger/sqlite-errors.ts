import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { NovaError, toNovaError } from '@nova/core';

const primary = { busy: 5, readOnly: 8, inputOutput: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 };

/** Translates what SQLite threw about the ledger at `path` into a coded error that says what to do. */
export function fromSqliteError(thrown: unknown, path: string): NovaError {
  const extended = (thrown as { errcode?: unknown } | null)?.errcode;
  if (thrown instanceof NovaError || typeof extended !== 'number') return toNovaError(thrown);
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  switch (extended & 0xff) {
    case primary.corrupt:
    case primary.notADatabase:
      return corruptLedger(path, reason, thrown);
    case primary.full:
      return diskFull(path, reason, thrown);
    case primary.inputOutput:
      // A full disk surfaces under several input/output codes, depending on which file could not grow.
      return hasRoom(path) ? toNovaError(thrown) : diskFull(path, reason, thrown);
    default:
      return toNovaError(thrown);
  }
}

/** The ledger at `path` cannot be trusted as it is. */
export function corruptLedger(path: string, reason: string, cause?: unknown): NovaError {
  return new NovaError(
    'ledger.corrupt',
    `The ledger ${path} is damaged: ${reason}. Nothing was changed. Stop Nova, keep a copy of the file and of those beside it ` +
      `(-wal, -shm), then restore the last backup, or save what can be read with: sqlite3 '${path}' .recover`,
    { cause, details: { path } },
  );
}

function diskFull(path: string, reason: string, cause: unknown): NovaError {
  return new NovaError(
    'disk.full',
    `The disk that holds ${path} is full. Everything acknowledged is kept, this record is not. Free some space and resume. (${reason})`,
    { cause, details: { path } },
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
