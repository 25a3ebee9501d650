import { createHash } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileName } from '@nova/instances';
import { taskOf } from './call-records.ts';

/** The most that one look returns, in bytes. */
const pieceBytes = 1024 * 1024;

/** Where one running call's output goes. Closing resolves when all of it can be read. */
export interface OutputSink {
  write(bytes: Uint8Array): void;
  close(): Promise<void>;
}

/** What the commands of calls print, in files, until the task is released. Runners forward a bounded part of it. */
export class CallOutputs {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What a call prints when it is attached to or made again is added to what it printed before. */
  sink(callId: string): OutputSink {
    let stream: Promise<WriteStream | null> | null = null;
    return {
      write: (bytes) => {
        // Most calls print nothing and get no file.
        stream ??= openStream(this.#path(callId));
        void stream.then((opened) => opened?.write(bytes));
      },
      close: async () => {
        const opened = await stream;
        if (opened === null) return;
        opened.end();
        await finished(opened).catch(() => {});
      },
    };
  }

  /** A piece from a byte offset, at most 1 MiB, and how much there is; null when nothing is kept of that call. */
  async read(callId: string, offset: number, length: number): Promise<{ base64: string; size: number } | null> {
    const file = await open(this.#path(callId)).catch(() => null);
    if (file === null) return null;
    try {
      const { size } = await file.stat();
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, pieceBytes, size - offset)));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
      return { base64: bytes.toString('base64', 0, bytesRead), size };
    } finally {
      await file.close();
    }
  }

  /** Drops what the calls of a task printed. */
  async forget(task: string): Promise<void> {
    await rm(join(this.#folder, fileName(task)), { recursive: true, force: true });
  }

  #path(callId: string): string {
    return join(this.#folder, fileName(taskOf(callId)), createHash('sha256').update(callId).digest('hex'));
  }
}

/** Null when it cannot be opened: a call does not fail because nobody can watch it. */
async function openStream(path: string): Promise<WriteStream | null> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  } catch {
    return null;
  }
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
  // On a full disk the rest is lost for watchers; the stream is destroyed and takes no more.
  stream.on('error', () => {});
  return stream;
}
