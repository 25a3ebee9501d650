import { existsSync, mkdirSync, readFileSync, statSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Result, repairEvaluate, resultSchema } from '@nova/core';
import { getJson, openFolderBlobs, openSqliteLedgerReader } from '@nova/messaging';
import { z } from 'zod';
import { git, Place, shop } from './nova.ts';

/** What a person asks for at the moment of the kill, and how much else goes on then. */
export const occasions = ['alone', 'pausing', 'cancelling', 'several'] as const;
export type Occasion = (typeof occasions)[number];

/** One SIGKILL: of what, exactly where in the task's journal, and on which occasion. */
export interface Strike {
  readonly occasion: Occasion;
  readonly victim: 'server' | 'host' | 'runner';
  readonly position: number;
  readonly entry: 'started' | 'finished';
  readonly when: 'before' | 'after';
}

/** Without walls, every run of the tests can leave a mark outside; with them, nothing can. */
export type Walls = 'bubblewrap' | 'none';

/** What came of fixes that were struck, seen from outside. */
export interface Struck {
  readonly killed: number;
  /** Outcome of every task, with what differs from what it should be, in words. */
  readonly tasks: readonly { readonly outcome: string; readonly faults: readonly string[] }[];
  /** How often branches were moved, counted by the repository's own reflogs. */
  readonly branchMoves: number;
  /** How often the failing test ran, counted by a file outside Nova; null inside walls. */
  readonly testRuns: number | null;
  readonly processesLeft: number;
  readonly seconds: number;
}

/** The journal of a fix that nobody disturbed, and its Result: what every struck fix is compared with. */
export interface Reference {
  readonly result: Result;
  readonly entries: readonly {
    readonly position: number;
    readonly entry: 'started' | 'finished';
    readonly callId: string;
  }[];
  readonly tree: string;
  readonly walls: Walls;
  readonly testRuns: number | null;
}

/** The shop, whose failing test also leaves a mark in a file outside the repository each time it runs. */
function marked(witness: string): Record<string, string> {
  const mark = `import { appendFileSync } from 'node:fs';\ntry { appendFileSync(${JSON.stringify(witness)}, '.'); } catch {}\n`;
  return { ...shop, 'test/cart.test.js': mark + shop['test/cart.test.js'] };
}

function marks(witness: string): number {
  return existsSync(witness) ? statSync(witness).size : 0;
}

export async function undisturbed(walls: Walls): Promise<Reference> {
  using place = new Place();
  const witness = join(place.folder, 'witness');
  const repository = place.repository('shop', marked(witness));
  const { result } = await place.fix(repository, 'node --test', ['--sandbox', walls]);
  await using ledger = await openSqliteLedgerReader({ path: join(place.home, 'ledger.sqlite') });
  const events = await ledger.read(`task/${result.task}`);
  const journal = events.filter((event) => event.type.startsWith('nova.journal.'));
  const entries = journal.map((event, index) => ({
    position: index + 1,
    entry: event.type === 'nova.journal.started' ? ('started' as const) : ('finished' as const),
    callId: String(event.data['callId']),
  }));
  return {
    result,
    entries,
    // The test names its own place's witness, so the whole tree differs from place to place; the mended folder does not.
    tree: git(repository, 'rev-parse', `nova/${result.task}:src`),
    walls,
    testRuns: walls === 'none' ? marks(witness) : null,
  };
}

/** How many tasks of one repository run when several do; one of them has to wait. */
const severalTasks = 3;

