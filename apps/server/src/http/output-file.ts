import { once } from 'node:events';
import type { Response } from 'express';

interface Piece {
  readonly bytes: Uint8Array;
  readonly size: number;
}

/**
 * Answers with all that there is of an output at this moment, as a file to keep, piece by piece as the asker takes it. A browser
 * shows nothing of it: what commands print is data. When less is kept than there was, the answer is cut, and the asker knows.
 */
export async function sendOutputFile(
  response: Response,
  name: string,
  read: (offset: number) => Promise<Piece>,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const { size, ...first } = await read(0);
  response.attachment(name).type('text/plain; charset=utf-8').set('Content-Length', String(size));
  let { bytes } = first;
  for (let sent = 0; ; ) {
    const rest = bytes.subarray(0, size - sent);
    sent += rest.length;
    if (rest.length > 0 && !response.write(rest)) {
      await once(response, 'drain', { signal: gone.signal }).catch(() => {});
    }
    if (sent === size || gone.signal.aborted) break;
    const next = await read(sent);
    if (next.size < size || next.bytes.length === 0) {
      response.destroy();
      return;
    }
    bytes = next.bytes;
  }
  response.end();
}
