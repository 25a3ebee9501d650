import type { Blobs } from '@nova/messaging';

/** A piece of a blob, at most `length` bytes from `offset`. */
export async function readPiece(blobs: Blobs, hash: string, offset: number, length: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let missing = length;
  for await (const bytes of blobs.open(hash, { offset })) {
    pieces.push(bytes.subarray(0, missing));
    missing -= Math.min(missing, bytes.length);
    if (missing === 0) break;
  }
  return Buffer.concat(pieces);
}
