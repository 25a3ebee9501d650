import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Finding, NovaError, type Result, reviewRequestSchema, systemClock, type ToolCaller } from '@nova/core';
import {
  type Blobs,
  createJournal,
  getJson,
  type Ledger,
  openFolderBlobs,
  openSqliteLedger,
  putJson,
} from '@nova/messaging';
import { createDesk } from '../base/desk.ts';
import { RunBudget } from '../budget/run-budget.ts';
import { runReviewTeam } from './review-team.ts';

const finding: Finding = {
  rule: 'x/y',
  severity: 'error',
  category: 'correctness',
  path: 'a.js',
  line: 1,
  message: 'So.',
};

/** Answers of a host by tool; an error is thrown. */
const answers: Record<string, unknown> = {
  'workspace.capture': {
    mirror: 'm',
    head: 'head',
    headName: 'main',
    commit: 'base',
    dirty: true,
    personPaths: ['a.js'],
    ignored: ['.env'],
    since: null,
  },
  'environment.prepare': { key: 'e1', kinds: ['npm'], source: 'lockfile', reused: false, log: null, gaps: ['one'] },
  'code.review': {
    findings: [finding],
    examined: { files: 2, lines: 9, engines: [], skipped: [] },
    gaps: ['pyright did not run: absent'],
  },
  'task.release': { sandboxes: 1 },
};

let folder: string;
let ledger: Ledger;
let blobs: Blobs;
let asked: { tool: string; input: unknown; environment: string | null | undefined }[];

async function openLedger(name: string): Promise<void> {
  ledger = await openSqliteLedger({
    path: join(folder, `${name}.sqlite`),
    clock: systemClock,
    ids: { event: randomUUID },
  });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nova-review-'));
  await openLedger('first');
  blobs = await openFolderBlobs(join(folder, 'blobs'));
  asked = [];
});

afterEach(async () => {
  await ledger[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function run(changes: Record<string, unknown> = {}, since: string | null = null): Promise<Result> {
  const journal = await createJournal({
    ledger,
    blobs,
    clock: systemClock,
    task: 'T',
    actor: 'test',
    tenant: 'local',
    restore: async () => {},
  });
  const call: ToolCaller = async (tool, input, { sandbox }) => {
    asked.push({ tool: tool.name, input, environment: sandbox?.environment });
    const answer = { ...answers, ...changes }[tool.name];
    if (answer instanceof Error) throw answer;
    return { output: tool.output.parse(answer), isolation: null, memoryKills: 0 };
  };
  const signal = new AbortController().signal;
  return runReviewTeam({
    brief: {
      task: 'T',
      request: reviewRequestSchema.parse({ kind: 'review', repository: '/r', since }),
      submittedAt: '2026-01-01T00:00:00.000Z',
      desk: createDesk({ task: 'T', journal, call, leaseToken: 1, now: () => 0, signal }),
      budget: new RunBudget({ runs: 0, seconds: 900 }),
      limits: { memoryBytes: 1, processes: 1, callSeconds: 1 },
      parallel: 2,
    },
    records: { put: (value) => putJson(blobs, value), get: (hash, schema) => getJson(blobs, hash, schema) },
    stageLog: { started: async () => {}, finished: async () => {} },
  });
}

describe('the review team', () => {
  it('ends in a Result with findings and gaps, and no change', async () => {
    const result = await run();
    assert.equal(result.outcome, 'reviewed');
    assert.equal(result.code, null);
    assert.equal(result.summary, '1 finding (1 error); 2 files reviewed.');
    assert.deepEqual(result.review, [finding]);
    assert.deepEqual(result.examined, { files: 2, lines: 9, engines: [], skipped: [], since: null });
    assert.deepEqual(result.gaps, ['one', 'ignored files were not copied: .env', 'pyright did not run: absent']);
    assert.equal(result.change, null);
    assert.deepEqual(
      asked.map(({ tool }) => tool),
      ['workspace.capture', 'environment.prepare', 'code.review', 'task.release'],
    );
    assert.equal(asked[2]?.environment, 'e1');
  });

  it('asks for what came after the commit that was found', async () => {
    const since = { ref: 'main', commit: 'c0ffee' };
    const captured = { ...(answers['workspace.capture'] as object), since };
    const result = await run({ 'workspace.capture': captured }, 'main');
    assert.deepEqual(result.examined?.since, since);
    assert.deepEqual(asked[0]?.input, { task: 'T', repository: '/r', forBranch: false, since: 'main' });
    assert.deepEqual(asked[2]?.input, { since: 'c0ffee', seconds: 900 });
    assert.match(result.summary, /2 changed files/);
  });

  it('goes on without the dependencies that could not be installed, and says so', async () => {
    const failed = new NovaError('environment.install_failed', 'npm ended with 1.');
    const result = await run({ 'environment.prepare': failed });
    assert.equal(result.outcome, 'reviewed');
    assert.match(result.gaps[0] ?? '', /^without the dependencies.* npm ended with 1\.$/);
    assert.equal(asked[2]?.environment, null);
  });

  it('refuses what names no commit, and ends what it began', async () => {
    const result = await run({ 'workspace.capture': new NovaError('usage.invalid', '"x" names no commit.') }, 'x');
    assert.deepEqual([result.outcome, result.code, result.examined], ['refused', 'usage.invalid', null]);
    assert.deepEqual(
      asked.map(({ tool }) => tool),
      ['workspace.capture', 'task.release'],
    );
  });

  it('comes to the same Result when any one call is lost and the team runs again', async () => {
    const wanted = await run();
    for (const lost of Object.keys(answers)) {
      await ledger[Symbol.asyncDispose]();
      await openLedger(lost);
      await assert.rejects(run({ [lost]: new NovaError('sandbox.lost', 'Gone.') }), { code: 'sandbox.lost' });
      assert.deepEqual(await run(), wanted, lost);
    }
  });
});
