import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, maskValue } from '@nova/core';

/** The log is renamed once it is longer; one older file is kept. */
const longestBytes = 16 * 1024 * 1024;

/** One fact: what happened, and plain JSON about it. */
export type Log = (event: string, facts?: Readonly<Record<string, unknown>>) => void;

/** Writes one JSON object a line. A log that cannot be written stops nothing. */
export function openLog(path: string, clock: Clock): Log {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return (event, facts = {}) => {
    const line = JSON.stringify(maskValue({ time: new Date(clock.now()).toISOString(), event, ...facts }));
    try {
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > longestBytes) renameSync(path, `${path}.1`);
      appendFileSync(path, `${line}\n`, { mode: 0o600 });
    } catch {
      // A full disk shows in the calls themselves.
    }
  };
}
