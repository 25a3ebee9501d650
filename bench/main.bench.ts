import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@nova/core';
import { createJournal, openFolderBlobs, openSqliteLedger } from '@nova/messaging';
import { z } from 'zod';
import { Place, shop } from '../test/faults/nova.ts';
import type { Bench } from './run.ts';

const resumedEvents = 1_500;
/** Milliseconds; the best open peer publishes 90 for as many events. */
const resumeGoalMs = 45;

/** What the main job costs: a small fix by stage, the start of a command, and taking up a long task. */
export default async function main(bench: Bench): Promise<void> {
  await smallFix(bench);
  await startUp(bench);
  await resume(bench);
}

async function smallFix({ quick, report }: Bench): Promise<void> {
  const totals: number[] = [];
  const bare: number[] = [];
  const stages = new Map<string, number[]>();
  for (let round = 0; round < (quick ? 1 : 5); round += 1) {
    using place = new Place();
    const repository = place.repository('shop', shop);
    bare.push(time(() => spawnSync('node', ['--test'], { cwd: repository })));
    const begun = performance.now();
    const { result } = await place.fix(repository, 'node --test');
    totals.push((performance.now() - begun) / 1000);
    if (result.outcome !== 'delivered') throw new Error(`The small fix ended ${result.outcome}: ${result.summary}`);
    for (const [stage, seconds] of Object.entries(result.cost.stageSeconds)) {
      stages.set(stage, [...(stages.get(stage) ?? []), seconds]);
    }
  }
  const peer = { name: 'its test command, bare', value: median(bare) };
  report({ name: 'small fix, whole', value: median(totals), unit: 's', peer });
  for (const [stage, seconds] of stages) report({ name: `small fix, ${stage}`, value: median(seconds), unit: 's' });
}

async function startUp({ quick, report }: Bench): Promise<void> {
  using place = new Place();
  const cold: number[] = [];
  const plain: number[] = [];
  for (let round = 0; round < (quick ? 3 : 15); round += 1) {
    const begun = performance.now();
    const ran = await place.run(['--version']);
    if (ran.code !== 0) throw new Error(ran.stderr);
    cold.push(performance.now() - begun);
    plain.push(time(() => spawnSync(process.execPath, ['-e', '0'])) * 1000);
  }
  report({
    name: 'nova --version',
    value: median(cold),
    unit: 'ms',
    peer: { name: 'node -e 0', value: median(plain) },
  });
}

async function resume({ quick, report }: Bench): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nova-bench-'));
  try {
    await using ledger = await openSqliteLedger({
      path: join(folder, 'ledger.sqlite'),
      clock: systemClock,
      ids: { event: randomUUID },
    });
    const blobs = await openFolderBlobs(join(folder, 'blobs'));
    const options = { ledger, blobs, clock: systemClock, task: 'T', actor: 'bench', tenant: 'local' };
    const journal = await createJournal(options);
    const { signal } = new AbortController();
    const calls = Array.from({ length: resumedEvents / 2 }, (_, index) => ({
      callId: `T/1/working/repair.evaluate/${index + 1}`,
      intent: `Try candidate ${index}`,
      repeat: 'restore' as const,
      input: { index },
      schema: z.object({ index: z.number() }),
    }));
    await Promise.all(calls.map((call, index) => journal.run(call, async () => ({ index }), signal)));
    const opened: number[] = [];
    const walked: number[] = [];
    for (let round = 0; round < (quick ? 5 : 30); round += 1) {
      const begun = performance.now();
      const resumed = await createJournal(options);
      opened.push(performance.now() - begun);
      if (resumed.entries().length !== calls.length) throw new Error('The journal lost entries.');
      const again = () => Promise.reject(new Error('A recorded call was carried out again.'));
      for (const [index, call] of calls.entries()) {
        if ((await resumed.run(call, again, signal)).index !== index) throw new Error('A recorded outcome changed.');
      }
      walked.push(performance.now() - begun);
    }
    // The processes that carry a resumed task are started anew besides: `nova --version` above says what one costs.
    for (const [what, times] of [
      ['its journal is read', opened],
      ['it is read and every recorded call answered', walked],
    ] as const) {
      const name = `resume at ${resumedEvents} events, until ${what}`;
      report({ name: `${name}, median`, value: median(times), unit: 'ms', goal: resumeGoalMs });
      report({ name: `${name}, slowest`, value: Math.max(...times), unit: 'ms', goal: resumeGoalMs });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds that a synchronous action takes. */
function time(action: () => unknown): number {
  const begun = performance.now();
  action();
  return (performance.now() - begun) / 1000;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
