import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { homedir, tmpdir, userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '@nova/client';
import { type DataFolder, dataFolder, fromErrorRecord, NovaError, toNovaError } from '@nova/core';
import { makeFolder } from './make-folder.ts';
import { socketTransport } from './socket-transport.ts';

/** The server's main file; the command line starts it and speaks to it, and imports nothing of it. */
export const serverEntry = fileURLToPath(new URL('../../../server/src/main.ts', import.meta.url));

const startTimeoutMs = 20_000;
const firstRetryMs = 5;
const longestRetryMs = 100;

/** The data folder that this process's environment names. */
export function ownDataFolder(): DataFolder {
  return dataFolder({ env: process.env, home: homedir(), userId: userInfo().uid, temporary: tmpdir() });
}

/** A client whose server answers; one is started when none does. */
export async function connect(): Promise<Client> {
  const folder = ownDataFolder();
  const client = createClient(socketTransport(folder.serverSocket));
  const deadline = performance.now() + startTimeoutMs;
  let wait = firstRetryMs;
  let early: Promise<EarlyEnd> | null = null;
  for (;;) {
    const answer = await client.state().catch((thrown: unknown) => toNovaError(thrown));
    if (!(answer instanceof NovaError)) return client;
    if (answer.code !== 'mesh.unreachable') throw answer;
    if (performance.now() > deadline) throw notStarting(folder);
    early ??= start(folder);
    const end = await Promise.race([early, delay(wait).then(() => null)]);
    // A server that lost the race for the data folder leaves; the winner answers soon. Any other end is a failure.
    if (end !== null) {
      if (end.failure !== null && end.failure.code !== 'ledger.locked') throw end.failure;
      early = null;
      await delay(wait);
    }
    wait = Math.min(wait * 2, longestRetryMs);
  }
}

/** How a server that was started here ended, before it answered. */
interface EarlyEnd {
  /** The coded reason it gave; null when it gave none. */
  readonly failure: NovaError | null;
}

function start(folder: DataFolder): Promise<EarlyEnd> {
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
  // The fourth descriptor carries the reason of a failed start: a log on a full disk could not.
  const child = spawn(process.execPath, [serverEntry, 'serve'], {
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

function notStarting(folder: DataFolder): NovaError {
  return new NovaError(
    'mesh.unreachable',
    `The server does not start. Its log is ${folder.logs}/server.log; what was recorded is kept.`,
  );
}
