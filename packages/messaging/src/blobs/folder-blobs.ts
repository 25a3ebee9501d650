import { createHash, hash as hashOf, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { NovaError, toNovaError } from '@nova/core';
import type { BlobContent, Blobs } from './blobs.ts';

/**
 * Opens a folder of blobs, making it when needed, and sweeps what killed puts left. Any number of processes may use one
 * folder at the same time.
 */
export async function openFolderBlobs(folder: string): Promise<Blobs> {
  const incoming = join(folder, 'incoming');
  try {
    await mkdir(incoming, { recursive: true, mode: 0o700 });
    await sweep(incoming);
  } catch (error) {
    throw toNovaError(error);
  }
  return new FolderBlobs(folder, incoming);
}

class FolderBlobs implements Blobs {
  readonly #folder: string;
  readonly #incoming: string;
  /** Folders whose own names are durable; there are at most 65,536. */
  readonly #settled = new Set<string>();

  constructor(folder: string, incoming: string) {
    this.#folder = folder;
    this.#incoming = incoming;
  }

  async put(content: BlobContent): Promise<string> {
    if (content instanceof Uint8Array) {
      const hash = hashOf('sha256', content);
      if (await this.#isSound(hash)) {
        await this.#settleFolders(hash);
        return hash;
      }
    }
    // The name tells the sweep whose it is.
    const draft = join(this.#incoming, `${await processMark(process.pid)}-${randomUUID()}`);
    try {
      const hash = await writeDraft(draft, content);
      const place = this.#place(hash);
      await mkdir(dirname(place), { recursive: true, mode: 0o700 });
      await rename(draft, place);
      await this.#settleFolders(hash);
      return hash;
    } catch (error) {
      await rm(draft, { force: true });
      throw toNovaError(error);
    }
  }

  async get(hash: string): Promise<Uint8Array> {
    const place = this.#place(hash);
    const bytes = await readFile(place).catch((error: unknown) => {
      throw unreadable(hash, error);
    });
    if (hashOf('sha256', bytes) !== hash) throw corrupt(hash, place);
    return bytes;
  }

  async *open(hash: string, options: { readonly offset?: number } = {}): AsyncGenerator<Uint8Array> {
    const place = this.#place(hash);
    const digest = createHash('sha256');
    let skip = options.offset ?? 0;
    try {
      for await (const piece of createReadStream(place, { highWaterMark: 256 * 1024 })) {
        const bytes = piece as Uint8Array;
        digest.update(bytes);
        if (skip < bytes.length) yield bytes.subarray(skip);
        skip = Math.max(0, skip - bytes.length);
      }
    } catch (error) {
      throw unreadable(hash, error);
    }
    if (digest.digest('hex') !== hash) throw corrupt(hash, place);
  }

  async has(hash: string): Promise<boolean> {
    return (await stat(this.#place(hash)).catch(() => null)) !== null;
  }

  async size(hash: string): Promise<number> {
    const found = await stat(this.#place(hash)).catch((error: unknown) => {
      throw unreadable(hash, error);
    });
    return found.size;
  }

  #place(hash: string): string {
    if (!/^[0-9a-f]{64}$/.test(hash)) {
      throw new NovaError('blob.missing', `${JSON.stringify(hash)} is not the hash of stored content.`, {
        details: { hash },
      });
    }
    return join(this.#folder, hash.slice(0, 2), hash.slice(2, 4), hash);
  }

  async #isSound(hash: string): Promise<boolean> {
    if (!(await this.has(hash))) return false;
    const bytes = await this.get(hash).catch(() => null);
    return bytes !== null;
  }

  /** Makes the names on the way to a blob durable, also those that another process made a moment ago. */
  async #settleFolders(hash: string): Promise<void> {
    const inner = dirname(this.#place(hash));
    const above = this.#settled.has(inner) ? [] : [dirname(inner), this.#folder];
    // At the same time, for the file system makes one commit of them.
    await Promise.all([inner, ...above].map(syncFolder));
    this.#settled.add(inner);
  }
}

async function writeDraft(path: string, content: BlobContent): Promise<string> {
  const digest = createHash('sha256');
  const file: FileHandle = await open(path, 'wx', 0o600);
  try {
    const pieces = content instanceof Uint8Array ? [content] : content;
    for await (const piece of pieces) {
      digest.update(piece);
      await file.writeFile(piece);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return digest.digest('hex');
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Removes the drafts of processes that are gone. */
async function sweep(incoming: string): Promise<void> {
  for (const name of await readdir(incoming)) {
    const mark = name.split('-')[0] ?? '';
    if ((await processMark(Number.parseInt(mark, 10))) !== mark) await rm(join(incoming, name), { force: true });
  }
}

/** Process id and start time in clock ticks: a later process with the same id has another mark. Null when there is none. */
async function processMark(pid: number): Promise<string | null> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // The command's name, in parentheses, may hold spaces; the start time is the 20th field after it.
  const fields = status?.slice(status.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? null : `${pid}.${fields[19]}`;
}

function unreadable(hash: string, error: unknown): NovaError {
  if ((error as { code?: unknown } | null)?.code !== 'ENOENT') return toNovaError(error);
  return new NovaError(
    'blob.missing',
    `Content ${hash} is not stored here. Restore it from a backup, or run what made it again.`,
    {
      cause: error,
      details: { hash },
    },
  );
}

function corrupt(hash: string, path: string): NovaError {
  return new NovaError(
    'blob.corrupt',
    `The content stored at ${path} is not what was written. It was left as it is; storing the right content again heals it.`,
    { details: { hash, path } },
  );
}
