import { globSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { run } from '../../test/scenarios/command.ts';

export const packageSchema = z.strictObject({
  ecosystem: z.enum(['npm', 'pypi']),
  package: z.string(),
  version: z.string(),
  integrity: z.string(),
  /** Files that are mutated, as globs. */
  sources: z.array(z.string()).min(1),
  /** npm: globs of test files. PyPI: names of unittest modules. */
  tests: z.array(z.string()).min(1),
  /** Exact versions that the tests need beside the package. */
  dependencies: z.record(z.string(), z.string()).default({}),
  /** PyPI: the folder that the package is imported from. */
  pythonPath: z.string().default('.'),
});
export type BenchPackage = z.infer<typeof packageSchema>;

const lineSchema = z.object({ id: z.string(), passed: z.boolean() });
const here = import.meta.dirname;

/** Runs a package's own suite and tells which tests passed; a name told twice passed only if both did. */
export async function runSuite(
  { ecosystem, tests, pythonPath }: BenchPackage,
  folder: string,
  report: string,
  seconds: number,
): Promise<Map<string, boolean>> {
  await rm(report, { force: true });
  const [program, given]: [string, string[]] =
    ecosystem === 'npm'
      ? [
          process.execPath,
          [
            '--test',
            `--test-reporter=${join(here, 'node-reporter.mjs')}`,
            `--test-reporter-destination=${report}`,
            ...testFiles(tests, folder),
          ],
        ]
      : ['python3', [join(here, 'run_unittest.py'), report, ...tests]];
  await run(program, given, {
    cwd: folder,
    seconds,
    env: { PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: join(folder, pythonPath) },
  });
  const text = await readFile(report, 'utf8').catch(() => '');
  const results = new Map<string, boolean>();
  for (const line of text.split('\n')) {
    const parsed = lineSchema.safeParse(parseLine(line));
    if (!parsed.success) continue;
    const { id, passed } = parsed.data;
    results.set(id, passed && (results.get(id) ?? true));
  }
  return results;
}

/** The command that a person would use to run only the tests in `shown`. */
export function commandFor(
  { ecosystem, tests, pythonPath }: BenchPackage,
  folder: string,
  shown: readonly string[],
): string {
  if (ecosystem === 'pypi') {
    const path = pythonPath === '.' ? '' : `PYTHONPATH=${quote(pythonPath)} `;
    return `${path}python3 -m unittest ${shown.map(quote).join(' ')}`;
  }
  const patterns = shown.map((name) => quote(`--test-name-pattern=/^${literally(name)}( |$)/`));
  return ['node', '--test', ...patterns, ...testFiles(tests, folder).map(quote)].join(' ');
}

function testFiles(globs: readonly string[], folder: string): string[] {
  return globSync([...globs], { cwd: folder, exclude: ['**/node_modules/**'] }).sort();
}

function literally(name: string): string {
  return name.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}

function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
