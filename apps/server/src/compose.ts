import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { homedir, tmpdir, userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type DataFolder, dataFolder, NovaError, systemClock, toNovaError } from '@nova/core';
import { openFolderBlobs, openSqliteLedger } from '@nova/messaging';
import { openAccessToken } from './auth/access-token.ts';
import { Guard } from './auth/guard.ts';
import { HostLink } from './fleet/host-link.ts';
import { createApp } from './http/app.ts';
import { KeyedAnswers } from './http/keyed-answers.ts';
import { addressOf, announce, closeServer, listenOnLoopback, listenOnSocket } from './http/listen.ts';
import { type ApiParts, apiRouter } from './http/operations.ts';
import { pagesRouter } from './http/pages.ts';
import { answerMalformed } from './http/problem.ts';
import { systemIds } from './ids.ts';
import { Lifetime } from './lifetime.ts';
import { LedgerTail } from './live/ledger-tail.ts';
import { serveLive } from './live/serve-live.ts';
import { breakpoint } from './tasks/breakpoint.ts';
import { readMachine } from './tasks/machine.ts';
import { TaskBoard } from './tasks/task-board.ts';
import { TaskRuns } from './tasks/task-runs.ts';
import { FleetBoard } from './views/fleet-board.ts';

const version = '0.1.0';
const hostEntry = fileURLToPath(new URL('../../host/src/main.ts', import.meta.url));
const dashboardFolder = fileURLToPath(new URL('../../dashboard/dist', import.meta.url));

/** The data folder that this process's environment names. */
export function ownDataFolder(): DataFolder {
  const user = userInfo();
  return dataFolder({ env: process.env, home: homedir(), userId: user.uid, temporary: tmpdir() });
}

/**
 * Puts the server together and serves until it is told to leave. With a port it listens on loopback too and stays; without, it
 * leaves when nobody needs it. Rejects with `ledger.locked` when another server works on the same data folder, with
 * `listen.in_use` when another program has the port.
 */
export async function serve(folder: DataFolder, port: number | null): Promise<void> {
  makeFolders(folder);
  await using ledger = await openSqliteLedger({ path: folder.ledger, clock: systemClock, ids: systemIds });
  const web = port === null ? null : await reserve(port, openAccessToken(folder.token));
  const blobs = await openFolderBlobs(folder.blobs);
  await using host = new HostLink(folder, hostEntry);
  await using tail = await LedgerTail.open(ledger);
  const board = new TaskBoard(ledger);
  const actor = `person/${userInfo().username}`;

  const leaving = Promise.withResolvers<void>();
  const runs = new TaskRuns({
    ledger,
    blobs,
    board,
    host,
    clock: systemClock,
    ids: systemIds,
    actor,
    machine: () => readMachine(folder.root),
    onBoundary: breakpoint(process.env),
  });
  using lifetime = new Lifetime(() => runs.runningCount > 0, leaving.resolve);
  using _changes = runs.onChange(() => lifetime.check());
  const startedAt = new Date(systemClock.now()).toISOString();
  const parts: ApiParts = {
    state: { version, pid: process.pid, dataFolder: folder.root, startedAt, url: web && addressOf(web.port) },
    tasks: runs,
    board,
    fleet: new FleetBoard(ledger),
    ledger,
    tail,
    blobs,
    host,
    lifetime,
    answers: new KeyedAnswers(ledger, actor),
  };
  const local = createServer(createApp({ lifetime, api: apiRouter(parts, true), web: null }));
  answerMalformed(local);
  await listenOnSocket(local, folder.serverSocket);
  await using handles = new AsyncDisposableStack();
  if (web) {
    // It stays until it is told to go.
    handles.use(lifetime.clientCame());
    const guard = new Guard(web.token, String(web.port));
    web.server.on(
      'request',
      createApp({ lifetime, api: apiRouter(parts, false), web: { guard, pages: pagesRouter(guard, dashboardFolder) } }),
    );
    // What carries tasks takes long to load; loaded with the first task, it would hold up everybody's live events.
    await import('@nova/agents');
    handles.use(serveLive(web.server, { tail, board, host, guard }));
    handles.use(announce(folder.serverInfo, { pid: process.pid, port: web.port, url: addressOf(web.port), startedAt }));
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => leaving.resolve());
  await runs.resumeUnfinished();
  await leaving.promise;
  await runs.stopAll();
  rmSync(folder.serverSocket, { force: true });
  // Live sockets first: a server waits for its connections.
  await handles.disposeAsync();
  await Promise.all([closeServer(local), web && closeServer(web.server)]);
}

interface Web {
  readonly server: Server;
  readonly port: number;
  readonly token: string;
}

/** Takes the port before anything else is begun, so that a port in use costs nothing. */
async function reserve(port: number, token: string): Promise<Web> {
  const server = createServer();
  answerMalformed(server);
  return { server, token, port: await listenOnLoopback(server, port) };
}

function makeFolders(folder: DataFolder): void {
  try {
    for (const path of [folder.root, folder.blobs, folder.logs, folder.run])
      mkdirSync(path, { recursive: true, mode: 0o700 });
    chmodSync(folder.run, 0o700);
  } catch (cause) {
    const error = toNovaError(cause, 'folder.unusable');
    if (error.code === 'disk.full') throw error;
    throw new NovaError(
      'folder.unusable',
      `The data folder ${folder.root} cannot be used: ${error.message}. What was recorded is kept. Name another one in NOVA_HOME.`,
      { cause },
    );
  }
}
