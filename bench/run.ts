import { globSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { addToRecord, type Outcome } from '../scripts/testing/record.ts';

/** One number of a benchmark. A goal is met below it, unless `better` says `higher`. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal?: number;
  readonly better?: 'lower' | 'higher';
  /** What was measured in the same run for comparison, in the same unit. */
  readonly peer?: { readonly name: string; readonly value: number };
}

/** What a benchmark is given: whether to be brief, and where its figures go, each as soon as it is known. */
export interface Bench {
  readonly quick: boolean;
  report(figure: Figure): void;
}

const root = join(import.meta.dirname, '..');

function names(): string[] {
  return globSync('bench/*.bench.ts', { cwd: root })
    .map((path) => basename(path, '.bench.ts'))
    .sort();
}

function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, ${memory} GiB, Linux ${release()}, Node ${process.version}`;
}

function isMet({ value, goal, better }: Figure): boolean | null {
  if (goal === undefined) return null;
  return better === 'higher' ? value >= goal : value < goal;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false } },
  });
  const [name] = positionals;
  if (name === undefined) {
    process.stdout.write(
      names()
        .map((one) => `${one}\n`)
        .join('') || 'There is no benchmark yet.\n',
    );
    return 0;
  }
  if (!names().includes(name)) {
    process.stderr.write(`No benchmark is called ${name}. There are: ${names().join(', ') || 'none yet'}.\n`);
    return 2;
  }
  const file = `bench/${name}.bench.ts`;
  const module = (await import(join(root, file))) as { default?: (bench: Bench) => Promise<void> };
  if (!module.default) {
    process.stderr.write(`${file} has no default export; it must be an async function of {quick, report}.\n`);
    return 2;
  }
  const where = machine();
  const outcomes: Record<string, Outcome> = {};
  await module.default({
    quick: values.quick,
    report(figure) {
      const met = isMet(figure);
      const { value, unit, goal, peer } = figure;
      outcomes[figure.name] = met === false ? 'failed' : 'passed';
      const line = {
        name: figure.name,
        value,
        unit,
        goal: goal ?? null,
        met,
        peer: peer?.name ?? null,
        peer_value: peer?.value ?? null,
        ratio: peer ? value / peer.value : null,
        machine: where,
      };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    },
  });
  // A brief run warms up too little to show that a goal is met.
  if (!values.quick) addToRecord(root, new Map([[file, outcomes]]), new Date());
  return Object.values(outcomes).includes('failed') ? 1 : 0;
}

process.exitCode = await main();
