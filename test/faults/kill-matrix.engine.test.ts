import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { draw, everyStrike, strikeAndJudge, undisturbed } from './kill-matrix.ts';

/** The whole matrix takes more than half an hour (`npm run kill-matrix`); here a part is drawn, by a printed seed. */
const drawn = 10;

describe('a fix that is killed anywhere', () => {
  for (const walls of ['bubblewrap', 'none'] as const) {
    it(`ends in the same Result, its branch moved once and no process left (sandbox ${walls})`, async (context) => {
      const reference = await undisturbed(walls);
      assert.equal(reference.result.outcome, 'delivered');
      const all = everyStrike(reference);
      const seed = Number(process.env['NOVA_SEED'] ?? Date.now() % 1_000_000);
      context.diagnostic(`seed ${seed}: ${drawn} of ${all.length} places`);
      const failures: string[] = [];
      for (const at of draw(all, drawn, seed)) {
        const { line, faults } = await strikeAndJudge(at, reference);
        context.diagnostic(line);
        failures.push(...faults);
      }
      assert.deepEqual(failures, []);
    });
  }
});
