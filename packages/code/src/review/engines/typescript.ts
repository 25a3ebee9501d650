import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { countOf } from '@nova/core';
import { EngineTrouble, installed, runCommand } from './command.ts';
import type { Engine, EngineAnswer, EngineJob, RawFinding, RuleMeaning } from './engine.ts';

const mostProjects = 20;
const namesShown = 8;
const wrong: RuleMeaning = { severity: 'error', category: 'correctness' };
const untyped: RuleMeaning = { severity: 'warning', category: 'maintainability' };
const idle: RuleMeaning = { severity: 'info', category: 'maintainability' };
const meanings: Readonly<Record<string, RuleMeaning>> = {
  TS2304: { ...wrong, same: 'undefined-name' },
  TS2552: { ...wrong, same: 'undefined-name' },
  TS2845: { ...wrong, same: 'compared-with-nan' },
  TS2367: { ...wrong, same: 'never-equal' },
  TS2801: { ...wrong, same: 'promise-as-condition' },
  TS2588: { ...wrong, same: 'constant-assigned' },
  TS1117: { ...wrong, same: 'repeated-key' },
  TS2300: { ...wrong, same: 'repeated-member' },
  TS7027: { ...idle, same: 'unreachable' },
  TS6133: idle,
  TS6192: idle,
  TS6196: idle,
  TS6198: idle,
  TS2578: idle,
};

/** What the compiler says when a package, its types or another project's output is not there. */
const absent = /^TS(2307|2792|7016|2688|2580|2581|2582|2583|2584|2591|2592|2593|6053|6305)$/;
const ambientTypes = /^TS(2688|2580|2582|2584|2591|2592|2593)$/;
/** What it says of a configuration, not of code. */
const configured = /^TS(5\d{3}|18\d{3}|6053|6059|6305|6306|6307|6310|6377)$/;

interface Diagnostic {
  readonly path: string | null;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly message: string;
}

/**
 * The TypeScript compiler, without output, for each tsconfig.json: the version that the repository itself installs where its
 * environment holds one, else ours. A tsconfig says what the code means, so it is obeyed.
 */
export function createTypeScript(): Engine {
  return {
    name: 'typescript',
    scope: 'program',
    reads: (file) => file.language === 'typescript' || file.language === 'javascript',
    meaning,
    async run(job) {
      const projects = [...job.tracked].filter((path) => /(^|\/)tsconfig\.json$/.test(path)).sort(byDepth);
      const findings = new Map<string, RawFinding>();
      const gaps = new Set<string>();
      const versions = new Set<string>();
      const deadline = performance.now() + job.timeoutMs;
      const uncovered = job.files.filter(
        ({ path, language }) =>
          language === 'typescript' && !projects.some((project) => isBelow(path, dirname(project))),
      );
      if (uncovered.length > 0) {
        const examples = uncovered.slice(0, namesShown).map(({ path }) => path);
        gaps.add(
          `types of ${countOf(uncovered.length, 'file')} were not checked: no tsconfig.json (${examples.join(', ')})`,
        );
      }
      for (const project of projects.slice(0, mostProjects)) {
        const answer = await check(project, { ...job, timeoutMs: deadline - performance.now() });
        versions.add(answer.version);
        for (const gap of answer.gaps) gaps.add(gap);
        for (const found of answer.findings)
          findings.set(JSON.stringify([found.path, found.line, found.column, found.rule]), found);
      }
      if (projects.length > mostProjects)
        gaps.add(`types were checked for the first ${mostProjects} tsconfig.json only`);
      return { version: [...versions].join(', '), findings: [...findings.values()], gaps: [...gaps] };
    },
  };
}

function meaning(rule: string): RuleMeaning {
  return meanings[rule] ?? (/^TS70/.test(rule) ? untyped : wrong);
}

function isBelow(path: string, folder: string): boolean {
  return folder === '.' || path.startsWith(`${folder}/`);
}

function byDepth(a: string, b: string): number {
  return a.split('/').length - b.split('/').length || (a < b ? -1 : 1);
}

