import type { DatabaseSync } from 'node:sqlite';
import { corruptLedger } from './sqlite-errors.ts';

const applicationId = 0x4e_4f_56_41;
const schemaVersion = 1;

/** Released schemas are never edited; a later version adds a migration. */
const schema = `
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    -- The whole CloudEvents envelope as JSON.
    event TEXT NOT NULL,
    -- SHA-256 over the previous event's hash and this event's text.
    hash BLOB NOT NULL,
    UNIQUE (stream, version)
  ) STRICT;
  CREATE TABLE keys (
    key TEXT PRIMARY KEY,
    content TEXT NOT NULL,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

/** Makes a new file a ledger, and refuses one that is something else or comes from a later version. */
export function prepareSchema(database: DatabaseSync, path: string): void {
  if (pragma(database, 'application_id') === 0 && countTables(database) === 0) {
    database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`);
    return;
  }
  checkSchema(database, path);
}

/** Rejects a file that is not a ledger of this version. */
export function checkSchema(database: DatabaseSync, path: string): void {
  if (pragma(database, 'application_id') !== applicationId) {
    throw corruptLedger(path, 'the file is a database, but not a ledger');
  }
  const version = pragma(database, 'user_version');
  if (version !== schemaVersion) {
    throw corruptLedger(
      path,
      `its format ${version} is not the format ${schemaVersion} that this version of Nova reads`,
    );
  }
}

/** True for a file that holds nothing at all yet, as one whose maker died at once. */
export function isBlank(database: DatabaseSync): boolean {
  return pragma(database, 'application_id') === 0 && countTables(database) === 0;
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}

function countTables(database: DatabaseSync): number {
  return Number(database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables'] ?? 0);
}
