import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { coded } from '../ledger/contract.ts';
import { type Blobs, getJson, hashJson, putJson } from './blobs.ts';
import { openFolderBlobs } from './folder-blobs.ts';

class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'nova-blobs-'));

  place(hash: string): string {
    return join(this.path, hash.slice(0, 2), hash.slice(2, 4), hash);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

async function* inPieces(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.length; start += size) yield content.subarray(start, start + size);
}

async function readFrom(blobs: Blobs, hash: string, offset: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of blobs.open(hash, { offset })) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('folder blobs', () => {
  it('gives back whatever was put, whole, as a stream and from any offset', async () => {
    using folder = new Folder();
    const blobs = await openFolderBlobs(folder.path);
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 5000 }),
        fc.nat(6000),
        fc.integer({ min: 1, max: 999 }),
        async (bytes, offset, size) => {
          const hash = await blobs.put(bytes);
          assert.equal(hash, sha256(bytes));
          assert.equal(await blobs.put(inPieces(bytes, size)), hash);
          assert.deepEqual(Buffer.from(await blobs.get(hash)), Buffer.from(bytes));
          assert.deepEqual(await readFrom(blobs, hash, offset), Buffer.from(bytes.subarray(offset)));
          assert.equal(await blobs.size(hash), bytes.length);
          assert.equal(await blobs.has(hash), true);
        },
      ),
      { numRuns: 25 },
    );
    assert.deepEqual(readdirSync(join(folder.path, 'incoming')), []);
  });

  it('carries large content through without holding it, and many puts of one content at once', async () => {
    using folder = new Folder();
    const blobs = await openFolderBlobs(folder.path);
    const large = randomBytes(9 * 1024 * 1024);
    const hashes = await Promise.all([blobs.put(large), blobs.put(inPieces(large, 1 << 16)), blobs.put(large)]);
    assert.deepEqual(new Set(hashes), new Set([sha256(large)]));
    assert.ok((await readFrom(blobs, sha256(large), 8_000_000)).equals(large.subarray(8_000_000)));
    assert.equal(statSync(folder.place(sha256(large))).mode & 0o077, 0);
  });

  it('names what is missing or damaged, and heals it when the right content is put again', async () => {
    using folder = new Folder();
    const blobs = await openFolderBlobs(folder.path);
    const content = randomBytes(1000);
    const hash = await blobs.put(content);
    const harms = [
      (path: string) => writeFileSync(path, randomBytes(1000)),
      (path: string) => truncateSync(path, 999),
      (path: string) => writeFileSync(path, ''),
    ];
    for (const harm of harms) {
      harm(folder.place(hash));
      await assert.rejects(blobs.get(hash), coded('blob.corrupt'));
      await assert.rejects(readFrom(blobs, hash, 10), coded('blob.corrupt'));
      assert.equal(await blobs.put(content), hash);
      assert.deepEqual(Buffer.from(await blobs.get(hash)), content);
    }
    rmSync(folder.place(hash));
    await assert.rejects(blobs.get(hash), coded('blob.missing'));
    await assert.rejects(readFrom(blobs, hash, 0), coded('blob.missing'));
    await assert.rejects(blobs.size(hash), coded('blob.missing'));
    assert.equal(await blobs.has(hash), false);
    await assert.rejects(blobs.get('../../etc/passwd'), coded('blob.missing'));
  });

  it('leaves nothing of a put whose source fails', async () => {
    using folder = new Folder();
    const blobs = await openFolderBlobs(folder.path);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('begun');
      throw new Error('the source broke');
    }
    await assert.rejects(blobs.put(broken()), /the source broke/);
    assert.deepEqual(readdirSync(folder.path), ['incoming']);
    assert.deepEqual(readdirSync(join(folder.path, 'incoming')), []);
  });

  it('sweeps what a killed put left, and not what a living process is writing', async () => {
    using folder = new Folder();
    const module = new URL('./folder-blobs.ts', import.meta.url).href;
    const script = `
      const { openFolderBlobs } = await import(${JSON.stringify(module)});
      const blobs = await openFolderBlobs(process.argv[1]);
      async function* endless() { yield Buffer.from('begun'); console.log('writing'); await new Promise(() => setInterval(() => {}, 1000)); }
      await blobs.put(endless());`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const incoming = join(folder.path, 'incoming');
    await openFolderBlobs(folder.path);
    assert.equal(readdirSync(incoming).length, 1);
    const gone = once(child, 'close');
    child.kill('SIGKILL');
    await gone;
    // Another process has the same id today: the start time tells them apart.
    writeFileSync(join(incoming, `${process.pid}.1-left`), 'x');
    await openFolderBlobs(folder.path);
    assert.deepEqual(readdirSync(incoming), []);
  });

  it('stores JSON in one form for equal values, and reads it through a schema', async () => {
    using folder = new Folder();
    const blobs = await openFolderBlobs(folder.path);
    const hash = await putJson(blobs, { b: [1, { d: null, c: 'x' }], a: true, skipped: undefined });
    assert.equal(hash, hashJson({ a: true, b: [1, { c: 'x', d: null }] }));
    assert.deepEqual(await getJson(blobs, hash, z.object({ a: z.boolean(), b: z.array(z.unknown()) })), {
      a: true,
      b: [1, { c: 'x', d: null }],
    });
    await assert.rejects(getJson(blobs, hash, z.string()), coded('blob.corrupt'));
    await assert.rejects(getJson(blobs, await blobs.put(Buffer.from('{')), z.unknown()), coded('blob.corrupt'));
  });
});
