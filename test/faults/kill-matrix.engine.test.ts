import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Reference, type Strike, type Struck, strike, undisturbed } from './kill-matrix.ts';

const victims = ['server', 'host', 'runner'] as const;
/** The whole matrix takes many minutes; without NOVA_FULL_MATRIX=1 a part of it is drawn, by a printed seed. */
const full = process.env['NOVA_FULL_MATRIX'] === '1';
const drawn = 10;

describe('a fix that is killed anywhere', () => {
  for (const walls of ['bubblewrap', 'none'] as const) {
    it(`ends in the same Result, its branch moved once and no process left (sandbox ${walls})`, async (context) => {
      const reference = await undisturbed(walls);
      assert.equal(reference.result.outcome, 'delivered');
      const all: Strike[] = reference.entries.flatMap(({ position, entry }) =>
        victims.flatMap((victim) => (['before', 'after'] as const).map((when) => ({ victim, position, entry, when }))),
      );
      const seed = Number(process.env['NOVA_SEED'] ?? Date.now() % 1_000_000);
      const strikes = full ? all : draw(all, drawn, seed);
      context.diagnostic(`seed ${seed}: ${strikes.length} of ${all.length} places`);
      const failures: string[] = [];
      for (const place of strikes) {
        const callId = reference.entries[place.position - 1]?.callId.split('/').slice(1).join('/') ?? '';
        const name = `${place.victim.padEnd(6)} ${place.when.padEnd(6)} ${place.entry.padEnd(8)} ${callId.padEnd(36)}`;
        const struck = await strike(place, reference).catch((error: unknown) => String(error));
        const faults = typeof struck === 'string' ? [struck] : judge(struck, place, reference);
        context.diagnostic(
          `${name} ${typeof struck === 'string' ? 'no Result' : row(struck)} ${faults.length === 0 ? 'ok' : 'FAILED'}`,
        );
        failures.push(...faults.map((fault) => `${name}: ${fault}`));
      }
      assert.deepEqual(failures, []);
    });
  }
});

function row(struck: Struck): string {
  const runs = struck.testRuns === null ? '' : `  test runs ${struck.testRuns}`;
  return `killed ${struck.killed}  branch moves ${struck.branchMoves}${runs}  left ${struck.processesLeft}  ${struck.seconds.toFixed(1)} s`;
}

function judge(struck: Struck, place: Strike, reference: Reference): string[] {
  const faults = [...struck.differences];
  if (struck.branchMoves !== 1) faults.push(`the branch was moved ${struck.branchMoves} times`);
  if (struck.processesLeft !== 0) faults.push(`${struck.processesLeft} processes were left`);
  if (struck.testRuns !== null && reference.testRuns !== null) {
    // A dead server or host interrupts no command, so nothing runs twice; a dead runner's call is repeated.
    const repeated = struck.testRuns - reference.testRuns;
    if (repeated < 0 || (repeated > 0 && place.victim !== 'runner')) faults.push(`${repeated} test runs too many`);
  }
  return faults;
}

/** Draws without replacement, evenly over the victims' places, by a linear congruential generator (Numerical Recipes). */
function draw(all: readonly Strike[], count: number, seed: number): Strike[] {
  const left = [...all];
  const taken: Strike[] = [];
  let state = seed >>> 0;
  while (taken.length < count && left.length > 0) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    taken.push(...left.splice(state % left.length, 1));
  }
  return taken.sort((a, b) => a.position - b.position);
}
