import type { Transport } from '@nova/client';

/** Asks a server on loopback with its token. */
export function bearerTransport(url: string, token: string): Transport {
  return {
    async request({ method, path, headers, body, signal }) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { ...headers, authorization: `Bearer ${token}` },
        body,
        signal,
      });
      return { status: response.status, headers: Object.fromEntries(response.headers), body: chunks(response.body) };
    },
  };
}

async function* chunks(body: ReadableStream<Uint8Array> | null): AsyncIterable<Uint8Array> {
  if (body !== null) yield* body;
}
