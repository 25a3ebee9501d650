import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestCase, TestRunner } from '@nova/core';
import { git } from '../../workspace/git.ts';
import { fileRole, looksGenerated } from '../../workspace/project-files.ts';
import type { EvidenceProbe, ProbeReport, ProbeRequest, TestCoverage } from '../probe.ts';
import { focusCommands } from './focus.ts';
import { instrument } from './instrument.ts';
import { type RunRecord, readHits, readReports } from './records.ts';
import { isForeign, projectPath, testsFromRecords } from './tests-from-records.ts';

const here = import.meta.dirname;
const sourcePath = /\.([cm]?js|jsx|[cm]?ts|tsx)$/i;
const mapName = 'statement-lines.json';

/**
 * How the reporter is named on node:test's option list. Options of NODE_OPTIONS and of the command line add up, and
 * node:test refuses unless it finds one destination for each reporter.
 */
type ReporterPairing = 'beside-default' | 'beside-own';

/**
 * The probe of node:test and Vitest. In a coverage run it puts counters into the source files of the workspace;
 * the caller puts the files back.
 */
export function createNodeProbe(pairing: ReporterPairing = 'beside-default'): EvidenceProbe {
  const runs = new WeakMap<ProbeReport, readonly RunRecord[]>();
  return {
    id: 'node',
    async environment(request, inherited) {
      await mkdir(request.reportFolder, { recursive: true });
      if (request.coverage) await instrumentSources(request);
      const reporter = quoted(join(here, 'node-reporter.mjs'));
      const options = [
        ...(pairing === 'beside-default' ? ['--test-reporter=spec', '--test-reporter-destination=stdout'] : []),
        `--test-reporter=${reporter}`,
        '--test-reporter-destination=stdout',
        // The person's own reporter comes without a destination; this one is for it.
        ...(pairing === 'beside-own' ? ['--test-reporter-destination=stdout'] : []),
        `--require=${quoted(join(here, 'preload.cjs'))}`,
      ];
      const given = inherited['NODE_OPTIONS'];
      return {
        NODE_OPTIONS: [...(given ? [given] : []), ...options].join(' '),
        NOVA_REPORT_FOLDER: request.reportFolder,
        NOVA_GIVEN_ENVIRONMENT: JSON.stringify(Object.keys(inherited)),
        ...(request.coverage ? { NOVA_COVERAGE: '1' } : {}),
      };
    },
    async collect(request) {
      const lists = await readReports(request.reportFolder);
      const found = lists.flatMap((records) => records.filter((record): record is RunRecord => record.kind === 'run'));
      const tests = testsFromRecords(lists, request.root);
      if (found.length === 0 || (tests.length === 0 && found.every((run) => run.runner === 'node:test'))) {
        const coverage = request.coverage ? await coverageOf(request, []) : [];
        return coverage.length > 0 ? { runner: 'command', tests: [], coverage } : null;
      }
      const runner: TestRunner = found.some((run) => run.runner === 'vitest') ? 'vitest' : 'node:test';
      const report = { runner, tests, coverage: request.coverage ? await coverageOf(request, tests) : [] };
      runs.set(report, found);
      return report;
    },
    async focus(report, tests, root, width = 0) {
      return focusCommands(runs.get(report) ?? [], tests, root)[width] ?? null;
    },
  };
}

/** NODE_OPTIONS knows double quotes and the backslash. */
function quoted(path: string): string {
  return /[\s"\\]/.test(path) ? `"${path.replace(/["\\]/g, '\\$&')}"` : path;
}

async function instrumentSources(request: ProbeRequest): Promise<void> {
  const listing = await git(request.root, ['ls-files', '-z']);
  const map: { path: string; lines: readonly number[] }[] = [];
  for (const path of listing.toString('utf8').split('\0')) {
    if (!sourcePath.test(path) || fileRole(path) !== 'source') continue;
    const text = await readFile(join(request.root, path), 'utf8').catch(() => null);
    if (text === null || looksGenerated(text)) continue;
    const instrumented = instrument(path, text, map.length);
    if (!instrumented || instrumented.lines.length === 0) continue;
    map.push({ path, lines: instrumented.lines });
    await writeFile(join(request.root, path), instrumented.text);
  }
  await writeFile(join(request.reportFolder, mapName), JSON.stringify(map));
}

async function coverageOf(request: ProbeRequest, tests: readonly TestCase[]): Promise<TestCoverage[]> {
  const map: { path: string; lines: number[] }[] = JSON.parse(
    await readFile(join(request.reportFolder, mapName), 'utf8'),
  );
  const byTest = new Map<string | null, Map<string, Set<number>>>();
  const known = new Set(tests.map((test) => test.id));
  // Tests of a package's helper that several files call are reported at the helper: only their names tell them apart.
  const helped = new Map(
    tests
      .filter(
        ({ name, file }) =>
          (file === null || isForeign(file)) && tests.every((other) => other.name !== name || other.file === file),
      )
      .map((test) => [test.name, test.id]),
  );
  const shared: { file: string | null; path: string; line: number }[] = [];
  const add = (test: string | null, path: string, line: number) => {
    const files = byTest.get(test) ?? new Map<string, Set<number>>();
    byTest.set(test, files);
    const lines = files.get(path) ?? new Set<number>();
    files.set(path, lines);
    lines.add(line);
  };
  for await (const [test, source, statement] of readHits(request.reportFolder)) {
    const place = map[source];
    const line = place?.lines[statement];
    if (!place || line === undefined) continue;
    const file = projectPath(test.file, request.root, request.root);
    const id = `${file ?? ''}::${test.name}`;
    if (known.has(id)) add(id, place.path, line);
    else if (helped.has(test.name)) add(helped.get(test.name) ?? null, place.path, line);
    // Outside every leaf test: while loading, in a hook or a suite's body. All tests of the file depend on it.
    else shared.push({ file, path: place.path, line });
  }
  for (const { file, path, line } of shared) {
    if (tests.length === 0) add(null, path, line);
    const inFile = tests.filter((test) => test.file === file);
    for (const test of inFile.length > 0 ? inFile : tests) add(test.id, path, line);
  }
  return [...byTest].map(([test, files]) => ({
    test,
    lines: new Map([...files].map(([path, lines]) => [path, [...lines].sort((a, b) => a - b)])),
  }));
}
