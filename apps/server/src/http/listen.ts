import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServerInfo } from '@nova/client';
import { NovaError } from '@nova/core';

const loopback = '127.0.0.1';

/** Listens on a unix socket. What is there belongs to a server that is gone: the caller holds the data folder. */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  rmSync(path, { force: true });
  await listening(server, { path }).catch((cause: unknown) => {
    throw new NovaError('mesh.unreachable', `The server cannot listen on ${path}.`, { cause });
  });
}

/** Listens on this machine's loopback address only; 0 takes any free port. Resolves with the port. */
export async function listenOnLoopback(server: Server, port: number): Promise<number> {
  await listening(server, { port, host: loopback }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EADDRINUSE') {
      throw new NovaError('listen.in_use', `Another program listens on port ${port}. Choose another one with --port.`, {
        cause,
      });
    }
    throw new NovaError('listen.refused', `The server may not listen on port ${port} (${cause.message}).`, { cause });
  });
  return (server.address() as AddressInfo).port;
}

export function addressOf(port: number): string {
  return `http://${loopback}:${port}`;
}

/** Says where the server is, for as long as the result is not disposed. Written whole or not at all. */
export function announce(path: string, info: ServerInfo): Disposable {
  writeFileSync(`${path}.new`, `${JSON.stringify(info)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
}

/** Lets answers under way get out, then cuts what remains. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  setImmediate(() => server.closeAllConnections());
  await closed;
}

async function listening(server: Server, where: { path: string } | { port: number; host: string }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
