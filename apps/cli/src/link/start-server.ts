import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type DataFolder, fromErrorRecord, NovaError, toNovaError } from '@nova/core';
import { makeFolder } from './make-folder.ts';

/** The server's main file; the command line starts it and speaks to it, and imports nothing of it. */
export const serverEntry = fileURLToPath(new URL('../../../server/src/main.ts', import.meta.url));

/** How a server that was started here ended, before it answered. */
export interface EarlyEnd {
  /** The coded reason it gave; null when it gave none. */
  readonly failure: NovaError | null;
}

/**
 * Starts a server as a process of its own; resolves only if it ends. With a port it stays until it is told to leave and
 * listens there, too; without one it leaves when nobody needs it.
 */
export function startServer(folder: DataFolder, port: number | null): Promise<EarlyEnd> {
  let log: number;
  makeFolder(folder.logs, folder.root);
  try {
    log = openSync(`${folder.logs}/server.log`, 'a', 0o600);
  } catch (cause) {
    const error = toNovaError(cause);
    if (error.code === 'disk.full') throw error;
    throw new NovaError(
      'folder.unusable',
      `The data folder ${folder.root} cannot be used: ${error.message}. Name another one in NOVA_HOME.`,
      { cause },
    );
  }
  const staying = port === null ? [] : ['--stay', '--port', String(port)];
  // The fourth descriptor carries the reason of a failed start: a log on a full disk could not.
  const child = spawn(process.execPath, [serverEntry, 'serve', ...staying], {
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
    env: { ...process.env, NOVA_START_REPORT: '3' },
  });
  child.unref();
  const reason = child.stdio[3] as Socket;
  reason.unref();
  let said = '';
  reason.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  reason.on('error', () => {});
  return new Promise((resolve) => {
    child.once('close', () => resolve({ failure: failureIn(said) }));
    child.once('error', (cause) => resolve({ failure: toNovaError(cause) }));
  });
}

function failureIn(text: string): NovaError | null {
  try {
    const { code, message } = JSON.parse(text) as { code?: unknown; message?: unknown };
    return typeof code === 'string' && typeof message === 'string' ? fromErrorRecord({ code, message }) : null;
  } catch {
    return null;
  }
}