/** Runs whole fixes in a place of their own, kills the victim at the named position, and looks at what came of it. */
async function strike(at: Strike, reference: Reference): Promise<Struck> {
  const begun = performance.now();
  using place = new Place();
  const witness = join(place.folder, 'witness');
  const repository = place.repository('shop', marked(witness));
  const breakpoint = join(place.folder, 'breakpoint');
  mkdirSync(breakpoint);
  const reached = join(breakpoint, 'reached');
  const struck = Promise.withResolvers<number>();
  struck.promise.catch(() => {});
  let once = false;
  const watcher = watch(breakpoint, () => {
    // The file is there before its text is.
    const callId = once || !existsSync(reached) ? '' : readFileSync(reached, 'utf8');
    if (callId === '') return;
    once = true;
    blow(place, at, callId)
      .finally(() => writeFileSync(join(breakpoint, 'go'), ''))
      .then(struck.resolve, struck.reject);
  });
  try {
    const env = {
      NOVA_BREAKPOINT: `${at.position}:${at.entry}:${at.when}`,
      NOVA_BREAKPOINT_FOLDER: breakpoint,
    };
    const args = ['fix', '--repo', repository, '--test', 'node --test', '--json', '--sandbox', reference.walls];
    const count = at.occasion === 'several' ? severalTasks : 1;
    const results = await Promise.all(Array.from({ length: count }, async () => resultOf(place, args, env)));
    const tasks = [];
    for (const result of results) {
      const tree = result.outcome === 'delivered' ? git(repository, 'rev-parse', `${branchOf(result)}:src`) : '';
      const cancelled = result.outcome === 'cancelled' && at.occasion === 'cancelling';
      const faults = cancelled ? await whatIsLost(place, result, reference) : compare(reference, result, tree);
      tasks.push({ outcome: result.outcome, faults });
    }
    return {
      killed: await struck.promise,
      tasks,
      branchMoves: branchMoves(repository),
      testRuns: reference.walls === 'none' ? marks(witness) : null,
      processesLeft: place.processes().all.length,
      seconds: (performance.now() - begun) / 1000,
    };
  } finally {
    watcher.close();
  }
}

/** Asks for what is to be asked, has it acknowledged, and kills. `callId` is where the task stands. */
async function blow(place: Place, at: Strike, callId: string): Promise<number> {
  const task = callId.split('/')[0] ?? '';
  if (at.occasion === 'pausing') await place.ask(task, 'pause', 'to be killed');
  if (at.occasion === 'cancelling') await place.ask(task, 'cancel', 'to be killed');
  return place.processes()[at.victim].filter(kill).length;
}

/** A fix that was paused is resumed, as its person would. */
async function resultOf(place: Place, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Result> {
  let ran = await place.run(args, env);
  const paused = /Task (t\w+) is paused: to be killed/.exec(ran.stderr)?.[1];
  if (paused !== undefined) ran = await place.run(['resume', paused, '--json'], env);
  if (ran.stdout.trim() === '') throw new Error(`No Result: ${ran.stderr.slice(-1000)}`);
  return resultSchema.parse(JSON.parse(ran.stdout));
}

const branchOf = (result: Result) => `refs/heads/nova/${result.task}`;

function branchMoves(repository: string): number {
  const refs = git(repository, 'for-each-ref', '--format=%(refname)', 'refs/heads/nova/').split('\n');
  return refs
    .filter((ref) => ref !== '')
    .reduce((sum, ref) => sum + git(repository, 'reflog', 'show', '--format=%H', ref).split('\n').length, 0);
}

/** What the Result of a cancelled fix does not tell although it was recorded, and what its record leaves open. */
async function whatIsLost(place: Place, result: Result, reference: Reference): Promise<string[]> {
  const faults: string[] = [];
  await using ledger = await openSqliteLedgerReader({ path: join(place.home, 'ledger.sqlite') });
  const blobs = await openFolderBlobs(join(place.home, 'blobs'));
  const events = await ledger.read(`task/${result.task}`);
  const open = new Set<string>();
  let tried = 0;
  for (const { type, data } of events) {
    const callId = String(data['callId']);
    if (type === 'nova.journal.started') open.add(callId);
    if (type !== 'nova.journal.finished') continue;
    open.delete(callId);
    if (data['failure'] !== null) continue;
    const name = callId.split('/')[3];
    if (name === 'repair.localise' && JSON.stringify(result.suspects) !== JSON.stringify(reference.result.suspects)) {
      faults.push('suspects were recorded and are not those of the Result');
    }
    if (name === 'workspace.capture' && result.base === null)
      faults.push('the base was recorded and is not in the Result');
    if (name !== 'repair.evaluate') continue;
    const outcome = await getJson(blobs, String(data['output']), z.object({ output: repairEvaluate.output }));
    tried += outcome.output.verdicts.length;
  }
  if (open.size > 0) faults.push(`calls without an outcome: ${[...open].join(', ')}`);
  if (tried !== result.tried.candidates)
    faults.push(`${tried} candidates were tried, the Result says ${result.tried.candidates}`);
  return faults;
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    // It went along with another victim.
    return false;
  }
}

