import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { z } from 'zod';
import type { ReviewFile } from '../files.ts';
import { argumentGroups, EngineTrouble, installed, parseOutput, runCommand } from './command.ts';
import type { Engine, EngineJob, RawFinding, RuleMeaning } from './engine.ts';
import { oxlintOptions, oxlintReactRules, oxlintRules, oxlintTypeRules } from './oxlint-rules.ts';

const outputSchema = z.object({
  diagnostics: z.array(
    z.object({
      message: z.string(),
      code: z.string().optional(),
      severity: z.string(),
      url: z.string().optional(),
      filename: z.string(),
      labels: z.array(z.object({ span: z.object({ offset: z.number(), length: z.number() }) })),
    }),
  ),
});

const syntax: RuleMeaning = { severity: 'error', category: 'correctness', same: 'syntax' };
const meanings: Readonly<Record<string, RuleMeaning>> = {
  ...oxlintRules,
  ...oxlintReactRules,
  ...oxlintTypeRules,
  syntax,
};
/** Rules that mark what was there first, and then what is wrong with it. */
const second: ReadonlySet<string> = new Set(['no-dupe-keys', 'no-const-assign', 'no-dupe-class-members']);
/** A name that so many files use and none declares comes from outside: a script tag, a bundler, a test framework. */
const ambientFiles = 3;

/** oxlint with our own table of rules; the repository's configuration of linters is not read. */
export function createOxlint(): Engine {
  return {
    name: 'oxlint',
    scope: 'file',
    reads: (file) => file.language === 'javascript' || file.language === 'typescript',
    meaning: (rule) => meanings[rule] ?? syntax,
    async run(job) {
      const isReact = await reactFiles(job);
      const plain = job.files.filter((file) => !isReact(file));
      const others = job.files.filter(isReact);
      const { version, findings } = await lint({ ...job, files: plain }, Object.keys(oxlintRules), false, []);
      if (others.length > 0) {
        const rules = Object.keys({ ...oxlintRules, ...oxlintReactRules });
        findings.push(...(await lint({ ...job, files: others }, rules, true, [])).findings);
      }
      return { version, findings: withoutAmbientNames(await withoutIdioms(findings, job)), gaps: [] };
    },
  };
}

/** The rules that need types, by way of tsgolint; reads whole programs, so it takes longer. */
export function createTypedOxlint(): Engine {
  return {
    name: 'oxlint with types',
    scope: 'program',
    reads: (file) => file.language === 'typescript',
    meaning: (rule) => meanings[rule] ?? syntax,
    async run(job) {
      if (!hasProject(job.tracked)) return { version: '', findings: [], gaps: [] };
      const tsgolint = installed('oxlint-tsgolint', 'bin/tsgolint.js');
      const environment = { ...job.environment, OXLINT_TSGOLINT_PATH: tsgolint.path };
      const answer = await lint({ ...job, environment }, Object.keys(oxlintTypeRules), false, ['--type-aware']);
      return { ...answer, findings: answer.findings.filter(({ rule }) => rule !== 'oxlint/syntax'), gaps: [] };
    },
  };
}

/** True where a compiler's configuration makes a program of the files. */
export function hasProject(tracked: ReadonlySet<string>): boolean {
  return [...tracked].some((path) => /(^|\/)tsconfig\.json$/.test(path));
}

/** Files of a package that depends on React, and those that import it themselves: elsewhere a `use` is any function. */
async function reactFiles({ folder, files, tracked }: EngineJob): Promise<(file: ReviewFile) => boolean> {
  const packages = new Map<string, boolean>();
  for (const path of tracked) {
    if (posix.basename(path) !== 'package.json') continue;
    const text = await readFile(join(folder, path), 'utf8').catch(() => '');
    packages.set(posix.dirname(path), dependsOnReact(text));
  }
  const found = new Set<string>();
  for (const { path } of files) {
    const nearest = foldersAbove(path).find((above) => packages.has(above));
    if (nearest !== undefined && packages.get(nearest)) found.add(path);
    else if (reactImport.test(await readFile(join(folder, path), 'utf8').catch(() => ''))) found.add(path);
  }
  return ({ path }) => found.has(path);
}

