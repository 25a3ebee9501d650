import { hash } from 'node:crypto';
import { NovaError } from '@nova/core';
import type { z } from 'zod';
import { canonicalJson } from '../ledger/canonical-json.ts';

/** What can be stored: bytes at once, or a stream of them of any length. */
export type BlobContent = Uint8Array | AsyncIterable<Uint8Array>;

/** Content by its hash (SHA-256, lower-case hex). Content never changes, so every operation may be repeated. */
export interface Blobs {
  /**
   * Stores content and resolves with its hash once it is on stable storage. Storing what is there already is a no-op, and heals
   * it when it was damaged. Rejects with `disk.full`; a rejected or killed put leaves nothing under the hash.
   */
  put(content: BlobContent): Promise<string>;
  /** The whole content. Rejects with `blob.missing`, or `blob.corrupt` when the stored bytes do not have this hash. */
  get(hash: string): Promise<Uint8Array>;
  /**
   * The content from a byte offset, in pieces. The whole is checked on the way: the last step rejects with `blob.corrupt`
   * when the stored bytes do not have this hash. Rejects with `blob.missing` before the first piece.
   */
  open(hash: string, options?: { readonly offset?: number }): AsyncIterable<Uint8Array>;
  /** True when content is stored under the hash; does not read it. */
  has(hash: string): Promise<boolean>;
  /** Length in bytes. Rejects with `blob.missing`. */
  size(hash: string): Promise<number>;
}

/** The hash under which `putJson` stores a value. */
export function hashJson(value: unknown): string {
  return hash('sha256', canonicalJson(value));
}

/** Stores a JSON value in its canonical form: equal values have equal hashes. */
export function putJson(blobs: Blobs, value: unknown): Promise<string> {
  return blobs.put(Buffer.from(canonicalJson(value)));
}

/** Reads a JSON value back through its schema. Rejects with `blob.corrupt` when it is something else. */
export async function getJson<T>(blobs: Blobs, hash: string, schema: z.ZodType<T>): Promise<T> {
  const text = Buffer.from(await blobs.get(hash)).toString();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw unexpected(hash, 'JSON', error);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw unexpected(hash, 'of the expected shape', parsed.error);
  return parsed.data;
}

function unexpected(hash: string, what: string, cause: unknown): NovaError {
  return new NovaError(
    'blob.corrupt',
    `The stored content ${hash} is not ${what}. It was left as it is; another version of Nova may have written it.`,
    { cause, details: { hash } },
  );
}
