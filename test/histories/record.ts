import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EventData, type EventType, eventCatalogue, type NewEvent, NovaError, type Stage, systemClock } from '@nova/core';
import { createJournal, type Ledger, openFolderBlobs, openSqliteLedger, openSqliteLedgerReader, taskStream } from '@nova/messaging';
import { z } from 'zod';

/*
 * Keeps the events of a ledger as a history: `node test/histories/record.ts <file.jsonl> [<ledger>]`. Without a ledger it records a
 * task that uses every event type, through the real ledger and journal. A released history is never recorded again.
 */
const [target, source] = process.argv.slice(2);
if (target === undefined) throw new Error('usage: record.ts <file.jsonl> [<ledger>]');
const folder = mkdtempSync(join(tmpdir(), 'nova-history-'));
try {
  const path = source ?? join(folder, 'ledger.sqlite');
  if (source === undefined) await recordFix(path);
  await using reader = await openSqliteLedgerReader({ path });
  const events = await reader.readAll({ after: 0, limit: Number.MAX_SAFE_INTEGER });
  writeFileSync(target, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function newEvent<Type extends EventType>(type: Type, data: EventData<Type>, actor: string): NewEvent {
  const { version } = eventCatalogue[type];
  return { type, schemaVersion: version, data, tenant: 'local', actor, cause: null, traceparent: null };
}

async function recordFix(path: string): Promise<void> {
  await using ledger = await openSqliteLedger({ path, clock: systemClock, ids: { event: randomUUID } });
  const task = 't-7f3k';
  const record = recorder(ledger, taskStream(task));
  const stage = async (name: Stage, summary: string, work: () => Promise<void> = async () => {}) => {
    await record(newEvent('nova.stage.started', { task, attempt: 1, stage: name }, 'system/team'));
    await work();
    await record(newEvent('nova.stage.finished', { task, attempt: 1, stage: name, summary }, 'system/team'));
  };
  const blobs = await openFolderBlobs(join(folder, 'blobs'));
  const journal = await createJournal({
    ledger,
    blobs,
    clock: systemClock,
    task,
    actor: 'agent/coder/forge',
    tenant: 'local',
    restore: async () => {},
  });
  const signal = new AbortController().signal;
  const call = (name: string, repeat: 'pure' | 'restore' | 'unknown', output: unknown) =>
    journal.run(
      { callId: `${task}/1/${name}/0`, intent: `call ${name}`, repeat, input: { name }, schema: z.unknown() },
      async () => output,
      signal,
    );
  const lose = (name: string, repeat: 'pure' | 'restore' | 'unknown') =>
    journal
      .run(
        { callId: `${task}/1/${name}/0`, intent: `call ${name}`, repeat, input: { name }, schema: z.unknown() },
        async () => {
          throw new NovaError('sandbox.lost', 'The sandbox is gone.');
        },
        signal,
      )
      .catch(() => {});

  const request = {
    kind: 'fix' as const,
    repository: '/home/ada/code/app with spaces',
    testCommand: 'DATABASE_PASSWORD=correct-horse npm test',
    sandbox: 'bubblewrap' as const,
    priority: 'high' as const,
    instance: 'forge',
    budgetSeconds: 900,
    budgetRuns: 1500,
    testTimeoutSeconds: 120,
  };
  const origin = { task: 't-5d2c', callId: 't-5d2c/1/planning/tests.run/0' };
  await record(newEvent('nova.task.submitted', { task, request, sealed: 'a'.repeat(64), origin }, 'person/ada'));
  await record(newEvent('nova.task.waiting', { task, reason: 'forge carries another task.' }, 'system/queue'));
  await record(newEvent('nova.task.assigned', { task, instance: 'forge' }, 'system/queue'));
  await record(newEvent('nova.lease.granted', { task, workspace: 'forge', token: 1 }, 'system/host'));
  await stage('intake', 'The repository is at 4 commits on main.', async () => void (await call('intake/workspace.capture', 'pure', { commit: 'c0ffee' })));
  await stage('environment', 'Dependencies from the checkout.', async () => {
    await lose('environment/environment.prepare', 'pure');
    await call('environment/environment.prepare', 'pure', { key: 'k1' });
  });
  await stage('planning', 'One failing test; suspects in 2 files.', async () => {
    await journal
      .run(
        {
          callId: `${task}/1/planning/tests.run/0`,
          intent: 'call tests.run',
          repeat: 'restore',
          input: {},
          schema: z.unknown(),
        },
        async () => {
          throw new NovaError('tests.timeout', 'The test command ran longer than 120 s.', { details: { seconds: 120 } });
        },
        signal,
      )
      .catch(() => {});
    await lose('planning/repair.localise', 'restore');
    await call('planning/repair.localise', 'restore', { suspects: [] });
  });
  await record(newEvent('nova.task.pausing', { task, reason: 'The machine goes to sleep.' }, 'person/ada'));
  await record(newEvent('nova.task.paused', { task, reason: 'The machine goes to sleep.' }, 'person/ada'));
  await record(newEvent('nova.task.resumed', { task }, 'person/ada'));
  await stage('working', 'A candidate passes.', async () => void (await call('working/repair.propose', 'pure', { candidates: 3 })));
  await stage('delivery', 'Branch nova/t-7f3k.', async () => {
    for (const [name, how] of [
      ['delivery/branch.deliver', 'again'],
      ['delivery/bundle.import', 'done'],
    ] as const) {
      await lose(name, 'unknown');
      await journal.settle(`${task}/1/${name}/0`, how);
      await call(name, 'unknown', { branch: `nova/${task}` });
    }
  });
  await record(newEvent('nova.task.cancelling', { task, reason: 'It came too late.' }, 'person/ada'));
  const result = await blobs.put(Buffer.from('{}'));
  await record(newEvent('nova.task.finished', { task, outcome: 'delivered', code: null, result, findings: null }, 'system/team'));
  const asked = createHash('sha256').update('POST /v1/tasks/:id/apply').digest('hex');
  await record(newEvent('nova.request.answered', { task, asked, answer: { how: 'merge', head: 'c0ffee' } }, 'person/ada'));
  await record(newEvent('nova.task.applied', { task, how: 'merge', head: 'c0ffee' }, 'person/ada'));
}

function recorder(ledger: Ledger, stream: string): (event: NewEvent) => Promise<void> {
  let count = 0;
  return async (event) => {
    count += 1;
    await ledger.append(stream, [event], { expectedVersion: 'any', key: `history/${count}` });
  };
}
