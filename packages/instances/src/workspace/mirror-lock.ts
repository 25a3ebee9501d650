import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { NovaError } from '@nova/core';

const pollMilliseconds = 20;

/**
 * Takes the lock that a file stands for, waiting for whoever has it, in this process or another. It is a lock of the
 * kernel (SQLite's exclusive one, nothing is ever written), so a killed owner loses it at once.
 */
export async function takeLock(path: string, signal: AbortSignal): Promise<Disposable> {
  for (;;) {
    if (signal.aborted) throw cancelled(signal);
    const lock = tryLock(path);
    if (lock) return lock;
    await pause(pollMilliseconds, undefined, { signal }).catch(() => {});
  }
}

function cancelled(signal: AbortSignal): NovaError {
  if (signal.reason instanceof NovaError) return signal.reason;
  return new NovaError('task.cancelled', 'The call was cancelled while it waited for the mirror; nothing was changed.');
}

function tryLock(path: string): Disposable | null {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (/locked|busy/i.test(String(error))) return null;
    throw error;
  }
  return {
    [Symbol.dispose]() {
      database.exec('ROLLBACK');
      database.close();
    },
  };
}
