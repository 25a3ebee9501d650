import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '@nova/client';
import { type DataFolder, dataFolder, fromErrorRecord, NovaError, toNovaError } from '@nova/core';
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
  let exited: Promise<number | null> | null = null;
  for (;;) {
    const answer = await client.state().catch((thrown: unknown) => toNovaError(thrown));
    if (!(answer instanceof NovaError)) return client;
    if (answer.code !== 'mesh.unreachable') throw answer;
    if (performance.now() > deadline) throw notStarting(folder);
    exited ??= start(folder);
    const exit = await Promise.race([exited.then((code) => ({ code })), delay(wait).then(() => null)]);
    // A server that lost the race for the data folder leaves; the winner answers soon. Any other end is a failure.
    if (exit !== null) {
      const failure = lastFailure(folder);
      if (failure !== null && failure.code !== 'ledger.locked') throw failure;
      exited = null;
      await delay(wait);
    }
    wait = Math.min(wait * 2, longestRetryMs);
  }
}

function start(folder: DataFolder): Promise<number | null> {
  try {
    mkdirSync(folder.logs, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new NovaError(
      'mesh.unreachable',
      `The data folder ${folder.root} cannot be made; name another one in NOVA_HOME.`,
      {
        cause,
      },
    );
  }
  const log = openSync(`${folder.logs}/server.log`, 'a');
  const child = spawn(process.execPath, [serverEntry, 'serve'], {
    detached: true,
    stdio: ['ignore', log, log],
    env: process.env,
  });
  child.unref();
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.once('error', () => resolve(null));
  });
}

function notStarting(folder: DataFolder): NovaError {
  return (
    lastFailure(folder) ??
    new NovaError('mesh.unreachable', `The server does not start. Its log is ${folder.logs}/server.log.`)
  );
}

/** The coded reason that a server wrote when it left. */
function lastFailure(folder: DataFolder): NovaError | null {
  const log = `${folder.logs}/server.log`;
  const line = readFileSync(log, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  try {
    const record: unknown = JSON.parse(line);
    const { code, message } = record as { code?: unknown; message?: unknown };
    if (typeof code !== 'string' || typeof message !== 'string') return null;
    return fromErrorRecord({ code, message });
  } catch {
    return line === '' ? null : new NovaError('internal', `The server ended unexpectedly: ${line}. Its log is ${log}.`);
  }
}
