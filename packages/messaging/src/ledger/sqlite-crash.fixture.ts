import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { systemClock } from '@nova/core';
import { sampleEvent } from './contract.ts';
import { openSqliteLedger } from './sqlite-ledger.ts';

// A child of the crash test: appends without end and tells on standard output what was acknowledged, until it is killed.
const [path, generation] = process.argv.slice(2);
if (path === undefined || generation === undefined) throw new Error('usage: <ledger> <generation>');
const ledger = await openSqliteLedger({ path, clock: systemClock, ids: { event: randomUUID } });

async function appendForEver(lane: number): Promise<void> {
  for (let n = 0; ; n++) {
    const key = `${generation}/${lane}/${n}`;
    const size = 1 + ((n * 7 + lane) % 5);
    const events = Array.from({ length: size }, (_, part) => sampleEvent({ key, part, size, text: 'x'.repeat(200) }));
    const { position } = await ledger.append(`lane/${lane}`, events, { expectedVersion: 'any', key });
    writeSync(1, `${key} ${position}\n`);
  }
}

await Promise.all(Array.from({ length: 16 }, (_, lane) => appendForEver(lane)));
