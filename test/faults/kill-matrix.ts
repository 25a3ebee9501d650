import { existsSync, mkdirSync, statSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '@nova/core';
import { openSqliteLedgerReader } from '@nova/messaging';
import { git, Place, shop } from './nova.ts';

/** One SIGKILL: of what, and exactly where in the task's journal. */
export interface Strike {
  readonly victim: 'server' | 'host' | 'runner';
  readonly position: number;
  readonly entry: 'started' | 'finished';
  readonly when: 'before' | 'after';
}

/** Without walls, every run of the tests can leave a mark outside; with them, nothing can. */
export type Walls = 'bubblewrap' | 'none';

/** What came of a fix that was struck, seen from outside. */
export interface Struck {
  readonly killed: number;
  readonly sameResult: boolean;
  /** What differs from the reference, in words. */
  readonly differences: readonly string[];
  /** How often the branch was moved, counted by the repository's own reflog. */
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

/** Runs a whole fix in a place of its own, kills the victim at the named position, and looks at what came of it. */
async function strike(at: Strike, reference: Reference): Promise<Struck> {
  const begun = performance.now();
  using place = new Place();
  const witness = join(place.folder, 'witness');
  const repository = place.repository('shop', marked(witness));
  const breakpoint = join(place.folder, 'breakpoint');
  mkdirSync(breakpoint);
  let killed = 0;
  const watcher = watch(breakpoint, () => {
    if (!existsSync(join(breakpoint, 'reached')) || existsSync(join(breakpoint, 'go'))) return;
    for (const pid of place.processes()[at.victim]) killed += kill(pid) ? 1 : 0;
    writeFileSync(join(breakpoint, 'go'), '');
  });
  try {
    const { result } = await place.fix(repository, 'node --test', ['--sandbox', reference.walls], {
      NOVA_BREAKPOINT: `${at.position}:${at.entry}:${at.when}`,
      NOVA_BREAKPOINT_FOLDER: breakpoint,
    });
    const branch = `refs/heads/nova/${result.task}`;
    const tree = result.outcome === 'delivered' ? git(repository, 'rev-parse', `${branch}:src`) : '';
    const reflog = result.outcome === 'delivered' ? git(repository, 'reflog', 'show', '--format=%H', branch) : '';
    const differences = compare(reference, result, tree);
    return {
      killed,
      sameResult: differences.length === 0,
      differences,
      branchMoves: reflog === '' ? 0 : reflog.split('\n').length,
      testRuns: reference.walls === 'none' ? marks(witness) : null,
      processesLeft: place.processes().all.length,
      seconds: (performance.now() - begun) / 1000,
    };
  } finally {
    watcher.close();
  }
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
export function everyStrike(reference: Reference): Strike[] {
  return reference.entries.flatMap(({ position, entry }) =>
    victims.flatMap((victim) => (['before', 'after'] as const).map((when) => ({ victim, position, entry, when }))),
  );
}

/** Strikes once and says how it went: a line for the table, and what was wrong, if anything. */
export async function strikeAndJudge(at: Strike, reference: Reference): Promise<{ line: string; faults: string[] }> {
  const callId = reference.entries[at.position - 1]?.callId.split('/').slice(1).join('/') ?? '';
  const name = `${at.victim.padEnd(6)} ${at.when.padEnd(6)} ${at.entry.padEnd(8)} ${callId.padEnd(36)}`;
  const struck = await strike(at, reference).catch((error: unknown) => String(error));
  const faults = typeof struck === 'string' ? [struck] : judge(struck, at, reference);
  const line = `${name} ${typeof struck === 'string' ? 'no Result' : row(struck)} ${faults.length === 0 ? 'ok' : 'FAILED'}`;
  return { line, faults: faults.map((fault) => `${name}: ${fault}`) };
}

function row(struck: Struck): string {
  const runs = struck.testRuns === null ? '' : `  test runs ${struck.testRuns}`;
  return `killed ${struck.killed}  branch moves ${struck.branchMoves}${runs}  left ${struck.processesLeft}  ${struck.seconds.toFixed(1)} s`;
}

function judge(struck: Struck, at: Strike, reference: Reference): string[] {
  const faults = [...struck.differences];
  if (struck.branchMoves !== 1) faults.push(`the branch was moved ${struck.branchMoves} times`);
  if (struck.processesLeft !== 0) faults.push(`${struck.processesLeft} processes were left`);
  if (struck.testRuns !== null && reference.testRuns !== null) {
    // A dead server or host interrupts no command, so nothing runs twice; a dead runner's call is repeated.
    const repeated = struck.testRuns - reference.testRuns;
    if (repeated < 0 || (repeated > 0 && at.victim !== 'runner')) faults.push(`${repeated} test runs too many`);
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
