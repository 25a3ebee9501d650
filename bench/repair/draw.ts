import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { must } from '../../test/scenarios/command.ts';
import { unpack } from '../../test/scenarios/package-source.ts';
import { type Mutation, mutationsOfJavaScript } from './mutate-javascript.ts';
import { type BenchPackage, runSuite } from './suite.ts';

/** A seeded source of numbers in 0..1 (mulberry32), so that a printed seed repeats a run. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A package unpacked and installed, with the tests that pass on it twice. */
export interface Prepared extends AsyncDisposable {
  readonly source: BenchPackage;
  readonly folder: string;
  readonly root: string;
  readonly passing: ReadonlySet<string>;
  readonly suiteSeconds: number;
  /** By path. */
  readonly mutations: ReadonlyMap<string, readonly Mutation[]>;
}

/** One mutant that the package's own suite detects. */
export interface Mutant {
  readonly path: string;
  readonly mutation: Mutation;
  readonly text: string;
  /** Tests that pass on the package and fail on the mutant. */
  readonly killers: readonly string[];
}

const mutationSchema = z.array(
  z.object({ operator: z.string(), start: z.number(), end: z.number(), text: z.string() }),
);

export async function preparePackage(source: BenchPackage): Promise<Prepared> {
  const root = await mkdtemp(join(tmpdir(), 'nova-mutants-'));
  const dispose = () => rm(root, { recursive: true, force: true });
  try {
    const folder = join(root, 'package');
    await unpack({ ...source, name: source.package }, folder);
    if (source.ecosystem === 'npm') await installBeside(source, folder);
    const started = performance.now();
    const first = await runSuite(source, folder, join(root, 'report'), 120);
    const suiteSeconds = (performance.now() - started) / 1000;
    const second = await runSuite(source, folder, join(root, 'report'), 120);
    const passing = new Set([...first.keys()].filter((id) => first.get(id) === true && second.get(id) === true));
    const mutations = new Map<string, readonly Mutation[]>();
    for (const path of globSync([...source.sources], { cwd: folder }).sort()) {
      mutations.set(path, await mutationsOf(path, await readFile(join(folder, path), 'utf8'), folder));
    }
    return { source, folder, root, passing, suiteSeconds, mutations, [Symbol.asyncDispose]: dispose };
  } catch (thrown) {
    await dispose();
    throw thrown;
  }
}

/** Draws mutations until the suite detects one and not by all of its tests at once; null after `tries`. */
export async function drawMutant(prepared: Prepared, random: () => number, tries: number): Promise<Mutant | null> {
  const { source, folder, root, passing, suiteSeconds, mutations } = prepared;
  const places = [...mutations].flatMap(([path, found]) => found.map((mutation) => ({ path, mutation })));
  const operators = [...new Set(places.map(({ mutation }) => mutation.operator))].sort();
  for (let attempt = 0; attempt < tries; attempt += 1) {
    // The kind first: some kinds have many more places than others, and would be nearly all that is drawn.
    const operator = operators[Math.floor(random() * operators.length)];
    const alike = places.filter(({ mutation }) => mutation.operator === operator);
    const place = alike[Math.floor(random() * alike.length)];
    if (place === undefined) return null;
    const { path, mutation } = place;
    const original = await readFile(join(folder, path), 'utf8');
    const text = original.slice(0, mutation.start) + mutation.text + original.slice(mutation.end);
    if (text === original) continue;
    await writeFile(join(folder, path), text);
    const results = await runSuite(source, folder, join(root, 'report'), suiteSeconds * 4 + 10).finally(() =>
      writeFile(join(folder, path), original),
    );
    // A test that was not reported (a hang, a file that does not load) is no failure that a person could show.
    const killers = [...passing].filter((id) => results.get(id) === false);
    const survivors = [...passing].filter((id) => results.get(id) === true);
    if (killers.length > 0 && survivors.length > 0) return { path, mutation, text, killers };
  }
  return null;
}

/** Which half a test belongs to: by its own name only, so that it is the same in every run. */
export function isShown(id: string): boolean {
  return (createHash('sha256').update(id).digest()[0] ?? 0) % 2 === 0;
}

async function installBeside({ dependencies }: BenchPackage, folder: string): Promise<void> {
  const manifest = z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
  const kept = { ...manifest, dependencies, devDependencies: {}, scripts: {} };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(kept, null, 2)}\n`);
  if (Object.keys(dependencies).length > 0) {
    await must('npm', ['install', '--no-package-lock', '--ignore-scripts', '--silent'], { cwd: folder });
  }
}

async function mutationsOf(path: string, text: string, folder: string): Promise<readonly Mutation[]> {
  if (!path.endsWith('.py')) return mutationsOfJavaScript(path, text);
  const program = join(import.meta.dirname, 'mutate_python.py');
  return mutationSchema.parse(JSON.parse(await must('python3', [program, join(folder, path)], { cwd: folder })));
}
