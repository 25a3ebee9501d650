import type { Transport } from '@nova/client';
import { NovaError } from '@nova/core';

/** Carries the client's requests to the server that served this page; the cookie goes along. */
export const fetchTransport: Transport = {
  async request({ method, path, headers, body, signal }) {
    let response: Response;
    try {
      response = await fetch(path, { method, headers, body, signal, credentials: 'same-origin' });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new NovaError(
        'mesh.unreachable',
        'The server does not answer. What it recorded is kept; this page goes on as soon as the server is back (`nova up`).',
        { cause },
      );
    }
    return { status: response.status, headers: Object.fromEntries(response.headers), body: chunks(response.body) };
  },
};

async function* chunks(stream: ReadableStream<Uint8Array> | null): AsyncIterable<Uint8Array> {
  if (stream === null) return;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
