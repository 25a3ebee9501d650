import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestReport } from '@nova/core';
import type { ToolContext } from '../tool-context.ts';
import type { EvidenceProbe, ProbeReport } from './probe.ts';
import { runShell } from './shell.ts';

/** One command to be run on several variants of the files. */
export interface VariantsRequest {
  readonly command: string;
  /** For each variant the whole texts of the files that it changes, by path relative to the repository. */
  readonly variants: readonly ReadonlyMap<string, string>[];
  /** Modules of Python's standard library that the command is known to load; empty: it is found out. */
  readonly modules: readonly string[];
  readonly timeoutMs: number;
  /** No variant is begun after this much wall time. */
  readonly secondsForAll: number;
}

/** What the variants showed, each null when it was not run; `clean` when no run left anything that the next could find. */
export interface VariantRuns {
  readonly reports: readonly (TestReport | null)[];
  readonly clean: boolean;
  /** What the first variant loaded of Python's standard library. */
  readonly modules: readonly string[];
}

/** The report of one run among many, of which nothing is kept but the tests. */
export function variantReport(
  found: ProbeReport | null,
  ended: Pick<TestReport, 'exitCode' | 'timedOut' | 'durationMs'>,
): TestReport {
  const tests = [...(found?.tests ?? [])];
  const { exitCode, timedOut, durationMs } = ended;
  const empty = { signal: null, outputTail: '', outputBytes: 0 };
  return {
    runner: found?.runner ?? 'command',
    counted: tests.length > 0,
    exitCode,
    timedOut,
    durationMs,
    tests,
    ...empty,
  };
}

/**
 * Runs a command once for each variant, one after another, each in processes of its own. What the runs leave is looked for
 * once, after the last, instead of being removed after each; a run that left something makes all of them unclean.
 */
export async function runInTurn(
  request: VariantsRequest,
  context: ToolContext,
  probe: EvidenceProbe,
): Promise<VariantRuns> {
  const folder = join(context.scratch, `variants-${process.pid}`);
  await rm(folder, { recursive: true, force: true });
  const reports: (TestReport | null)[] = request.variants.map(() => null);
  const until = performance.now() + request.secondsForAll * 1000;
  const endedBefore = (await context.settle()).length;
  const temporary = await listed(context);
  let clean = true;
  try {
    for (const [index, files] of request.variants.entries()) {
      if (!clean || performance.now() > until) break;
      const probing = { root: context.workspace, reportFolder: join(folder, String(index)), coverage: false };
      await mkdir(probing.reportFolder, { recursive: true });
      const inherited = { ...context.environment };
      delete inherited['NODE_TEST_CONTEXT'];
      const environment = { ...inherited, ...(await probe.environment(probing, inherited)) };
      const before = new Map<string, Buffer>();
      for (const path of files.keys()) before.set(path, await readFile(join(context.workspace, path)));
      try {
        for (const [path, text] of files) await writeFile(join(context.workspace, path), text);
        const ended = await runShell({
          command: request.command,
          workingFolder: context.workspace,
          environment,
          timeoutMs: request.timeoutMs,
          signal: context.signal,
          output: (bytes) => context.output(bytes),
          settle: async () => {},
        });
        reports[index] = variantReport(await probe.collect(probing), ended);
      } finally {
        for (const [path, bytes] of before) await writeFile(join(context.workspace, path), bytes);
      }
      for (const name of await listed(context)) if (!temporary.has(name)) clean = false;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  if ((await context.settle()).length > endedBefore) clean = false;
  return { reports, clean, modules: [] };
}

async function listed(context: ToolContext): Promise<Set<string>> {
  return new Set(await readdir(context.environment['TMPDIR'] ?? tmpdir()).catch(() => []));
}
