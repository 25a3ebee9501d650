import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type Problem, taskPageSchema, taskSummarySchema } from '@nova/client';
import { Place } from './place.fixture.ts';

/** A file system of its own; null, and the test skipped, where mounting is not permitted. */
function smallDisk(test: TestContext): string | null {
  const disk = mkdtempSync(join(tmpdir(), 'nova-api-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk], { encoding: 'utf8' });
  test.after(() => {
    if (mounted.status === 0) spawnSync('umount', [disk]);
    rmSync(disk, { recursive: true, force: true });
  });
  if (mounted.status === 0) return disk;
  test.skip(`mounting a small tmpfs is not permitted here: ${mounted.stderr}`);
  return null;
}

describe('the API on a full disk', () => {
  it('refuses what it cannot record with disk.full, goes on answering, and takes it when there is room', async (test) => {
    const disk = smallDisk(test);
    if (disk === null) return;
    const folder = join(disk, 'home');
    mkdirSync(folder);
    await using place = await Place.open(folder);
    await place.submitted('before');
    const ballast = join(disk, 'ballast');
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(ballast, Buffer.alloc(bavail * bsize));

    const pause = (id: string, key: string) =>
      place.ask(`/tasks/${id}/pause`, {
        method: 'POST',
        body: JSON.stringify({ reason: 'x'.repeat(500) }),
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
      });
    // Pages of the log that are there already may take a few more records.
    let refused: Response | null = null;
    for (let n = 0; refused === null && n < 1000; n += 1) {
      const answer = await pause('before', `fill${n}`);
      if (answer.status !== 200) refused = answer;
      else await place.record('nova.task.resumed', 'before', {}).catch(() => {});
    }
    assert.ok(refused, 'the disk never was full');
    assert.deepEqual([refused.status, ((await refused.json()) as Problem).code], [507, 'disk.full']);
    const { tasks } = taskPageSchema.parse(await (await place.ask('/tasks')).json());
    assert.deepEqual(
      tasks.map(({ id }) => id),
      ['before'],
    );
    assert.equal((await place.ask('/fleet')).status, 200);

    rmSync(ballast);
    await place.submitted('after');
    const taken = await pause('after', 'retried');
    assert.equal(taskSummarySchema.parse(await taken.json()).state, 'paused');
    await place.parts.ledger.verify();
  });
});
