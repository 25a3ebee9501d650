import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type ErrorCode, NovaError, type RepeatClass, systemClock } from '@nova/core';
import { z } from 'zod';
import type { Blobs } from '../blobs/blobs.ts';
import { openFolderBlobs } from '../blobs/folder-blobs.ts';
import { coded } from '../ledger/contract.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { openSqliteLedger } from '../ledger/sqlite-ledger.ts';
import { createJournal, type JournalOptions } from './create-journal.ts';
import type { Journal, JournalBoundary, JournalCall } from './journal.ts';

class Surroundings implements AsyncDisposable {
  readonly #folder: string;
  readonly ledger: Ledger;
  readonly blobs: Blobs;

  constructor(folder: string, ledger: Ledger, blobs: Blobs) {
    this.#folder = folder;
    this.ledger = ledger;
    this.blobs = blobs;
  }

  static async make(): Promise<Surroundings> {
    const folder = mkdtempSync(join(tmpdir(), 'nova-journal-'));
    const path = join(folder, 'ledger.sqlite');
    const ledger = await openSqliteLedger({ path, clock: systemClock, ids: { event: randomUUID } });
    return new Surroundings(folder, ledger, await openFolderBlobs(join(folder, 'blobs')));
  }

  journal(extra: Partial<JournalOptions> = {}): Promise<Journal> {
    const { ledger, blobs } = this;
    return createJournal({
      ledger,
      blobs,
      clock: systemClock,
      task: 'T',
      actor: 'agent/test/x',
      tenant: 'local',
      ...extra,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ledger[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const never = new AbortController().signal;

function call(name: string, repeat: RepeatClass = 'pure', input: unknown = { name }): JournalCall<{ n: number }> {
  return { callId: `T/1/working/${name}/0`, intent: `try ${name}`, repeat, input, schema: z.object({ n: z.number() }) };
}

function failing(code: ErrorCode): () => Promise<never> {
  return async () => {
    throw new NovaError(code, `because of ${code}`, { details: { where: 'here' } });
  };
}

const mustNotRun = async (): Promise<never> => assert.fail('the effect ran again');

describe('journal', () => {
  it('runs an effect once and returns its recorded outcome for ever', async () => {
    await using around = await Surroundings.make();
    const journal = await around.journal();
    const first = await journal.run(call('a'), async () => ({ n: 1 }), never);
    assert.deepEqual(first, { n: 1 });
    assert.deepEqual(await journal.run(call('a'), mustNotRun, never), first);
    const later = await around.journal();
    assert.deepEqual(await later.run(call('a'), mustNotRun, never), first);
    const [entry] = later.entries();
    assert.ok(entry?.output);
    assert.deepEqual([entry.state, entry.attempts, entry.intent, entry.failure], ['finished', 1, 'try a', null]);
    const events = await around.ledger.read('task/T');
    assert.deepEqual(
      events.map((event) => event.type),
      ['nova.journal.started', 'nova.journal.finished'],
    );
    assert.equal(events[1]?.cause, events[0]?.id);
  });

  it('records a failure of the effect, and throws it again with its code and details', async () => {
    await using around = await Surroundings.make();
    const journal = await around.journal();
    await assert.rejects(journal.run(call('a'), failing('tests.timeout'), never), coded('tests.timeout'));
    const later = await around.journal();
    await assert.rejects(later.run(call('a'), mustNotRun, never), (error) => {
      assert.ok(error instanceof NovaError);
      assert.deepEqual(
        [error.code, error.message, error.details],
        ['tests.timeout', 'because of tests.timeout', { where: 'here' }],
      );
      return true;
    });
    await assert.rejects(
      journal.run({ ...call('b'), schema: z.object({ n: z.number() }) }, wrongShape, never),
      coded('tool.failed'),
    );
  });

  it('does not record what says nothing about the effect, so that it can be settled later', async () => {
    await using around = await Surroundings.make();
    const codes = [
      'sandbox.lost',
      'mesh.unreachable',
      'mesh.timeout',
      'task.paused',
      'task.cancelled',
      'disk.full',
      'ledger.closed',
    ] as const;
    const journal = await around.journal();
    for (const code of codes) {
      await assert.rejects(journal.run(call(code), failing(code), never), coded(code));
      const attempts: number[] = [];
      const again = async (_signal: AbortSignal, attempt: number) => {
        attempts.push(attempt);
        return { n: 2 };
      };
      assert.deepEqual(await journal.run(call(code), again, never), { n: 2 });
      assert.deepEqual(attempts, [2]);
    }
  });

  it('refuses another input under a recorded call id, begun or finished', async () => {
    await using around = await Surroundings.make();
    const journal = await around.journal();
    await journal.run(call('done', 'pure', { v: 1, w: 2 }), async () => ({ n: 1 }), never);
    await assert.rejects(journal.run(call('begun', 'pure', { v: 1 }), failing('sandbox.lost'), never));
    assert.deepEqual(await journal.run(call('done', 'pure', { w: 2, v: 1 }), mustNotRun, never), { n: 1 });
    for (const name of ['done', 'begun']) {
      await assert.rejects(
        journal.run(call(name, 'pure', { v: 9 }), mustNotRun, never),
        coded('journal.input_changed'),
      );
    }
  });

  it('restores before it runs a restore call again', async () => {
    await using around = await Surroundings.make();
    const order: string[] = [];
    const restore = async (callId: string) => void order.push(`restore ${callId}`);
    const journal = await around.journal({ restore });
    await assert.rejects(journal.run(call('a', 'restore'), failing('sandbox.lost'), never));
    await journal.run(call('a', 'restore'), async () => ({ n: order.push('effect') }), never);
    assert.deepEqual(order, ['restore T/1/working/a/0', 'effect']);
    const settled = (await around.ledger.read('task/T')).filter((event) => event.type === 'nova.journal.settled');
    assert.deepEqual(
      settled.map((event) => event.data['how']),
      ['restored'],
    );
  });

  it('asks a person about an unknown outcome, and takes every answer for one run only', async () => {
    await using around = await Surroundings.make();
    const journal = await around.journal();
    const unknown = call('a', 'unknown');
    await assert.rejects(journal.run(unknown, failing('mesh.unreachable'), never), coded('mesh.unreachable'));
    await assert.rejects(journal.run(unknown, mustNotRun, never), (error) => {
      assert.ok(coded('journal.outcome_unknown')(error));
      assert.match(String(error), /"done".*"again"/);
      return true;
    });
    await (await around.journal()).settle(unknown.callId, 'again');
    await assert.rejects(journal.run(unknown, failing('sandbox.lost'), never), coded('sandbox.lost'));
    await assert.rejects(journal.run(unknown, mustNotRun, never), coded('journal.outcome_unknown'));
    await journal.settle(unknown.callId, 'done');
    const observed = { ...unknown, observe: async () => ({ n: 42 }) };
    assert.deepEqual(await journal.run(observed, mustNotRun, never), { n: 42 });
    assert.deepEqual(await journal.run(unknown, mustNotRun, never), { n: 42 });
    await assert.rejects(journal.settle(unknown.callId, 'again'), coded('task.state'));
    await assert.rejects(journal.settle('nothing', 'done'), coded('task.state'));
  });

  it('says so when a call was declared done whose outcome cannot be read back; null needs no reading', async () => {
    await using around = await Surroundings.make();
    const journal = await around.journal();
    const needed = call('needed', 'unknown');
    const nothing = { ...call('nothing', 'unknown'), schema: z.null() };
    for (const one of [needed, nothing]) {
      await assert.rejects(journal.run<unknown>(one, failing('sandbox.lost'), never));
      await journal.settle(one.callId, 'done');
    }
    assert.equal(await journal.run(nothing, mustNotRun, never), null);
    await assert.rejects(journal.run(needed, mustNotRun, never), coded('task.paused'));
    await journal.settle(needed.callId, 'again');
    assert.deepEqual(await journal.run(needed, async () => ({ n: 1 }), never), { n: 1 });
  });

  it('runs different calls in parallel, and shares one run among those of one call id', async () => {
    await using around = await Surroundings.make();
    const positions: number[] = [];
    const journal = await around.journal({
      onBoundary: ({ position, when }) => void (when === 'before' && positions.push(position)),
    });
    let effects = 0;
    const runs = Array.from({ length: 40 }, (_, n) =>
      journal.run(call(`p${n % 10}`), async () => ({ n: ++effects }), never),
    );
    const outcomes = await Promise.all(runs);
    assert.equal(effects, 10);
    for (const [n, outcome] of outcomes.entries()) assert.deepEqual(outcome, outcomes[n % 10]);
    assert.deepEqual(
      positions.toSorted((a, b) => a - b),
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    assert.equal((await around.journal()).entries().length, 10);
    const [first] = runs;
    assert.ok(first);
    const slow = Promise.withResolvers<{ n: number }>();
    const running = journal.run(call('slow'), () => slow.promise, never);
    await assert.rejects(journal.run(call('slow', 'pure', 'other'), mustNotRun, never), coded('journal.input_changed'));
    slow.resolve({ n: 0 });
    await running;
  });

  it('lets only one of two journals begin an effect that must not happen twice', async () => {
    await using around = await Surroundings.make();
    const journals = [await around.journal(), await around.journal()];
    let effects = 0;
    const runs = await Promise.allSettled(
      journals.map((journal) => journal.run(call('a', 'unknown'), async () => ({ n: ++effects }), never)),
    );
    assert.equal(effects, 1);
    const lost = runs.filter((run) => run.status === 'rejected');
    assert.equal(lost.length, 1);
    assert.ok(coded('journal.outcome_unknown')(lost[0]?.reason));
  });

  it('names every boundary, and continues the count in the next life', async () => {
    await using around = await Surroundings.make();
    const seen: string[] = [];
    const onBoundary = ({ position, entry, when }: JournalBoundary) => void seen.push(`${position} ${when} ${entry}`);
    await (await around.journal({ onBoundary })).run(call('a'), async () => ({ n: 1 }), never);
    const next = await around.journal({ onBoundary });
    await next.run(call('a'), mustNotRun, never);
    await next.run(call('b'), async () => ({ n: 2 }), never);
    assert.deepEqual(seen, [
      '1 before started',
      '1 after started',
      '2 before finished',
      '2 after finished',
      '3 before started',
      '3 after started',
      '4 before finished',
      '4 after finished',
    ]);
  });

  it('pauses exactly before a call: nothing of it is recorded, and the position is not used up', async () => {
    await using around = await Surroundings.make();
    let paused = true;
    const positions: number[] = [];
    const journal = await around.journal({
      onBoundary: ({ position, entry, when }) => {
        positions.push(position);
        if (paused && entry === 'started' && when === 'before') throw new NovaError('task.paused', 'Paused.');
      },
    });
    await assert.rejects(journal.run(call('a', 'unknown'), mustNotRun, never), coded('task.paused'));
    assert.equal(await around.ledger.head(), 0);
    paused = false;
    assert.deepEqual(await journal.run(call('a', 'unknown'), async () => ({ n: 1 }), never), { n: 1 });
    assert.deepEqual(positions, [1, 1, 1, 2, 2]);
  });

  it('does not begin under an aborted signal, and does not record what an abort made of an effect', async () => {
    await using around = await Surroundings.make();
    const journal = await around.journal();
    await assert.rejects(journal.run(call('a'), mustNotRun, AbortSignal.abort()), coded('task.cancelled'));
    const stop = new AbortController();
    const aborted = journal.run(
      call('b'),
      async (signal) => {
        stop.abort(new NovaError('task.paused', 'Paused.'));
        throw new Error(`torn down: ${signal.aborted}`);
      },
      stop.signal,
    );
    await assert.rejects(aborted, coded('task.paused'));
    assert.deepEqual(await journal.run(call('b'), async () => ({ n: 1 }), never), { n: 1 });
    assert.equal(journal.entries().length, 1);
  });

  it('gives the same value on the first run as on every other', async () => {
    await using around = await Surroundings.make();
    const journal = await around.journal();
    const loose = { ...call('a'), schema: z.object({ n: z.number(), gone: z.unknown().optional() }) };
    const first = await journal.run(loose, async () => ({ n: 1, gone: undefined }), never);
    assert.deepEqual(Object.keys(first), ['n']);
    assert.deepEqual(await journal.run(loose, mustNotRun, never), first);
  });

  it('is quiet when every call under way has ended, also one that fails', async () => {
    await using around = await Surroundings.make();
    const journal = await around.journal();
    await journal.quiet();
    const slow = Promise.withResolvers<{ n: number }>();
    const running = journal.run(call('slow'), () => slow.promise, never);
    const bad = journal.run(call('bad'), failing('tests.none'), never);
    let quiet = false;
    const waiting = journal.quiet().then(() => {
      quiet = true;
    });
    await assert.rejects(bad, coded('tests.none'));
    assert.equal(quiet, false);
    slow.resolve({ n: 1 });
    await waiting;
    assert.ok(journal.entries().every(({ state }) => state === 'finished'));
    await running;
  });

  it('records once why a call that was begun will never be carried out', async () => {
    await using around = await Surroundings.make();
    const journal = await around.journal();
    await journal.run(call('done'), async () => ({ n: 1 }), never);
    await assert.rejects(journal.run(call('begun'), failing('sandbox.lost'), never), coded('sandbox.lost'));
    const cancelled = new NovaError('task.cancelled', 'enough');
    await journal.giveUp(cancelled);
    await journal.giveUp(cancelled);
    const later = await around.journal();
    assert.deepEqual(
      later.entries().map(({ failure }) => failure?.code ?? null),
      [null, 'task.cancelled'],
    );
    await assert.rejects(later.run(call('begun'), mustNotRun, never), coded('task.cancelled'));
    assert.equal((await around.ledger.read('task/T')).length, 4);
  });
});

async function wrongShape(): Promise<{ n: number }> {
  return JSON.parse('{"n":"text"}') as { n: number };
}
