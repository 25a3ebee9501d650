import { randomUUID } from 'node:crypto';
import { appendFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { NovaError, systemClock } from '@nova/core';
import { z } from 'zod';
import { openFolderBlobs } from '../blobs/folder-blobs.ts';
import { openSqliteLedger } from '../ledger/sqlite-ledger.ts';
import { createJournal } from './create-journal.ts';
import type { JournalBoundary } from './journal.ts';

// A child of the kill matrix: a task of three effects, each leaving a line in a file outside. It stops dead where it is told to.
const [folder, stop] = process.argv.slice(2);
if (folder === undefined || stop === undefined) throw new Error('usage: <folder> <stop>');

function freezeAt(place: string): Promise<void> | undefined {
  if (place !== stop) return undefined;
  writeSync(1, 'reached\n');
  setInterval(() => {}, 1000);
  return new Promise(() => {});
}

const journal = await createJournal({
  ledger: await openSqliteLedger({
    path: join(folder, 'ledger.sqlite'),
    clock: systemClock,
    ids: { event: randomUUID },
  }),
  blobs: await openFolderBlobs(join(folder, 'blobs')),
  clock: systemClock,
  task: 'T1',
  actor: 'agent/test/forge',
  tenant: 'local',
  onBoundary: ({ when, entry, position }: JournalBoundary) => freezeAt(`${position}:${entry}:${when}`),
  restore: async (callId) => appendFileSync(join(folder, 'witness'), `restore ${callId}\n`),
});

const outcomes: unknown[] = [];
for (const repeat of ['pure', 'restore', 'unknown'] as const) {
  const call = {
    callId: `T1/1/working/${repeat}/0`,
    intent: `do ${repeat}`,
    repeat,
    input: { outcomes },
    schema: z.string(),
  };
  try {
    const outcome = await journal.run(
      call,
      async (_signal, attempt) => {
        appendFileSync(join(folder, 'witness'), `effect ${repeat} ${attempt}\n`);
        return `${repeat} done`;
      },
      new AbortController().signal,
    );
    outcomes.push(outcome);
  } catch (error) {
    if (!(error instanceof NovaError)) throw error;
    writeSync(1, `${JSON.stringify({ failed: error.code })}\n`);
    process.exit(3);
  }
}
writeSync(1, `${JSON.stringify({ outcomes })}\n`);
process.exit(0);
