import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestReport } from '@nova/core';
import { z } from 'zod';
import type { ToolContext } from '../../tool-context.ts';
import type { EvidenceProbe } from '../probe.ts';
import { runShell } from '../shell.ts';
import { type VariantRuns, type VariantsRequest, variantReport } from '../variants.ts';

const outcomeSchema = z.object({
  number: z.number().int(),
  exit: z.number().int().nullable(),
  timedOut: z.boolean(),
  seconds: z.number(),
  left: z.array(z.string()),
});

const modulesSchema = z.object({ modules: z.array(z.string()) });

/**
 * Runs a Python test command once for each variant of the files, each in a fork of one process that has loaded the
 * interpreter and the test runner. Reports are all null when the command cannot be run so. The files are as before.
 */
export async function runForks(
  request: VariantsRequest,
  context: ToolContext,
  probe: EvidenceProbe,
): Promise<VariantRuns> {
  const folder = join(context.scratch, `variants-${process.pid}`);
  await rm(folder, { recursive: true, force: true });
  const reportFolder = (index: number) => join(folder, String(index));
  const probing = { root: context.workspace, coverage: false };
  try {
    await mkdir(folder, { recursive: true });
    for (const index of request.variants.keys()) await mkdir(reportFolder(index));
    const job = join(folder, 'job.json');
    const outcomes = join(folder, 'outcomes.jsonl');
    await writeFile(
      job,
      JSON.stringify({
        variants: request.variants.map((files) => Object.fromEntries(files)),
        modules: request.modules,
        timeout: request.timeoutMs / 1000,
        seconds: request.secondsForAll,
        outcomes,
      }),
    );
    const inherited = { ...context.environment };
    const environment = {
      ...inherited,
      ...(await probe.environment({ ...probing, reportFolder: folder }, inherited)),
      NOVA_PROBE_VARIANTS: job,
    };
    const endedBefore = (await context.settle()).length;
    let ended = endedBefore;
    await runShell({
      command: request.command,
      workingFolder: context.workspace,
      environment,
      // The last one may begin just before the end; starting up comes on top.
      timeoutMs: request.secondsForAll * 1000 + 2 * request.timeoutMs + 5000,
      signal: context.signal,
      output: (bytes) => context.output(bytes),
      settle: async () => {
        ended = (await context.settle()).length;
      },
    });
    const reports: (TestReport | null)[] = request.variants.map(() => null);
    let modules: readonly string[] = request.modules;
    let clean = ended === endedBefore;
    for (const line of (await readFile(outcomes, 'utf8').catch(() => '')).split('\n')) {
      const record: unknown = line === '' ? null : JSON.parse(line);
      if (modules.length === 0) modules = modulesSchema.safeParse(record).data?.modules ?? [];
      const parsed = outcomeSchema.safeParse(record);
      if (!parsed.success) continue;
      const { number, exit, timedOut, seconds, left } = parsed.data;
      if (left.length > 0) clean = false;
      const found = await probe.collect({ ...probing, reportFolder: reportFolder(number) });
      reports[number] = variantReport(found, { exitCode: exit, timedOut, durationMs: seconds * 1000 });
    }
    return { reports, clean, modules };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
