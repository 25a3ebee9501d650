import { request as httpRequest } from 'node:http';
import type { Transport } from '@nova/client';
import { NovaError } from '@nova/core';

/** HTTP over the server's unix socket. A socket nobody listens on rejects with `mesh.unreachable`. */
export function socketTransport(socketPath: string): Transport {
  return {
    request: ({ method, path, headers, body, signal }) =>
      new Promise((resolve, reject) => {
        const outgoing = httpRequest(
          { socketPath, method, path, headers: { ...headers, host: 'nova' }, ...(signal ? { signal } : {}) },
          (response) => resolve({ status: response.statusCode ?? 500, headers: response.headers, body: response }),
        );
        outgoing.once('error', (cause) => {
          reject(new NovaError('mesh.unreachable', `The server does not answer on ${socketPath}.`, { cause }));
        });
        outgoing.end(body ?? undefined);
      }),
  };
}
