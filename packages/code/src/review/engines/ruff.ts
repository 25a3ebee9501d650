import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TextEdit } from '@nova/core';
import { z } from 'zod';
import { argumentGroups, EngineTrouble, installed, parseOutput, runCommand } from './command.ts';
import type { Engine, EngineAnswer, EngineJob, RawFinding, RuleMeaning } from './engine.ts';
import { isIdiom } from './ruff-idioms.ts';
import { ruffRules } from './ruff-rules.ts';

const placeSchema = z.object({ row: z.number(), column: z.number() });
const diagnosticSchema = z.object({
  code: z.string().nullable(),
  message: z.string(),
  start: placeSchema,
  end: placeSchema,
  fix: z
    .object({
      message: z.string().nullable(),
      edits: z.array(z.object({ content: z.string().nullable(), start: placeSchema, end: placeSchema })),
    })
    .nullable(),
});
type Diagnostic = z.infer<typeof diagnosticSchema>;

/** Both forms name places differently; one shape from here on. */
const wireSchema = z.preprocess(renamePlaces, diagnosticSchema);
const workerSchema = z.object({
  version: z.string(),
  answers: z.array(
    z.object({ path: z.string(), diagnostics: z.array(wireSchema).optional(), trouble: z.string().optional() }),
  ),
});
const nativeSchema = z.array(z.object({ filename: z.string() }).and(wireSchema));

const syntax: RuleMeaning = { severity: 'error', category: 'correctness', same: 'syntax' };
/** Fixes that never change what the program means otherwise. */
const safeFixes: ReadonlySet<string> = new Set(['F632', 'F502', 'RUF060', 'PLE1310']);

/**
 * ruff with our own table of rules: the native program where one is on the PATH, else its WebAssembly build, which takes
 * half a second more. The repository's configuration is not read.
 */
export function createRuff(): Engine {
  return {
    name: 'ruff',
    scope: 'file',
    reads: (file) => file.language === 'python',
    meaning: (rule) => ruffRules[rule] ?? syntax,
    async run(job) {
      const native = await runNative(job).catch((error: unknown) => {
        // Absent, or too old for one of our rules.
        if (error instanceof EngineTrouble) return null;
        throw error;
      });
      return native ?? runWebAssembly(job);
    },
  };
}

async function runNative(job: EngineJob): Promise<EngineAnswer> {
  const start = { folder: job.folder, environment: job.environment, signal: job.signal };
  const deadline = performance.now() + job.timeoutMs;
  const said = await runCommand({ ...start, command: ['ruff', '--version'], timeoutMs: job.timeoutMs });
  const version = /^ruff (\S+)/.exec(said.stdout)?.[1];
  if (version === undefined) throw new EngineTrouble('there is no ruff on the PATH');
  const findings: RawFinding[] = [];
  const options = ['--isolated', '--no-cache', '--exit-zero', '--output-format', 'json', '--target-version', 'py314'];
  for (const paths of argumentGroups(job.files.map((file) => file.path))) {
    const output = await runCommand({
      ...start,
      command: ['ruff', 'check', ...options, '--select', Object.keys(ruffRules).join(','), '--', ...paths],
      timeoutMs: deadline - performance.now(),
    });
    if (output.exitCode !== 0) throw new EngineTrouble('ruff refused its rules');
    for (const diagnostic of nativeSchema.parse(parseOutput(output))) {
      const path = diagnostic.filename.startsWith(`${job.folder}/`)
        ? diagnostic.filename.slice(job.folder.length + 1)
        : diagnostic.filename;
      findings.push(...(await findingsOf(path, [diagnostic], job.folder)));
    }
  }
  return { version, findings, gaps: [] };
}

async function runWebAssembly(job: EngineJob): Promise<EngineAnswer> {
  installed('@astral-sh/ruff-wasm-nodejs', '');
  const output = await runCommand({
    // Without the optimising compiler the module is ready in a seventh of the time, and no file is large enough to miss it.
    command: [process.execPath, '--liftoff-only', fileURLToPath(new URL('ruff-worker.ts', import.meta.url))],
    folder: job.folder,
    environment: job.environment,
    input: JSON.stringify({
      folder: job.folder,
      paths: job.files.map((file) => file.path),
      select: Object.keys(ruffRules),
    }),
    timeoutMs: job.timeoutMs,
    signal: job.signal,
  });
  const parsed = workerSchema.safeParse(parseOutput(output));
  if (!parsed.success) throw new EngineTrouble('it answered in a form that is not known here');
  const findings: RawFinding[] = [];
  const unread: string[] = [];
  for (const { path, diagnostics, trouble } of parsed.data.answers) {
    if (trouble !== undefined) unread.push(path);
    else findings.push(...(await findingsOf(path, diagnostics ?? [], job.folder)));
  }
  const gaps = unread.length === 0 ? [] : [`ruff could not read ${unread.slice(0, 5).join(', ')}`];
  return { version: parsed.data.version, findings, gaps };
}

async function findingsOf(path: string, diagnostics: readonly Diagnostic[], folder: string): Promise<RawFinding[]> {
  if (diagnostics.length === 0) return [];
  const text = await readFile(join(folder, path), 'utf8').catch(() => '');
  const lines = lineStarts(text);
  const findings: RawFinding[] = [];
  for (const { code, message, start, end, fix } of diagnostics) {
    const rule = code !== null && code in ruffRules ? code : 'syntax';
    const around = text.slice(lines[start.row - 2] ?? 0, lines[start.row]);
    const before = text.slice(0, (lines[start.row - 1] ?? 0) + start.column - 1);
    const after = text.slice(lines[start.row - 1] ?? 0);
    if (isIdiom(rule, message, { path, text, around, before, after })) continue;
    const { severity, category } = ruffRules[rule] ?? syntax;
    const edits: TextEdit[] = (fix?.edits ?? []).map((edit) => ({
      path,
      start: (lines[edit.start.row - 1] ?? 0) + edit.start.column - 1,
      end: (lines[edit.end.row - 1] ?? 0) + edit.end.column - 1,
      text: edit.content ?? '',
    }));
    const mended = edits.length > 0 && safeFixes.has(rule) ? { description: fix?.message ?? message, edits } : null;
    findings.push({
      rule: `ruff/${rule}`,
      severity,
      category,
      path,
      line: start.row,
      column: start.column,
      endLine: end.row,
      endColumn: end.column,
      message,
      ...(rule === 'syntax' ? {} : { help: `https://docs.astral.sh/ruff/rules/${rule}` }),
      ...(mended === null ? {} : { fix: mended }),
    });
  }
  return findings;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function renamePlaces(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const given = value as Record<string, unknown>;
  const fix = given['fix'] as { edits?: Record<string, unknown>[] } | null | undefined;
  return {
    ...given,
    start: given['start_location'] ?? given['location'],
    end: given['end_location'],
    fix: fix
      ? {
          ...fix,
          edits: (fix.edits ?? []).map((edit) => ({ ...edit, start: edit['location'], end: edit['end_location'] })),
        }
      : null,
  };
}
