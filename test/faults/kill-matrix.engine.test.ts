import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { draw, everyStrike, type Occasion, occasions, strikeAndJudge, undisturbed } from './kill-matrix.ts';

/** The whole matrix takes hours (`npm run kill-matrix`); here a part is drawn of each occasion, by a printed seed. */
const drawn: Readonly<Record<Occasion, number>> = { alone: 7, pausing: 4, cancelling: 4, several: 1 };

describe('a fix that is killed anywhere', () => {
  for (const walls of ['bubblewrap', 'none'] as const) {
    it(`ends in the same Result, its branch moved once and no process left (sandbox ${walls})`, async (context) => {
      const reference = await undisturbed(walls);
      assert.equal(reference.result.outcome, 'delivered');
      const seed = Number(process.env['NOVA_SEED'] ?? Date.now() % 1_000_000);
      const failures: string[] = [];
      for (const occasion of occasions) {
        const all = everyStrike(reference, occasion);
        context.diagnostic(`${occasion}: seed ${seed}, ${drawn[occasion]} of ${all.length} places`);
        for (const at of draw(all, drawn[occasion], seed)) {
          const { line, faults } = await strikeAndJudge(at, reference);
          context.diagnostic(line);
          failures.push(...faults);
        }
      }
      assert.deepEqual(failures, []);
    });
  }
});