const reactImport = /\b(?:from|require\s*\(|import)\s*['"](?:react|preact|next)(?:\/[\w./-]+)?['"]/;
const dependencies = z.record(z.string(), z.unknown()).catch({});
const manifestSchema = z.object({
  dependencies,
  devDependencies: dependencies,
  peerDependencies: dependencies,
  optionalDependencies: dependencies,
});

function dependsOnReact(manifest: string): boolean {
  const parsed = manifestSchema.safeParse(jsonOf(manifest));
  const named = parsed.success ? Object.values(parsed.data).flatMap((group) => Object.keys(group)) : [];
  return named.some((name) => ['react', 'preact', 'next'].includes(name));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The folders that hold a path, nearest first, down to `.`. */
function foldersAbove(path: string): string[] {
  const folder = posix.dirname(path);
  return folder === '.' ? ['.'] : [folder, ...foldersAbove(folder)];
}

async function lint(
  job: EngineJob,
  rules: readonly string[],
  react: boolean,
  options: readonly string[],
): Promise<{ version: string; findings: RawFinding[] }> {
  const oxlint = installed('oxlint', 'bin/oxlint');
  // Both forms may be at work at the same time.
  const configuration = join(job.scratch, `oxlint${options.join('')}.json`);
  await writeFile(configuration, JSON.stringify(configurationOf(rules, react)));
  const deadline = performance.now() + job.timeoutMs;
  const findings: RawFinding[] = [];
  try {
    for (const paths of argumentGroups(job.files.map((file) => `./${file.path}`))) {
      const output = await runCommand({
        command: [
          process.execPath,
          oxlint.path,
          ...['--config', configuration, '--disable-nested-config', '--no-ignore', '--format', 'json', ...options],
          ...paths,
        ],
        folder: job.folder,
        environment: job.environment,
        timeoutMs: deadline - performance.now(),
        signal: job.signal,
      });
      const parsed = outputSchema.safeParse(parseOutput(output));
      if (!parsed.success) throw new EngineTrouble('it answered in a form that is not known here');
      findings.push(...(await findingsOf(parsed.data.diagnostics, job.folder)));
    }
    return { version: oxlint.version, findings };
  } finally {
    await rm(configuration, { force: true });
  }
}

function configurationOf(rules: readonly string[], react: boolean): unknown {
  const everywhere = ['browser', 'node', 'worker', 'serviceworker', 'commonjs', 'amd', 'jest', 'mocha', 'jquery'];
  return {
    plugins: ['typescript', 'unicorn', 'oxc', 'promise', 'node', 'jest', ...(react ? ['react'] : [])],
    categories: { correctness: 'off' },
    env: Object.fromEntries(['builtin', 'es2026', ...everywhere].map((name) => [name, true])),
    rules: Object.fromEntries(
      rules.map((name) => [name, name in oxlintOptions ? ['warn', oxlintOptions[name]] : 'warn']),
    ),
    // The compiler knows these names, and what declares them.
    overrides: [{ files: ['**/*.ts', '**/*.tsx', '**/*.mts', '**/*.cts'], rules: { 'no-undef': 'off' } }],
  };
}

async function findingsOf(
  diagnostics: z.infer<typeof outputSchema>['diagnostics'],
  folder: string,
): Promise<RawFinding[]> {
  const texts = new Map<string, Buffer>();
  const findings: RawFinding[] = [];
  for (const { message, code, filename, labels, url } of diagnostics) {
    const path = filename.replace(/^\.\//, '');
    const bytes = texts.get(path) ?? (await readFile(join(folder, path)).catch(() => null));
    if (bytes === null) continue;
    texts.set(path, bytes);
    const rule = code === undefined ? 'syntax' : ruleName(code);
    const span = (second.has(rule) ? labels.at(-1) : labels[0])?.span ?? { offset: 0, length: 0 };
    const meaning = meanings[rule];
    // What it says of a configuration that it could not read is no finding.
    if (meaning === undefined) continue;
    const { severity, category } = meaning;
    const [line, column] = placeOf(bytes, span.offset);
    const [endLine, endColumn] = placeOf(bytes, span.offset + span.length);
    findings.push({
      rule: `oxlint/${rule}`,
      severity,
      category,
      path,
      line,
      column,
      endLine,
      endColumn,
      message,
      ...(url === undefined ? {} : { help: url }),
    });
  }
  return findings;
}

/** `eslint(no-undef)` is `no-undef` in a configuration, `oxc(x)` is `oxc/x`. */
function ruleName(code: string): string {
  const [, scope = '', name = code] = /^([\w-]+)\(([\w-]+)\)$/.exec(code) ?? [];
  if (scope === 'eslint' || scope === '') return name;
  return `${scope.replace(/^typescript-eslint$/, 'typescript').replace(/^react-hooks$/, 'react')}/${name}`;
}

/** Line and column, 1-based and in UTF-16 code units, of a place that is counted in bytes. */
function placeOf(bytes: Buffer, offset: number): [line: number, column: number] {
  const at = Math.min(offset, bytes.length);
  let line = 1;
  let start = 0;
  for (let next = bytes.indexOf(10); next >= 0 && next < at; next = bytes.indexOf(10, start)) {
    line += 1;
    start = next + 1;
  }
  return [line, bytes.toString('utf8', start, at).length + 1];
}

/** Ways to write things that everybody knows, and that a rule cannot tell from a slip. */
const idioms: Readonly<Record<string, RegExp>> = {
  'oxlint/no-cond-assign': /\bwhile\s*\(/,
  'oxlint/no-new-func': /Function\(\s*(['"`])return this\1\s*\)/,
  'oxlint/no-unassigned-vars': /\bundefined\b/,
  // Never in one line: see below.
  'oxlint/no-undef': /(?!)/,
};
const module = /\brequire\s*\(|^\s*(?:import|export)\b|\bmodule\.exports\b|\bexports\.\w/m;

async function withoutIdioms(findings: readonly RawFinding[], job: EngineJob): Promise<RawFinding[]> {
  const kept: RawFinding[] = [];
  for (const finding of findings) {
    const idiom = idioms[finding.rule];
    const text = idiom === undefined ? '' : await readFile(join(job.folder, finding.path), 'utf8');
    const line = text.split('\n')[finding.line - 1] ?? '';
    // Scripts of one page share their names without saying so.
    const shared = finding.rule === 'oxlint/no-undef' && !module.test(text);
    if (!shared && !idiom?.test(line)) kept.push(finding);
  }
  return kept;
}

function withoutAmbientNames(findings: readonly RawFinding[]): RawFinding[] {
  const files = new Map<string, Set<string>>();
  const nameOf = ({ rule, message }: RawFinding) => (rule === 'oxlint/no-undef' ? message : null);
  for (const finding of findings) {
    const name = nameOf(finding);
    if (name !== null) files.set(name, (files.get(name) ?? new Set()).add(finding.path));
  }
  return findings.filter((finding) => {
    const name = nameOf(finding);
    return name === null || (files.get(name)?.size ?? 0) < ambientFiles;
  });
}
