import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type Reference, type Strike, strike, undisturbed } from './kill-matrix.ts';

const victims = ['server', 'host', 'runner'] as const;
/** The whole matrix takes many minutes; without NOVA_FULL_MATRIX=1 a part of it is drawn, by a printed seed. */
const full = process.env['NOVA_FULL_MATRIX'] === '1';
const drawn = 24;

describe('a fix that is killed anywhere', () => {
  let reference: Reference;

  before(async () => {
    reference = await undisturbed();
  });

  it('ends in the same Result, its branch moved once and no process left', async (context) => {
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
      const name = `${place.victim.padEnd(6)} ${place.when.padEnd(6)} ${place.entry.padEnd(8)} ${callId}`;
      const struck = await strike(place, reference).catch((error: unknown) => String(error));
      if (typeof struck === 'string') {
        failures.push(`${name}: ${struck}`);
        context.diagnostic(`${name}  FAILED`);
        continue;
      }
      const good = struck.sameResult && struck.branchMoves === 1 && struck.processesLeft === 0;
      context.diagnostic(
        `${name}  killed ${struck.killed}  ${struck.sameResult ? 'same' : 'DIFFERENT'}  branch moves ${struck.branchMoves}` +
          `  left ${struck.processesLeft}  ${struck.seconds.toFixed(1)} s`,
      );
      if (!good)
        failures.push(
          `${name}: ${struck.differences.join('; ')} moves ${struck.branchMoves} left ${struck.processesLeft}`,
        );
    }
    assert.deepEqual(failures, []);
  });
});

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
