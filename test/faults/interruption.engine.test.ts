import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { git, Place, shop } from './nova.ts';

/** Resolves once the stream has printed this text. */
async function printed(stream: Readable | null, text: string): Promise<void> {
  let seen = '';
  while (stream && !seen.includes(text)) {
    const [chunk] = (await once(stream, 'data')) as [Buffer];
    seen += chunk.toString();
  }
}

/** Looks until a condition holds; the test's own time limit is the only one. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let waits = 0; !(await condition()); waits += 1) {
    if (waits > 2400) throw new Error(`What the test waits for never came: ${condition}`);
    await delay(50);
  }
}

const fixArguments = (repository: string) => ['fix', '--repo', repository, '--test', 'node --test', '--json'];

describe('an interrupted fix', () => {
  it('pauses on Ctrl-C, leaves no process, and is resumed to the end', async () => {
    using place = new Place();
    const repository = place.repository('app', shop);
    const { child, outcome } = place.start(fixArguments(repository));
    await printed(child.stderr, 'planning');
    child.kill('SIGINT');
    const ran = await outcome;
    assert.equal(ran.code, 130, ran.stderr);
    assert.match(ran.stderr, /nova resume t/);
    assert.equal(place.processes().all.length, 0);
    assert.equal(git(repository, 'branch', '--list', 'nova/*'), '');

    const resumed = await place.run(['resume', 'latest', '--json']);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.equal(JSON.parse(resumed.stdout).outcome, 'delivered');
    assert.equal(place.processes().all.length, 0);
  });

  it('goes on to its end when only the command line was killed', async () => {
    using place = new Place();
    const repository = place.repository('app', shop);
    const { child, outcome } = place.start(fixArguments(repository));
    await printed(child.stderr, 'environment');
    child.kill('SIGKILL');
    await outcome;
    await until(() => git(repository, 'branch', '--list', 'nova/*') !== '');
    await until(() => place.processes().all.length === 0);
    const shown = await place.run(['show', 'latest', '--json']);
    assert.equal(JSON.parse(shown.stdout).outcome, 'delivered');
  });

  it('is resumed after everything was killed at once', async () => {
    using place = new Place();
    const repository = place.repository('app', shop);
    const { child, outcome } = place.start(fixArguments(repository));
    await printed(child.stderr, 'planning');
    child.kill('SIGKILL');
    for (const { pid } of place.processes().all) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Its parent took it along.
      }
    }
    await outcome;
    const resumed = await place.run(['resume', 'latest', '--json']);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.equal(JSON.parse(resumed.stdout).outcome, 'delivered');
    assert.equal(
      git(repository, 'reflog', 'show', '--format=%H', `nova/${JSON.parse(resumed.stdout).task}`).split('\n').length,
      1,
    );
    assert.equal(place.processes().all.length, 0);
  });

  it('stands still when its branch cannot be made, and delivers it when what was in the way is gone', async () => {
    using place = new Place();
    const repository = place.repository('app', shop);
    // Git keeps no branch below the name of another.
    git(repository, 'branch', 'nova');
    const ran = await place.run(fixArguments(repository));
    assert.equal(ran.code, 3, ran.stderr);
    assert.equal((JSON.parse(ran.stdout) as { error: { code: string } }).error.code, 'branch.moved');
    const still = await place.run(['resume', 'latest', '--json']);
    assert.equal(still.code, 3, 'nothing has changed');

    git(repository, 'branch', '--move', 'nova', 'other');
    const resumed = await place.run(['resume', 'latest', '--json']);
    assert.equal(resumed.code, 0, resumed.stderr);
    const result = JSON.parse(resumed.stdout) as { outcome: string; change: { commit: string; branch: string } };
    assert.equal(result.outcome, 'delivered');
    assert.equal(git(repository, 'rev-parse', result.change.branch), result.change.commit);
    assert.equal(place.processes().all.length, 0);
  });

  it('stops on a full disk with everything kept, and goes on when there is space', async (context) => {
    using place = new Place();
    const home = join(place.folder, 'small');
    mkdirSync(home);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', home]).status !== 0) {
      context.skip('this user cannot mount a small file system');
      return;
    }
    try {
      using small = new Place(home);
      const repository = place.repository('app', shop);
      const stuffing = join(home, 'stuffing');
      writeFileSync(stuffing, Buffer.alloc(2_300_000));
      const ran = await small.run(fixArguments(repository));
      assert.equal(ran.code, 5, ran.stderr + ran.stdout);
      assert.match(ran.stderr, /disk\.full/);
      assert.equal(small.processes().all.length, 0);

      assert.equal(spawnSync('mount', ['-o', 'remount,size=200m', home]).status, 0);
      const listed = await small.run(['tasks', '--json']);
      assert.equal(listed.code, 0, listed.stderr);
      const tasks = JSON.parse(listed.stdout) as { id: string }[];
      const again = await small.run(tasks[0] ? ['resume', tasks[0].id, '--json'] : fixArguments(repository));
      assert.equal(again.code, 0, again.stderr);
      assert.equal(JSON.parse(again.stdout).outcome, 'delivered');
    } finally {
      spawnSync('umount', ['-l', home]);
    }
  });
});
