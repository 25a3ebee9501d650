import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { toNovaError } from '@nova/core';

/** A place that may be reached: a host name or address in lower case, and a port. */
export interface RegistryAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * The only way out of an install sandbox: an HTTP proxy on a unix socket that lets through the package registries.
 * TLS stays end to end (a `CONNECT` tunnel); it holds no credentials and adds none.
 */
export interface RegistryProxy extends AsyncDisposable {
  readonly socket: string;
  /** `host:port` of what was asked for and refused, with how often; bounded to 100 places. */
  refused(): ReadonlyMap<string, number>;
  /** Connections that were let through. */
  allowed(): number;
}

const mostRefusals = 100;

/** Starts listening on `socket`. Rejects with a coded error when the socket cannot be made. */
export async function startRegistryProxy(
  socket: string,
  addresses: readonly RegistryAddress[],
): Promise<RegistryProxy> {
  const open = new Set(addresses.map(({ host, port }) => place(host, port)));
  const refusals = new Map<string, number>();
  const sockets = new Set<Duplex>();
  let passed = 0;

  const permit = (target: string): boolean => {
    if (open.has(target)) {
      passed += 1;
      return true;
    }
    const seen = refusals.get(target);
    if (seen !== undefined || refusals.size < mostRefusals) refusals.set(target, (seen ?? 0) + 1);
    return false;
  };
  const own = <Kind extends Duplex>(stream: Kind): Kind => {
    sockets.add(stream);
    stream.on('close', () => sockets.delete(stream));
    return stream;
  };

  const server = createServer((asked, answer) => forwardPlain(asked, answer, permit));
  server.on('connection', (client: Socket) => own(client));
  server.on('connect', (asked: IncomingMessage, client: Duplex, head: Buffer) => {
    client.on('error', () => client.destroy());
    const target = parseAuthority(asked.url ?? '');
    if (target === null || !permit(place(target.host, target.port))) {
      client.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    tunnel(own(connect(target.port, target.host)), client, head);
  });
  server.on('clientError', (_, client) => client.destroy());

  await listen(server, socket);
  return {
    socket,
    refused: () => refusals,
    allowed: () => passed,
    async [Symbol.asyncDispose]() {
      const closed = server.listening ? once(server, 'close') : Promise.resolve();
      server.close();
      server.closeAllConnections();
      for (const stream of sockets) stream.destroy();
      await closed;
      await rm(socket, { force: true });
    },
  };
}

function tunnel(upstream: Socket, client: Duplex, head: Buffer): void {
  let connected = false;
  upstream.on('connect', () => {
    connected = true;
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (head.length > 0) upstream.write(head);
    upstream.pipe(client);
    client.pipe(upstream);
  });
  upstream.on('error', () => {
    if (connected) client.destroy();
    else client.end('HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
  client.on('close', () => upstream.destroy());
  upstream.on('close', () => {
    if (connected) client.destroy();
  });
}

function forwardPlain(asked: IncomingMessage, answer: ServerResponse, permit: (target: string) => boolean): void {
  const url = URL.parse(asked.url ?? '');
  const port = url === null ? 0 : Number(url.port || 80);
  if (url === null || url.protocol !== 'http:' || !permit(place(url.hostname, port))) {
    answer.writeHead(403, { connection: 'close' }).end();
    return;
  }
  const headers = { ...asked.headers, host: url.host };
  for (const name of ['proxy-connection', 'proxy-authorization', 'connection']) Reflect.deleteProperty(headers, name);
  const upstream = request({
    host: bare(url.hostname),
    port,
    method: asked.method,
    path: `${url.pathname}${url.search}`,
    headers,
  });
  upstream.on('response', (reply) => {
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(answer);
    reply.on('error', () => answer.destroy());
  });
  upstream.on('error', () => {
    if (answer.headersSent) answer.destroy();
    else answer.writeHead(502, { connection: 'close' }).end();
  });
  answer.on('close', () => upstream.destroy());
  asked.pipe(upstream);
}

async function listen(server: Server, socket: string): Promise<void> {
  server.listen(socket);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw toNovaError(cause, 'environment.install_failed');
  }
}

function parseAuthority(text: string): RegistryAddress | null {
  const match = /^(\[[0-9a-f:.]+\]|[^:/\s@]+):(\d{1,5})$/i.exec(text);
  if (match?.[1] === undefined) return null;
  return { host: bare(match[1]), port: Number(match[2]) };
}

function place(host: string, port: number): string {
  return `${bare(host).toLowerCase().replace(/\.$/, '')}:${port}`;
}

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
