import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { homedir, tmpdir, userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type DataFolder, dataFolder, NovaError, systemClock } from '@nova/core';
import { openFolderBlobs, openSqliteLedger } from '@nova/messaging';
import { HostLink } from './fleet/host-link.ts';
import { createApp } from './http/app.ts';
import { taskRoutes } from './http/tasks.ts';
import { systemIds } from './ids.ts';
import { Lifetime } from './lifetime.ts';
import { breakpoint } from './tasks/breakpoint.ts';
import { readMachine } from './tasks/machine.ts';
import { TaskBoard } from './tasks/task-board.ts';
import { TaskRuns } from './tasks/task-runs.ts';

const version = '0.1.0';
const hostEntry = fileURLToPath(new URL('../../host/src/main.ts', import.meta.url));

/** The data folder that this process's environment names. */
export function ownDataFolder(): DataFolder {
  const user = userInfo();
  return dataFolder({ env: process.env, home: homedir(), userId: user.uid, temporary: tmpdir() });
}

/**
 * Puts the server together and serves until it is told to leave or nobody needs it. Rejects with `ledger.locked` when
 * another server works on the same data folder.
 */
export async function serve(folder: DataFolder): Promise<void> {
  for (const path of [folder.root, folder.blobs, folder.logs, folder.run])
    mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(folder.run, 0o700);
  await using ledger = await openSqliteLedger({ path: folder.ledger, clock: systemClock, ids: systemIds });
  const blobs = await openFolderBlobs(folder.blobs);
  await using host = new HostLink(folder, hostEntry);
  const board = new TaskBoard(ledger);

  const leaving = Promise.withResolvers<void>();
  const runs = new TaskRuns({
    ledger,
    blobs,
    board,
    host,
    clock: systemClock,
    ids: systemIds,
    actor: `person/${userInfo().username}`,
    machine: () => readMachine(folder.root),
    onBoundary: breakpoint(process.env),
  });
  using lifetime = new Lifetime(() => runs.runningCount > 0, leaving.resolve);
  using _changes = runs.onChange(() => lifetime.check());
  const state = { version, pid: process.pid, dataFolder: folder.root, startedAt: new Date().toISOString(), url: null };
  const routes = taskRoutes({ board, runs, ledger, host });
  const http = createServer(createApp(state, [routes], lifetime));
  // This process holds the ledger, so a socket file that is there belongs to a server that is gone.
  rmSync(folder.serverSocket, { force: true });
  await new Promise<void>((resolve, reject) => {
    http.once('error', (cause) =>
      reject(new NovaError('mesh.unreachable', `The server cannot listen on ${folder.serverSocket}.`, { cause })),
    );
    http.listen(folder.serverSocket, resolve);
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => leaving.resolve());
  await runs.resumeUnfinished();
  await leaving.promise;
  await runs.stopAll();
  rmSync(folder.serverSocket, { force: true });
  const closed = new Promise((resolve) => http.close(resolve));
  // Answers under way get out before the rest is cut.
  http.closeIdleConnections();
  setImmediate(() => http.closeAllConnections());
  await closed;
}