async function check(project: string, job: EngineJob): Promise<EngineAnswer> {
  const compiler = await compilerFor(join(job.folder, dirname(project)), job.folder);
  const output = await runCommand({
    command: [
      process.execPath,
      compiler.path,
      '--project',
      project,
      '--noEmit',
      '--pretty',
      'false',
      '--incremental',
      'false',
      '--composite',
      'false',
    ],
    folder: job.folder,
    environment: job.environment,
    timeoutMs: job.timeoutMs,
    signal: job.signal,
  });
  const diagnostics = parse(output.stdout);
  if (output.exitCode !== 0 && diagnostics.length === 0) {
    const said = (output.stderr || output.stdout).trim().split('\n')[0]?.slice(0, 200) ?? '';
    throw new EngineTrouble(`it failed on ${project} (${said})`);
  }
  const gaps: string[] = [];
  const refused = diagnostics.filter(
    ({ path, code }) => path === null || configured.test(code) || path.endsWith('.json'),
  );
  if (refused[0]) gaps.push(`typescript ${compiler.version} on ${project}: ${refused[0].message.slice(0, 160)}`);
  const code = diagnostics.filter((diagnostic) => !refused.includes(diagnostic));
  const missing = code.filter(isAbsent);
  const names = [...new Set(missing.map(({ message }) => /'([^']+)'/.exec(message)?.[1] ?? ''))].filter(Boolean);
  if (names.length > 0) {
    const shown = names.slice(0, namesShown).join(', ') + (names.length > namesShown ? ', …' : '');
    gaps.push(`types of what uses ${shown} could not be checked (${project}): not installed`);
  }
  if (code.length > 0 && code.every((diagnostic) => /^TS1\d{3}$/.test(diagnostic.code))) {
    gaps.push(`types were not checked (${project}): the compiler looks at them only when no file has syntax errors`);
  }
  const files = new Map(job.files.map((file) => [file.path, file]));
  return {
    version: compiler.version,
    gaps,
    findings: trusted(code, missing).flatMap(({ path, line, column, code: rule, message }): RawFinding[] => {
      if (path === null || !files.has(path)) return [];
      const { severity, category } = meaning(rule);
      return [{ rule: `typescript/${rule}`, severity, category, path, line, column, message }];
    }),
  };
}

/** A package that is not there is no fault of the code, and what the compiler concludes from its absence is none either. */
function trusted(code: readonly Diagnostic[], missing: readonly Diagnostic[]): Diagnostic[] {
  const doubtful = new Set(missing.map(({ path }) => path));
  const noAmbientTypes = missing.some((diagnostic) => ambientTypes.test(diagnostic.code));
  return code.filter((diagnostic) => {
    if (isAbsent(diagnostic)) return false;
    if (missing.length > 0 && /^TS70/.test(diagnostic.code)) return false;
    if (noAmbientTypes && /^TS(2304|2503|2552)$/.test(diagnostic.code)) return false;
    return !doubtful.has(diagnostic.path);
  });
}

/** A file of the repository itself that is imported and not there is a fault, unless a build would make it. */
function isAbsent({ code, message }: Diagnostic): boolean {
  if (!absent.test(code)) return false;
  const relative = /'\.{1,2}\/[^']*'/.exec(message)?.[0];
  return relative === undefined || code !== 'TS2307' || /generated|\.(?!(?:[cm]?[jt]sx?)')[a-z]+'$/.test(relative);
}

async function compilerFor(project: string, top: string): Promise<{ path: string; version: string }> {
  for (let folder = project; folder.startsWith(top); folder = dirname(folder)) {
    const home = join(folder, 'node_modules', 'typescript');
    const path = join(home, 'bin', 'tsc');
    if (existsSync(path)) return { path, version: await versionOf(join(home, 'package.json')) };
    if (folder === dirname(folder)) break;
  }
  return installed('typescript', 'bin/tsc');
}

async function versionOf(manifest: string): Promise<string> {
  const text = await readFile(manifest, 'utf8').catch(() => '');
  return /"version"\s*:\s*"([\w.+-]{1,40})"/.exec(text)?.[1] ?? 'of the repository';
}

function parse(output: string): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const line of output.split('\n')) {
    const placed = /^(.+?)\((\d+),(\d+)\): error (TS\d+): (.*)$/.exec(line);
    const [, path = '', row = '', column = '', code = '', message = ''] = placed ?? [];
    if (placed) found.push({ path, line: Number(row), column: Number(column), code, message });
    const global = /^error (TS\d+): (.*)$/.exec(line);
    if (global) found.push({ path: null, line: 1, column: 1, code: global[1] ?? '', message: global[2] ?? '' });
  }
  return found;
}
