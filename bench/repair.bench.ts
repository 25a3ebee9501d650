import { createHash, randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type CaseOutcome, repairMutant } from './repair/case.ts';
import { drawMutant, type Prepared, preparePackage, randomFrom } from './repair/draw.ts';
import { type BenchPackage, packageSchema } from './repair/suite.ts';
import type { Bench } from './run.ts';

interface Case extends CaseOutcome {
  readonly language: 'javascript' | 'python';
  readonly part: Part;
}

/** Cases of one part may be looked at while templates are written; the other part is only scored. */
type Part = 'looked at' | 'only scored';

const quickCases = 6;
const fullCases = 40;
const drawTries = 60;

/**
 * The repair rate on mutants of other people's packages. Environment: `NOVA_BENCH_SEED` repeats a run (else the seed is
 * fresh), `NOVA_BENCH_CASES` and `NOVA_BENCH_BUDGET` (seconds a case) bound it.
 */
export default async function repair({ quick, report }: Bench): Promise<void> {
  const seed = Number(process.env['NOVA_BENCH_SEED'] ?? randomInt(2 ** 31));
  const wanted = Number(process.env['NOVA_BENCH_CASES'] ?? (quick ? quickCases : fullCases));
  const budgetSeconds = Number(process.env['NOVA_BENCH_BUDGET'] ?? (quick ? 120 : 300));
  process.stdout.write(`seed ${seed} (repeat with NOVA_BENCH_SEED=${seed}), ${budgetSeconds} s a case\n`);
  const random = randomFrom(seed);
  const text = await readFile(join(import.meta.dirname, 'repair-packages.json'), 'utf8');
  const packages = z.array(packageSchema).parse(JSON.parse(text));
  const prepared = new Map<BenchPackage, Prepared>();
  const cases: Case[] = [];
  try {
    for (let number = 0; number < wanted; number += 1) {
      const ecosystem = number % 2 === 0 ? 'npm' : 'pypi';
      const choice = packages.filter((one) => one.ecosystem === ecosystem);
      const source = choice[Math.floor(random() * choice.length)];
      if (source === undefined) continue;
      const ready = prepared.get(source) ?? (await preparePackage(source));
      prepared.set(source, ready);
      const mutant = await drawMutant(ready, random, drawTries);
      if (mutant === null) {
        process.stdout.write(`${source.package}: no mutant in ${drawTries} draws is detected by a part of its suite\n`);
        continue;
      }
      const outcome = await repairMutant(ready, mutant, random, budgetSeconds);
      const part = partOf(source.package);
      cases.push({ ...outcome, part, language: ecosystem === 'npm' ? 'javascript' : 'python' });
      const verdict = outcome.offered ? (outcome.correct ? 'correct' : 'OVERFITTED') : outcome.outcome;
      const detail = part === 'looked at' ? ` ${mutant.path}: ${mutant.mutation.operator}` : '';
      process.stdout.write(
        `${number + 1}/${wanted} ${source.package}${detail} → ${verdict}, ${outcome.candidates} candidates, ${outcome.seconds.toFixed(1)} s\n`,
      );
      if (part === 'looked at' && !outcome.offered) process.stdout.write(`    ${outcome.summary}\n`);
    }
  } finally {
    for (const one of prepared.values()) await one[Symbol.asyncDispose]();
  }
  for (const language of ['javascript', 'python'] as const) {
    for (const part of ['looked at', 'only scored'] as const) {
      summarise(
        `${language}, ${part}`,
        cases.filter((one) => one.language === language && one.part === part),
        report,
      );
    }
  }
  summarise('all', cases, report);
}

function partOf(name: string): Part {
  return (createHash('sha256').update(name).digest()[0] ?? 0) % 2 === 0 ? 'looked at' : 'only scored';
}

function summarise(name: string, cases: readonly Case[], report: Bench['report']): void {
  if (cases.length === 0) return;
  const offered = cases.filter((one) => one.offered);
  const correct = offered.filter((one) => one.correct);
  const seconds = cases.map((one) => one.seconds).sort((one, other) => one - other);
  const percent = (part: number, whole: number) => Math.round((1000 * part) / whole) / 10;
  report({ name: `${name}: cases`, value: cases.length, unit: 'mutants' });
  report({ name: `${name}: offered`, value: percent(offered.length, cases.length), unit: '%', better: 'higher' });
  report({ name: `${name}: correct`, value: percent(correct.length, cases.length), unit: '%', better: 'higher' });
  if (offered.length > 0) {
    report({ name: `${name}: precision`, value: percent(correct.length, offered.length), unit: '%', better: 'higher' });
  }
  report({ name: `${name}: median time`, value: seconds[Math.floor(seconds.length / 2)] ?? 0, unit: 's' });
}
