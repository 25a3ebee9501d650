import { exitCodeTest, type Localisation, type Suspect, type TestCase } from '@nova/core';
import type { TestCoverage } from '../evidence/probe.ts';
import type { TestBench, TestRun } from '../evidence/test-run.ts';
import { innermostRange, type LanguageModule, type StatementRange } from '../languages/language.ts';
import { languageFor } from '../languages/language-for.ts';
import { fileRole, looksGenerated } from '../workspace/project-files.ts';
import type { WorkingTree } from '../workspace/working-tree.ts';
import { gatherCoverage } from './coverage-run.ts';
import { framesIn } from './frames.ts';
import { ochiai, type Spectrum } from './ochiai.ts';

interface LocaliseRequest {
  readonly command: string;
  readonly timeoutMs: number;
  readonly failing: readonly TestCase[];
  readonly limit: number;
  /** Wall time for all runs together. */
  readonly seconds: number;
  /** A run of the same command on the same files, when there was one. */
  readonly known: TestRun | null;
}

interface Ranges {
  readonly text: string;
  readonly statements: readonly StatementRange[];
}

/** What runs when its file is loaded was run by every failing test that loads the file: a weak sign of a fault in it. */
const weightAtLoad = 0.6;

/**
 * Ranks statements of source files by how probably they cause the failures. A statement's score is
 * 1 − (1 − o)(1 − s): o its Ochiai coefficient over the coverage of failing and passing tests, 0.6 of it for what stands in no
 * function, s = 0.6 / (1 + depth / 2)
 * when the failure's stack names it, depth counting the project's own frames from the innermost. The two are
 * combined as independent signs (noisy or), so that either alone is enough for a place on the list.
 */
export async function localise(
  request: LocaliseRequest,
  tree: WorkingTree,
  bench: TestBench,
  languages: readonly LanguageModule[],
): Promise<Localisation> {
  const notes: string[] = [];
  const tracked = new Set(await tree.tracked());
  for (const path of await judgesNamed(request.command, tracked, tree)) tracked.delete(path);
  const files = new Map<string, Ranges | null>();
  const rangesOf = async (path: string) => {
    const known = files.get(path);
    if (known !== undefined) return known;
    const found = await sourceRanges(path, tree, languages);
    files.set(path, found);
    return found;
  };
  const { coverage, reports, runs, notes: recording } = await gatherCoverage(request, tree, bench);
  notes.push(...recording);
  const failingIds = new Set(request.failing.map((test) => test.id));
  const seen = reports.some((report) =>
    report.tests.some((test) => test.status === 'failed' && failingIds.has(test.id)),
  );
  if (coverage.length > 0 && !seen && !failingIds.has(exitCodeTest)) {
    notes.push('The failing tests did not fail in the run that records coverage; its coverage was still used.');
  }
  const { scores, reasons } = await coverageScores(coverage, failingIds, rangesOf, tracked);
  const covered = scores.size > 0;
  if (!covered) notes.push('No coverage of the failing tests was recorded; suspects come from the failures’ own text.');

  const byStack = await stackScores(request.failing, tree.folder, rangesOf, tracked);
  for (const [key, { score, reason }] of byStack) {
    scores.set(key, 1 - (1 - (scores.get(key) ?? 0)) * (1 - score));
    reasons.set(key, [...(reasons.get(key) ?? []), reason]);
  }
  if (scores.size === 0) {
    const named = await namedByTests(request, tree, tracked);
    for (const path of named) {
      const ranges = await rangesOf(path);
      for (const range of ranges?.statements ?? []) {
        const key = keyOf(path, range);
        scores.set(key, 0.1);
        reasons.set(key, ['in a file that the failing test names']);
      }
    }
    if (named.length > 0)
      notes.push('Nothing executed was recorded; every statement of the files named by the tests is suspected.');
  }
  const suspects = [...scores]
    .map(([key, score]) => suspectOf(key, score, reasons.get(key) ?? []))
    .sort((a, b) => b.score - a.score || compare(a.path, b.path) || a.startLine - b.startLine || a.endLine - b.endLine)
    .slice(0, request.limit);
  const method = covered ? (byStack.size > 0 ? 'coverage+stack' : 'coverage') : 'stack';
  return { method, suspects, runs, notes };
}