/** What must be equal; ids, times and costs of a repeated call may differ. */
function compare(reference: Reference, result: Result, tree: string): string[] {
  const differences: string[] = [];
  const same = (name: string, expected: unknown, actual: unknown) => {
    if (JSON.stringify(expected) !== JSON.stringify(actual)) {
      differences.push(`${name}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`.slice(0, 300));
    }
  };
  const wanted = reference.result;
  same('outcome', wanted.outcome, result.outcome);
  same('tree', reference.tree, tree);
  same('diff', wanted.change?.diff, result.change?.diff);
  same('tried', wanted.tried, result.tried);
  same(
    'alternatives',
    wanted.alternatives.map((a) => a.diff),
    result.alternatives.map((a) => a.diff),
  );
  same(
    'gate',
    wanted.gate.map((c) => [c.name, c.passed]),
    result.gate.map((c) => [c.name, c.passed]),
  );
  same('review', wanted.review, result.review);
  same('runs', wanted.cost.runs, result.cost.runs);
  same('gaps', wanted.gaps, result.gaps);
  return differences;
}

const victims = ['server', 'host', 'runner'] as const;

/** Every place of a reference's journal, struck at every victim. */
export function everyStrike(reference: Reference, occasion: Occasion): Strike[] {
  return reference.entries.flatMap(({ position, entry }) =>
    victims.flatMap((victim) =>
      (['before', 'after'] as const).map((when) => ({ occasion, victim, position, entry, when })),
    ),
  );
}

/** Strikes once and says how it went: a line for the table, and what was wrong, if anything. */
export async function strikeAndJudge(at: Strike, reference: Reference): Promise<{ line: string; faults: string[] }> {
  const callId = reference.entries[at.position - 1]?.callId.split('/').slice(1).join('/') ?? '';
  const name = `${at.occasion.padEnd(10)} ${at.victim.padEnd(6)} ${at.when.padEnd(6)} ${at.entry.padEnd(8)} ${callId.padEnd(36)}`;
  const struck = await strike(at, reference).catch((error: unknown) => String(error));
  const faults = typeof struck === 'string' ? [struck] : judge(struck, at, reference);
  const line = `${name} ${typeof struck === 'string' ? 'no Result' : row(struck)} ${faults.length === 0 ? 'ok' : 'FAILED'}`;
  return { line, faults: faults.map((fault) => `${name}: ${fault}`) };
}

function row(struck: Struck): string {
  const outcomes = struck.tasks.map((task) => task.outcome).join(' ');
  const runs = struck.testRuns === null ? '' : `  test runs ${struck.testRuns}`;
  return `${outcomes}  killed ${struck.killed}  branch moves ${struck.branchMoves}${runs}  left ${struck.processesLeft}  ${struck.seconds.toFixed(1)} s`;
}

function judge(struck: Struck, at: Strike, reference: Reference): string[] {
  const faults = struck.tasks.flatMap((task) => task.faults);
  // A host is there from the first call on, a runner only while it has one: a strike at nobody would prove nothing.
  const isThere = at.victim === 'server' || (at.victim === 'host' && at.position > 2);
  if (isThere && struck.killed === 0) faults.push('nobody was there to be killed');
  const delivered = struck.tasks.filter((task) => task.outcome === 'delivered').length;
  if (struck.branchMoves !== delivered) {
    faults.push(`branches were moved ${struck.branchMoves} times, ${delivered} were delivered`);
  }
  if (struck.processesLeft !== 0) faults.push(`${struck.processesLeft} processes were left`);
  if (struck.testRuns !== null && reference.testRuns !== null) {
    // A dead server or host interrupts no command, so nothing runs twice; a dead runner's call is repeated.
    const repeated = struck.testRuns - reference.testRuns * struck.tasks.length;
    const cut = struck.tasks.some((task) => task.outcome === 'cancelled');
    if ((repeated < 0 && !cut) || (repeated > 0 && at.victim !== 'runner')) {
      faults.push(`${repeated} test runs too many`);
    }
  }
  return faults;
}

/** Draws without replacement, evenly over the victims' places, by a linear congruential generator (Numerical Recipes). */
export function draw(all: readonly Strike[], count: number, seed: number): Strike[] {
  const left = [...all];
  const taken: Strike[] = [];
  let state = seed >>> 0;
  while (taken.length < count && left.length > 0) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    taken.push(...left.splice(state % left.length, 1));
  }
  return taken.sort((a, b) => a.position - b.position);
}
