import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type FixRequest, type MissingImport, type NovaError, type Result, systemClock } from '@nova/core';
import {
  type Blobs,
  createJournal,
  getJson,
  type Ledger,
  openFolderBlobs,
  openSqliteLedger,
  putJson,
} from '@nova/messaging';
import { createDesk, type Desk, type DeskParts } from '../base/desk.ts';
import { createWindUpDesk } from '../base/wind-up.ts';
import { RunBudget } from '../budget/run-budget.ts';
import { runFixTeam } from './fix-team.ts';
import { candidate, counted, type Script, ScriptedHost } from './scripted-host.ts';

const request: FixRequest = {
  kind: 'fix',
  repository: '/r',
  testCommand: 'node --test',
  sandbox: 'none',
  priority: 'normal',
  instance: null,
  budgetSeconds: 900,
  budgetRuns: 1500,
  testTimeoutSeconds: 60,
};
const red = counted(['works', 'passed'], ['breaks', 'failed']);
const green = counted(['works', 'passed'], ['breaks', 'passed']);

const script: Script = {
  baseline: red,
  candidates: [candidate('wrong', 0), candidate('right', 1), candidate('also', 2)],
  outcomes: { right: 'plausible', also: 'plausible' },
  stillFailing: {},
  findings: () => [],
  report: () => green,
};

const absent = (test: string): MissingImport => ({
  test: `t.js::${test}`,
  language: 'python',
  module: 'app',
  name: null,
  importer: 't.py',
  why: 'path',
  found: ['src'],
});

let folder: string;
let ledger: Ledger;
let blobs: Blobs;
let stages: string[];

async function openLedger(name: string): Promise<Ledger> {
  return openSqliteLedger({ path: join(folder, `${name}.sqlite`), clock: systemClock, ids: { event: randomUUID } });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nova-team-'));
  ledger = await openLedger('first');
  blobs = await openFolderBlobs(join(folder, 'blobs'));
  stages = [];
});

