import { chmodSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { NovaError, toNovaError } from '@nova/core';
import { type ExclusiveLock, takeExclusiveLock } from '../locks/exclusive-lock.ts';

/** What the kernel's address structure holds, less the closing zero. */
const longestPath = 107;

/** A socket that only the owner can reach. */
export interface Listener extends AsyncDisposable {
  readonly server: Server;
}

/**
 * Listens on a socket file (0600) in a folder that only its owner may enter (0700, made when needed). A file that a killed
 * process left is replaced; rejects with `mesh.unreachable` when somebody listens there, whose socket is left alone.
 */
export async function listenOnSocket(path: string, onConnection: (socket: Socket) => void): Promise<Listener> {
  refuseLongPath(path);
  makePrivateFolder(dirname(path));
  // Between two that find the same stale file, the lock decides: else the second would remove the first one's new socket.
  const lock = takeExclusiveLock(`${path}.lock`);
  if (lock === null) throw inUse(path);
  try {
    if (await answers(path)) throw inUse(path);
    rmSync(path, { force: true });
    const server = createServer(onConnection);
    await listening(server, path);
    chmodSync(path, 0o600);
    return listener(server, lock);
  } catch (error) {
    lock[Symbol.dispose]();
    throw toNovaError(error);
  }
}

/** Connects to a socket file. Rejects with `mesh.unreachable`, or as the signal says. */
export async function connectToSocket(path: string): Promise<Socket> {
  refuseLongPath(path);
  const socket = connect(path);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve);
  socket.once('error', reject);
  try {
    await promise;
    return socket;
  } catch (error) {
    socket.destroy();
    throw new NovaError(
      'mesh.unreachable',
      `Nobody answers at ${path}. Nothing was sent; start what should listen there.`,
      {
        cause: error,
        details: { socket: path },
      },
    );
  } finally {
    socket.off('connect', resolve);
    socket.off('error', reject);
  }
}

function listener(server: Server, lock: ExclusiveLock): Listener {
  return {
    server,
    async [Symbol.asyncDispose]() {
      // Closing removes the socket file; only then may another one take the name.
      if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
      lock[Symbol.dispose]();
    },
  };
}

async function listening(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(path, resolve);
  await promise;
  server.off('error', reject);
}

async function answers(path: string): Promise<boolean> {
  try {
    (await connectToSocket(path)).destroy();
    return true;
  } catch {
    return false;
  }
}

function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if ((statSync(folder).mode & 0o077) === 0) return;
  throw new NovaError(
    'usage.invalid',
    `Others may enter ${folder}, so no socket is opened there. Nothing was changed. Use another folder, or: chmod 700 '${folder}'`,
    { details: { folder } },
  );
}

function refuseLongPath(path: string): void {
  const length = Buffer.byteLength(path);
  if (length <= longestPath) return;
  throw new NovaError(
    'usage.invalid',
    `A socket's path may have ${longestPath} bytes; ${path} has ${length}. Choose a shorter data folder (NOVA_HOME).`,
    { details: { socket: path } },
  );
}

function inUse(path: string): NovaError {
  return new NovaError(
    'mesh.unreachable',
    `Another process listens at ${path}; it was left alone. Use that one, or end it first.`,
    {
      details: { socket: path, inUse: true },
    },
  );
}
