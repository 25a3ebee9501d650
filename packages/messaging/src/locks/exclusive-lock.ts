import { DatabaseSync } from 'node:sqlite';

/** A lock that one process in the machine can hold; the operating system releases it when the holder dies, however it dies. */
export interface ExclusiveLock extends Disposable {
  readonly path: string;
}

/**
 * Takes the lock named by a file, or returns null at once when somebody else has it. The file stays behind, empty: removing it
 * would let two processes hold locks on two files of one name.
 */
export function takeExclusiveLock(path: string): ExclusiveLock | null {
  // SQLite's own file lock (POSIX advisory, in-process holders included) is the only one that Node reaches without an addon.
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const code = (error as { errcode?: unknown }).errcode;
    if (typeof code === 'number' && (code & 0xff) === sqliteBusy) return null;
    throw error;
  }
  return {
    path,
    [Symbol.dispose]() {
      if (database.isOpen) database.close();
    },
  };
}

const sqliteBusy = 5;