/** Files that the command itself names, also through a package script: they judge, so they are not suspected. */
async function judgesNamed(command: string, tracked: ReadonlySet<string>, tree: WorkingTree): Promise<string[]> {
  let text = command;
  if (/\b(npm|yarn|pnpm|bun)\b/.test(command)) {
    const scripts = /"scripts"\s*:\s*\{[^}]*\}/.exec((await tree.read('package.json')) ?? '');
    text += `\n${scripts?.[0] ?? ''}`;
  }
  const words = new Set(text.split(/[\s'"=;&|()]+/).map((word) => word.replace(/^\.\//, '')));
  return [...tracked].filter((path) => words.has(path));
}

async function sourceRanges(
  path: string,
  tree: WorkingTree,
  languages: readonly LanguageModule[],
): Promise<Ranges | null> {
  const language = languageFor(path, languages);
  if (!language || fileRole(path) !== 'source') return null;
  const text = await tree.read(path);
  if (text === null || looksGenerated(text)) return null;
  return { text, statements: await language.statements(path, text) };
}

type RangesOf = (path: string) => Promise<Ranges | null>;

async function coverageScores(
  coverage: readonly TestCoverage[],
  failing: ReadonlySet<string>,
  rangesOf: RangesOf,
  tracked: ReadonlySet<string>,
): Promise<{ scores: Map<string, number>; reasons: Map<string, string[]> }> {
  const spectra: Spectrum[] = [];
  const atLoad = new Set<string>();
  for (const { test, lines } of coverage) {
    const elements: string[] = [];
    for (const [path, numbers] of lines) {
      const ranges = tracked.has(path) ? await rangesOf(path) : null;
      if (!ranges) continue;
      for (const line of numbers) {
        const range = innermostRange(ranges.statements, line);
        if (!range) continue;
        const key = keyOf(path, range);
        elements.push(key);
        if (range.atLoad) atLoad.add(key);
      }
    }
    spectra.push({ failed: test === null || failing.has(test) || failing.has(exitCodeTest), elements });
  }
  const scores = new Map<string, number>();
  const reasons = new Map<string, string[]>();
  for (const [key, coefficient] of ochiai(spectra)) {
    const executed = `executed by failing tests${atLoad.has(key) ? ' when they load its file' : ''}`;
    scores.set(key, atLoad.has(key) ? coefficient * weightAtLoad : coefficient);
    reasons.set(key, [`${executed}, Ochiai ${coefficient.toFixed(2)}`]);
  }
  return { scores, reasons };
}

async function stackScores(
  failing: readonly TestCase[],
  root: string,
  rangesOf: RangesOf,
  tracked: ReadonlySet<string>,
): Promise<Map<string, { score: number; reason: string }>> {
  const found = new Map<string, { score: number; reason: string }>();
  for (const test of failing) {
    const text = `${test.failure?.stack ?? ''}\n${test.failure?.message ?? ''}`;
    const frames = framesIn(text, root, (path) => tracked.has(path) && fileRole(path) === 'source');
    let depth = 0;
    for (const frame of frames) {
      const range = innermostRange((await rangesOf(frame.path))?.statements ?? [], frame.line);
      if (!range) continue;
      const score = 0.6 / (1 + depth / 2);
      const key = keyOf(frame.path, range);
      if (score > (found.get(key)?.score ?? 0))
        found.set(key, { score, reason: `frame ${depth} of a failure's stack` });
      depth++;
    }
  }
  return found;
}

/**
 * Source files whose names the command, its output or the tests' files mention. Without any, tests that were counted are about
 * this repository's code all the same; a command that only failed may be about anything.
 */
async function namedByTests(
  { command, failing }: LocaliseRequest,
  tree: WorkingTree,
  tracked: ReadonlySet<string>,
): Promise<string[]> {
  const sources = [...tracked].filter((path) => fileRole(path) === 'source');
  const texts: string[] = [command, ...failing.map((test) => test.failure?.stack ?? '')];
  for (const path of tracked) {
    if (fileRole(path) === 'test') texts.push((await tree.read(path))?.slice(0, 200_000) ?? '');
  }
  const mentioned = sources.filter((path) => {
    const stem = path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]+$/, '');
    return stem.length > 1 && texts.some((text) => text.includes(stem));
  });
  const isCounted = failing.some((test) => test.id !== exitCodeTest);
  return (mentioned.length > 0 || !isCounted ? mentioned : sources).slice(0, 40).sort(compare);
}

function keyOf(path: string, range: StatementRange): string {
  return `${range.startLine}:${range.endLine}:${path}`;
}

function suspectOf(key: string, score: number, reasons: string[]): Suspect {
  const [start = '1', end = '1', ...path] = key.split(':');
  return { path: path.join(':'), startLine: Number(start), endLine: Number(end), score: Math.min(1, score), reasons };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
