import { homedir, tmpdir, userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, createClient } from '@nova/client';
import { type DataFolder, dataFolder, NovaError, toNovaError } from '@nova/core';
import { patiently } from '../terminal/patience.ts';
import { serverNotice } from './server-process.ts';
import { socketTransport } from './socket-transport.ts';
import { type EarlyEnd, startServer } from './start-server.ts';

const startTimeoutMs = 20_000;
const firstRetryMs = 5;
const longestRetryMs = 100;
const triesOfOneQuestion = 5;

/** The data folder that this process's environment names. */
export function ownDataFolder(): DataFolder {
  return dataFolder({ env: process.env, home: homedir(), userId: userInfo().uid, temporary: tmpdir() });
}

/** A client of the server that runs; null when none does. */
export async function connectIfRunning(): Promise<Client | null> {
  const client = createClient(socketTransport(ownDataFolder().serverSocket));
  const answer = await client.state().catch((thrown: unknown) => toNovaError(thrown));
  if (!(answer instanceof NovaError)) return client;
  if (answer.code === 'mesh.unreachable') return null;
  throw answer;
}

/**
 * A client whose server answers. Where none does one is started: as it was, when one that `nova up` left running has died, else
 * one that leaves when nobody needs it.
 */
export function connect(): Promise<Client> {
  return patiently('starting the server', connectOrStart());
}

async function connectOrStart(): Promise<Client> {
  const folder = ownDataFolder();
  const left = serverNotice(folder);
  try {
    return await untilAnswering(folder, left?.port ?? null);
  } catch (thrown) {
    // Somebody else took the port of the one that died.
    if (left === null || toNovaError(thrown).code !== 'listen.in_use') throw thrown;
    return untilAnswering(folder, null);
  }
}

/**
 * Puts a question to the server. A server that dies under it is started again and asked the same; a write is safe, because it
 * carries its key.
 */
export async function ask<Answer>(question: (client: Client) => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const client = await connect();
    try {
      return await question(client);
    } catch (thrown) {
      if (tries === triesOfOneQuestion || !isDisconnection(thrown)) throw thrown;
    }
  }
}

/** True when the server, or the line to it, was lost under a question. */
export function isDisconnection(thrown: unknown): boolean {
  if (thrown instanceof NovaError) return thrown.code === 'mesh.unreachable';
  const { code } = toNovaError(thrown);
  return code === 'internal' && /aborted|terminated|ECONNRESET|socket hang up/i.test(String(thrown));
}

/** Resolves when a server answers; starts one, staying on this port if one is given, when none does. */
export async function untilAnswering(folder: DataFolder, port: number | null): Promise<Client> {
  const client = createClient(socketTransport(folder.serverSocket));
  const deadline = performance.now() + startTimeoutMs;
  let wait = firstRetryMs;
  let early: Promise<EarlyEnd> | null = null;
  for (;;) {
    const answer = await client.state().catch((thrown: unknown) => toNovaError(thrown));
    if (!(answer instanceof NovaError)) return client;
    if (answer.code !== 'mesh.unreachable') throw answer;
    if (performance.now() > deadline) throw notStarting(folder);
    early ??= startServer(folder, port);
    const end = await Promise.race([early, delay(wait).then(() => null)]);
    if (end !== null) {
      // A server that lost the race for the data folder leaves; the winner answers soon. Any other end is a failure.
      if (end.failure !== null && end.failure.code !== 'ledger.locked') throw end.failure;
      early = null;
      await delay(wait);
    }
    wait = Math.min(wait * 2, longestRetryMs);
  }
}

function notStarting(folder: DataFolder): NovaError {
  return new NovaError(
    'mesh.unreachable',
    `The server does not start. Its log is ${folder.logs}/server.log; what was recorded is kept.`,
  );
}
