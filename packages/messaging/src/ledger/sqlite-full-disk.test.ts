import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type NovaError, systemClock } from '@nova/core';
import { openFolderBlobs } from '../blobs/folder-blobs.ts';
import { coded, sampleEvent } from './contract.ts';
import { openSqliteLedger } from './sqlite-ledger.ts';

/** A file system of its own with so much room; null, and the test skipped, where mounting is not permitted. */
function smallDisk(test: TestContext, bytes: number): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'nova-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { encoding: 'utf8' });
  test.after(() => {
    if (mounted.status === 0) spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  if (mounted.status === 0) return folder;
  test.skip(`mounting a small tmpfs is not permitted here: ${mounted.stderr}`);
  return null;
}

function fill(folder: string, leave: number): string {
  const ballast = join(folder, 'ballast');
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leave)));
  return ballast;
}

describe('a full disk', () => {
  it('fails an append with disk.full, keeps what was acknowledged, and the ledger works again once there is room', async (test) => {
    const disk = smallDisk(test, 4 * 1024 * 1024);
    if (disk === null) return;
    const path = join(disk, 'ledger.sqlite');
    await using ledger = await openSqliteLedger({ path, clock: systemClock, ids: { event: randomUUID } });
    const append = (n: number) =>
      ledger.append('s', [sampleEvent({ n, text: 'x'.repeat(2000) })], { expectedVersion: 'any', key: `k${n}` });
    const acknowledged: number[] = [];
    for (let n = 0; n < 20; n++) {
      await append(n);
      acknowledged.push(n);
    }
    const ballast = fill(disk, 100_000);
    const outcomes = await Promise.allSettled(Array.from({ length: 300 }, (_, n) => append(20 + n)));
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') acknowledged.push(20 + index);
      else assert.equal((outcome.reason as NovaError).code, 'disk.full');
    }
    assert.ok(acknowledged.length < 320, 'the disk never was full');
    assert.deepEqual(
      (await ledger.read('s')).map((event) => event.data['n']),
      acknowledged,
    );
    await assert.rejects(append(1000), coded('disk.full'));
    rmSync(ballast);
    await append(1000);
    const [failed] = Array.from({ length: 320 }, (_, n) => n).filter((n) => !acknowledged.includes(n));
    assert.equal((await append(failed ?? 0)).repeated, false);
    assert.deepEqual(await ledger.verify(), { events: acknowledged.length + 2, streams: 1 });
  });

  it('lets a small append through beside one that does not fit', async (test) => {
    const disk = smallDisk(test, 4 * 1024 * 1024);
    if (disk === null) return;
    const path = join(disk, 'ledger.sqlite');
    await using ledger = await openSqliteLedger({ path, clock: systemClock, ids: { event: randomUUID } });
    const [large, small] = await Promise.allSettled([
      ledger.append('s', [sampleEvent({ text: 'x'.repeat(6_000_000) })], { expectedVersion: 'any', key: 'large' }),
      ledger.append('s', [sampleEvent({})], { expectedVersion: 'any', key: 'small' }),
    ]);
    assert.ok(large.status === 'rejected' && coded('disk.full')(large.reason));
    assert.equal(small.status, 'fulfilled');
  });

  it('says disk.full when the ledger cannot even be made', async (test) => {
    const disk = smallDisk(test, 64 * 1024);
    if (disk === null) return;
    const ballast = fill(disk, 0);
    const options = { path: join(disk, 'ledger.sqlite'), clock: systemClock, ids: { event: randomUUID } };
    await assert.rejects(openSqliteLedger(options), coded('disk.full'));
    rmSync(ballast);
  });

  it('leaves nothing of a blob that does not fit', async (test) => {
    const disk = smallDisk(test, 1024 * 1024);
    if (disk === null) return;
    const blobs = await openFolderBlobs(join(disk, 'blobs'));
    const before = statfsSync(disk).bavail;
    await assert.rejects(blobs.put(Buffer.alloc(2 * 1024 * 1024, 1)), coded('disk.full'));
    assert.equal(statfsSync(disk).bavail, before);
    await blobs.put(Buffer.from('small'));
  });
});