afterEach(async () => {
  await ledger[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function run(
  host: ScriptedHost,
  changes: Partial<FixRequest> = {},
  open: (parts: DeskParts) => Desk = createDesk,
): Promise<Result> {
  const journal = await createJournal({
    ledger,
    blobs,
    clock: systemClock,
    task: 'T',
    actor: 'test',
    tenant: 'local',
    restore: async () => {},
  });
  const signal = new AbortController().signal;
  const wanted = { ...request, ...changes };
  return runFixTeam({
    brief: {
      task: 'T',
      request: wanted,
      submittedAt: '2026-01-01T00:00:00.000Z',
      desk: open({ task: 'T', journal, call: host.call, leaseToken: 1, now: () => 0, signal }),
      budget: new RunBudget({ runs: wanted.budgetRuns, seconds: wanted.budgetSeconds }),
      limits: { memoryBytes: 512 * 1024 ** 2, processes: 1, callSeconds: 1 },
      parallel: 2,
    },
    records: { put: (value) => putJson(blobs, value), get: (hash, schema) => getJson(blobs, hash, schema) },
    stageLog: {
      started: async () => {},
      finished: async (attempt, stage) => void stages.push(`${attempt} ${stage}`),
    },
  });
}

describe('the fix team', () => {
  it('goes through the stages in order and delivers the best plausible candidate', async () => {
    const host = new ScriptedHost(script);
    const result = await run(host);
    assert.equal(result.outcome, 'delivered');
    assert.equal(result.change?.diff, 'diff of right');
    assert.deepEqual(
      result.alternatives.map((other) => other.candidate.id),
      ['also'],
    );
    assert.deepEqual(
      stages,
      ['intake', 'environment', 'planning', 'working', 'testing', 'review', 'gate', 'delivery'].map((s) => `1 ${s}`),
    );
  });

  it('judges in sandboxes that the writer never touched', async () => {
    const host = new ScriptedHost(script);
    await run(host);
    assert.deepEqual([...host.sandboxes].sort(), ['T-gate-1', 'T-gate-base-1', 'T-review-1', 'T-sibling-1', 'T-work']);
  });

  it('takes the next plausible candidate when the reviewer rejects the first', async () => {
    const rejecting: Script = {
      ...script,
      findings: (commit) =>
        commit === 'commit-right'
          ? [{ rule: 'r', severity: 'error', category: 'correctness', path: 'a.js', line: 1, message: 'Not so.' }]
          : [],
    };
    const result = await run(new ScriptedHost(rejecting));
    assert.equal(result.outcome, 'delivered');
    assert.equal(result.cost.attempts, 2);
    assert.equal(result.change?.diff, 'diff of also');
    assert.deepEqual(
      result.alternatives.map((other) => other.candidate.id),
      ['right'],
      'what was delivered is no alternative to itself; what was rejected is one',
    );
  });

  it('takes the next plausible candidate when the committed change does not pass after all', async () => {
    const flaky: Script = { ...script, report: (commit) => (commit === 'commit-right' ? red : green) };
    const result = await run(new ScriptedHost(flaky));
    assert.equal(result.outcome, 'delivered');
    assert.equal(result.change?.diff, 'diff of also');
  });

  for (const [stageName, call] of [
    ['testing', 'T/1/testing/tests.run/1'],
    ['gate', 'T/1/gate/tests.run/3'],
  ] as const) {
    it(`lets no unstable test speak against a change that was right (${stageName})`, async () => {
      const unlucky = counted(['breaks', 'passed'], ['works', 'failed']);
      const both = counted(['breaks', 'failed'], ['works', 'failed']);
      const flaky: Script = {
        ...script,
        report: (_, callId) => (callId === call ? unlucky : green),
        // The base shows it at the third time of asking.
        onBase: (callId) => (callId === `T/1/${stageName}/tests.run/${stageName === 'gate' ? 7 : 4}` ? both : null),
      };
      const host = new ScriptedHost(flaky);
      const result = await run(host);
      assert.deepEqual([result.outcome, result.change?.diff], ['delivered', 'diff of right'], result.summary);
      assert.match(result.gaps.join('\n'), /unstable tests say nothing here: t\.js::works/);
    });

    it(`counts a test that never fails on the base as the change's own failure (${stageName})`, async () => {
      const broken = counted(['breaks', 'passed'], ['works', 'failed']);
      const script2: Script = { ...script, report: (_, callId) => (callId === call ? broken : green) };
      const result = await run(new ScriptedHost(script2));
      assert.deepEqual([result.outcome, result.change?.diff], ['delivered', 'diff of also']);
      assert.doesNotMatch(result.gaps.join('\n'), /unstable/);
    });
  }

  it('ends at the gate when no plausible candidate gets through', async () => {
    const failing: Script = { ...script, report: (commit) => (commit.startsWith('gate-') ? red : green) };
    const result = await run(new ScriptedHost(failing));
    assert.equal(result.outcome, 'gate-failed');
    assert.equal(result.code, 'gate.failed');
    assert.equal(result.change, null);
    assert.ok(result.gate.some((check) => !check.passed));
  });

  it('refuses when the tests pass already, and still ends the sandboxes', async () => {
    const host = new ScriptedHost({ ...script, baseline: green });
    const result = await run(host);
    assert.equal(result.outcome, 'refused');
    assert.equal(result.code, 'tests.pass');
    assert.ok(host.done.at(-1)?.includes('task.release'));
  });

  it('refuses at once when no failing test can be loaded, and says what is missing and what to do', async () => {
    const host = new ScriptedHost({ ...script, missing: [absent('breaks')] });
    const result = await run(host, { testCommand: 'pytest' });
    assert.equal(result.outcome, 'refused');
    assert.equal(result.code, 'tests.unloadable');
    assert.match(result.summary, /not a bug.*`app`, imported by t\.py/s);
    assert.match(result.summary, /--test "PYTHONPATH=src pytest"/);
    assert.equal(result.cost.runs, 1);
    assert.ok(!host.done.some((id) => id.includes('repair.')));
  });

  it('repairs what can be loaded and says what could not judge', async () => {
    const some: Script = {
      ...script,
      baseline: counted(['works', 'passed'], ['breaks', 'failed'], ['blocked', 'failed']),
      missing: [absent('blocked')],
      report: () => counted(['works', 'passed'], ['breaks', 'passed'], ['blocked', 'failed']),
    };
    const result = await run(new ScriptedHost(some));
    assert.equal(result.outcome, 'delivered');
    assert.deepEqual(
      result.baseline?.failing.map((test) => test.id),
      ['t.js::breaks'],
    );
    assert.match(result.gaps.join('\n'), /1 failing test cannot be loaded.*`app`/);
  });

  it('delivers what makes a file load, which then has tests of other names', async () => {
    const loading: Script = {
      ...script,
      baseline: counted(['t.js', 'failed']),
      report: () => counted(['works', 'passed']),
    };
    const result = await run(new ScriptedHost(loading));
    assert.equal(result.outcome, 'delivered', result.summary);
  });

  it('says so when the kernel ended a test run for want of memory, and how to allow more', async () => {
    const starved: Script = {
      ...script,
      outcomes: {},
      memoryKills: (callId) =>
        callId.includes('/environment/tests.run/') ? 1 : callId.endsWith('/working/repair.evaluate/1') ? 3 : 0,
    };
    const result = await run(new ScriptedHost(starved));
    assert.match(result.summary, /ended a test run for want of memory: 512 MiB are allowed, `--memory 1024`/);
    const gaps = result.gaps.filter((gap) => gap.includes('more memory'));
    assert.equal(gaps.length, 2);
    assert.match(gaps[0] ?? '', /^environment: the kernel ended a process 2 times, because the tests/);
    assert.match(gaps[1] ?? '', /^working: the kernel ended a process 3 times, because a candidate/);
    await ledger[Symbol.asyncDispose]();
    ledger = await openLedger('second');
    const delivered = await run(new ScriptedHost({ ...starved, outcomes: script.outcomes }));
    assert.equal(delivered.outcome, 'delivered');
    assert.doesNotMatch(delivered.summary, /memory/);
  });

  it('says what was tried when nothing is found', async () => {
    const result = await run(new ScriptedHost({ ...script, outcomes: {} }));
    assert.equal(result.outcome, 'not-repaired');
    assert.deepEqual(result.tried, { candidates: 3, verdicts: { 'still-failing': 3 } });
    assert.equal(result.suspects.length, 1);
  });

  it('joins two partial repairs of different places', async () => {
    const two = counted(['works', 'passed'], ['one', 'failed'], ['two', 'failed']);
    const partial: Script = {
      ...script,
      baseline: two,
      candidates: [candidate('first', 0), candidate('second', 1)],
      outcomes: { 'first+second': 'plausible' },
      stillFailing: { first: 1, second: 1 },
      report: () => counted(['works', 'passed'], ['one', 'passed'], ['two', 'passed']),
    };
    const result = await run(new ScriptedHost(partial));
    assert.equal(result.outcome, 'delivered');
    assert.equal(result.change?.diff, 'diff of first+second');
  });

  it('stops at its budget and says so', async () => {
    const many = Array.from({ length: 40 }, (_, index) => candidate(`c${index}`, index));
    const result = await run(new ScriptedHost({ ...script, candidates: many, outcomes: {} }), { budgetRuns: 30 });
    assert.equal(result.outcome, 'not-repaired');
    assert.match(result.summary, /budget/);
    assert.ok(result.tried.candidates < 40);
    assert.ok(result.cost.runs <= 30);
  });

  it('comes to the same Result when any one call is lost and the team runs again', async () => {
    const undisturbed = new ScriptedHost(script);
    const wanted = await run(undisturbed);
    for (const lost of undisturbed.done) {
      await ledger[Symbol.asyncDispose]();
      ledger = await openLedger(lost.replaceAll('/', '-'));
      const host = new ScriptedHost(script);
      host.lose = lost;
      await assert.rejects(run(host), (error: NovaError) => error.code === 'sandbox.lost', lost);
      const again = await run(host);
      assert.deepEqual(again, wanted, lost);
      const repeated = host.done.filter((id, index) => host.done.indexOf(id) !== index);
      assert.deepEqual(repeated, [], `effects that were carried out twice after losing ${lost}`);
    }
  });

  it('reports what was recorded when it is cancelled, wherever that is, and acts no more than to show and to end', async () => {
    const whole = new ScriptedHost(script);
    const delivered = await run(whole);
    const at = (name: string) => whole.done.findIndex((callId) => callId.includes(name));
    for (const [index, cut] of whole.done.entries()) {
      await ledger[Symbol.asyncDispose]();
      ledger = await openLedger(`cut-${index}`);
      const host = new ScriptedHost(script);
      host.lose = cut;
      await assert.rejects(run(host), { code: 'sandbox.lost' });
      const before = [...host.done];
      const result = await run(host, {}, (parts) => createWindUpDesk(parts, 'enough', true));
      const acts = host.done.slice(before.length).map((callId) => callId.split('/')[3]);
      assert.ok(
        acts.every((name) => /change.preview|task.release|branch.deliver/.test(name ?? '')),
        `${cut}: ${acts}`,
      );
      assert.equal(acts.at(-1), 'task.release');
      if (before.concat(host.done).some((callId) => callId.includes('branch.deliver'))) {
        assert.deepEqual([result.outcome, result.change], ['delivered', delivered.change], cut);
        continue;
      }
      assert.deepEqual([result.outcome, result.code, result.change], ['cancelled', 'task.cancelled', null], cut);
      assert.match(result.summary, /enough/);
      assert.equal(result.base !== null, index > 0, cut);
      assert.equal(result.suspects.length > 0, index > at('repair.localise'), cut);
      const tried = before.filter((callId) => callId.includes('repair.evaluate')).length;
      assert.equal(result.tried.candidates > 0, tried > 0, cut);
      const passed = index > at('change.preview');
      if (passed)
        assert.deepEqual(
          result.alternatives.map(({ diff }) => diff),
          ['diff of right', 'diff of also'],
          cut,
        );
    }
  });
});
