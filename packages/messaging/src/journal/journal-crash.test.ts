import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@nova/core';
import { openFolderBlobs } from '../blobs/folder-blobs.ts';
import { openSqliteLedger } from '../ledger/sqlite-ledger.ts';
import { createJournal } from './create-journal.ts';

const fixture = fileURLToPath(new URL('./journal-crash.fixture.ts', import.meta.url));
const classes = ['pure', 'restore', 'unknown'] as const;
const finished = JSON.stringify({ outcomes: classes.map((repeat) => `${repeat} done`) });

/** Runs the task to its end, or kills it where it reports to have stopped; gives what it printed. */
async function runTask(folder: string, stop: string): Promise<string> {
  const child = spawn(process.execPath, [fixture, folder, stop], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    if (printed.includes('reached')) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return printed.trim();
}

function witness(folder: string): string[] {
  return readFileSync(join(folder, 'witness'), 'utf8').trim().split('\n');
}

/** What a person answers who looked at the witness. */
async function settle(folder: string, how: 'done' | 'again'): Promise<void> {
  await using ledger = await openSqliteLedger({
    path: join(folder, 'ledger.sqlite'),
    clock: systemClock,
    ids: { event: randomUUID },
  });
  const blobs = await openFolderBlobs(join(folder, 'blobs'));
  const journal = await createJournal({
    ledger,
    blobs,
    clock: systemClock,
    task: 'T1',
    actor: 'person/test',
    tenant: 'local',
  });
  await journal.settle('T1/1/working/unknown/0', how);
}

describe('journal under kill -9', { concurrency: 3 }, () => {
  for (const [index, repeat] of classes.entries()) {
    const started = 2 * index + 1;
    for (const stop of [
      `${started}:started:before`,
      `${started}:started:after`,
      `${started + 1}:finished:before`,
      `${started + 1}:finished:after`,
    ]) {
      it(`settles a ${repeat} call that was killed at ${stop}`, async (test) => {
        const folder = mkdtempSync(join(tmpdir(), 'nova-journal-'));
        test.after(() => rmSync(folder, { recursive: true, force: true }));
        assert.equal(await runTask(folder, stop), 'reached');
        const begunOnly = stop.endsWith('started:after') || stop.endsWith('finished:before');
        const happened = stop.includes('finished');
        let result = await runTask(folder, 'nowhere');
        if (repeat === 'unknown' && begunOnly) {
          assert.equal(result, JSON.stringify({ failed: 'journal.outcome_unknown' }));
          assert.equal(await runTask(folder, 'nowhere'), result);
          await settle(folder, 'again');
          result = await runTask(folder, 'nowhere');
        }
        assert.equal(result, finished);
        const effects = witness(folder);
        const mine = effects.filter((line) => line.startsWith(`effect ${repeat}`));
        const runs = begunOnly && happened ? 2 : 1;
        assert.equal(mine.length, runs);
        assert.equal(mine.at(-1), `effect ${repeat} ${begunOnly ? 2 : 1}`);
        assert.equal(effects.length - mine.length - effects.filter((line) => line.startsWith('restore')).length, 2);
        const restores = effects.filter((line) => line.startsWith('restore'));
        assert.equal(restores.length, repeat === 'restore' && begunOnly ? 1 : 0);
        assert.equal(await runTask(folder, 'nowhere'), finished);
        assert.deepEqual(witness(folder), effects);
      });
    }
  }
});
