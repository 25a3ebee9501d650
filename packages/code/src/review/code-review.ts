import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { type codeReview, countOf, type Finding } from '@nova/core';
import type { z } from 'zod';
import type { ToolContext } from '../tool-context.ts';
import { WorkingTree } from '../workspace/working-tree.ts';
import { differenceOf, newLines, type TreeDifference } from './change.ts';
import { EngineTrouble } from './engines/command.ts';
import type { Engine, EngineAnswer } from './engines/engine.ts';
import { createOxlint, createTypedOxlint } from './engines/oxlint.ts';
import { createPyright } from './engines/pyright.ts';
import { createRegexps } from './engines/regexps.ts';
import { createRuff } from './engines/ruff.ts';
import { createSecrets } from './engines/secrets.ts';
import { createTypeScript } from './engines/typescript.ts';
import { type ReviewFile, type ReviewFiles, reviewFiles } from './files.ts';
import { assemble, broughtIn, type EngineFindings } from './findings.ts';

type Output = z.infer<typeof codeReview.output>;

const mostFindings = 2000;
const examplesShown = 5;
/** How many analysers work at the same time. */
const sideBySide = 2;
/** One analyser may take this share of the time; so the others get some too. */
const shareOfTime = 0.6;
/** Reasons that a person would want to hear of; the others are as it should be, and only counted. */
const worthSaying = /^(larger|not UTF-8|names|beyond|written in|templates|test data)/;

const otherLanguages: Readonly<Record<string, string>> = {
  '.go': 'Go',
  '.rs': 'Rust',
  '.java': 'Java',
  '.kt': 'Kotlin',
  '.c': 'C',
  '.h': 'C',
  '.cc': 'C++',
  '.cpp': 'C++',
  '.hpp': 'C++',
  '.cs': 'C#',
  '.rb': 'Ruby',
  '.php': 'PHP',
  '.swift': 'Swift',
  '.scala': 'Scala',
  '.sh': 'shell',
  '.lua': 'Lua',
  '.dart': 'Dart',
  '.ex': 'Elixir',
  '.vue': 'Vue',
  '.svelte': 'Svelte',
  '.ipynb': 'notebooks',
  '.pyx': 'Cython',
};

/** The analysers of a review, cheap ones first. */
export function createEngines(): Engine[] {
  return [
    createOxlint(),
    createRuff(),
    createSecrets(),
    createRegexps(),
    createTypeScript(),
    createTypedOxlint(),
    createPyright(),
  ];
}

/** Those of them that take a fraction of a second for a few files. */
export function createQuickEngines(): Engine[] {
  return [createOxlint(), createRuff()];
}

interface TreeReview {
  readonly findings: Finding[];
  readonly engines: Output['examined']['engines'];
  readonly gaps: string[];
}

/**
 * Reviews the tree that is checked out; with `since`, what has come into it after that commit. Both trees are then looked at, and
 * what was there before is left out; see `broughtIn` for `forgiving`. Analysers that are missing, fail or take too long are gaps.
 */
export async function reviewTree(
  { since, seconds }: z.infer<typeof codeReview.input>,
  context: ToolContext,
  engines: readonly Engine[],
  forgiving = false,
): Promise<Output> {
  const deadline = performance.now() + seconds * 1000;
  const { workspace: folder, commit } = context;
  const difference = since === null ? null : await differenceOf(folder, since, commit);
  const program = engines.some(({ scope }) => scope === 'program');
  const whole = await reviewFiles(folder, commit, program ? null : (difference?.now ?? null));
  const now = await lookAt(whole, engines, difference?.now ?? null, context, deadline);
  let findings = now.findings;
  const gaps = [...now.gaps, ...unreadGaps(whole, difference)];
  if (since !== null && difference !== null && findings.length > 0) {
    findings = await withoutOld({ since, difference, now, engines, deadline, forgiving }, context, gaps);
  }
  if (findings.length > mostFindings) {
    gaps.push(`${findings.length - mostFindings} more findings are not shown: only the worst ${mostFindings} are`);
  }
  const read = whole.files.filter((file) => !file.passedOver && (difference === null || difference.now.has(file.path)));
  return {
    findings: findings.slice(0, mostFindings),
    examined: {
      files: read.length,
      lines: read.reduce((sum, file) => sum + file.lines, 0),
      engines: now.engines,
      skipped: [...whole.skipped]
        .map(
          ([reason, paths]) =>
            [reason, difference === null ? paths : paths.filter((path) => difference.now.has(path))] as const,
        )
        .filter(([, paths]) => paths.length > 0)
        .map(([reason, paths]) => ({ reason, files: paths.length, examples: paths.slice(0, examplesShown) })),
    },
    gaps,
  };
}

async function withoutOld(
  change: {
    readonly since: string;
    readonly difference: TreeDifference;
    readonly now: TreeReview;
    readonly engines: readonly Engine[];
    readonly deadline: number;
    readonly forgiving: boolean;
  },
  context: ToolContext,
  gaps: string[],
): Promise<Finding[]> {
  const { since, difference, now } = change;
  const { workspace: folder, commit } = context;
  const speaking = change.engines.filter((engine) =>
    now.engines.some(({ name, findings }) => name === engine.name && findings > 0),
  );
  // The caller puts the tree back to the commit, whatever happens here.
  await new WorkingTree(folder, since, context.settle).restore();
  const program = speaking.some(({ scope }) => scope === 'program');
  const files = await reviewFiles(folder, since, program ? null : difference.before);
  const before = await lookAt(files, speaking, difference.before, context, change.deadline);
  for (const gap of before.gaps) {
    if (gap.includes(' did not run: '))
      gaps.push(`before the change, ${gap}, so that some findings may be older than it`);
  }
  const paths = [...new Set(now.findings.map(({ path }) => path))].filter((path) => difference.now.has(path));
  const added = await newLines(folder, since, commit, paths, difference);
  return broughtIn(now.findings, before.findings, {
    renamed: difference.renamed,
    isChanged: (path, line) => added.get(path)?.has(line) ?? false,
    forgiving: change.forgiving,
  });
}

/** Runs all engines on the tree that is checked out; `changed` names the paths that engines of single files look at. */
async function lookAt(
  { files, tracked }: ReviewFiles,
  engines: readonly Engine[],
  changed: ReadonlySet<string> | null,
  context: ToolContext,
  deadline: number,
): Promise<TreeReview> {
  const answers = new Map<string, EngineFindings>();
  const said: Output['examined']['engines'] = [];
  const gaps: string[] = [];
  const waiting = [...engines.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, engine] = next;
      const wanted = wantedBy(engine, files, changed);
      if (wanted.length === 0) continue;
      context.progress(`reviewing with ${engine.name}`, index, engines.length);
      const begun = performance.now();
      try {
        const answer = await run(engine, wanted, tracked, context, (deadline - begun) * shareOfTime);
        gaps.push(...answer.gaps);
        if (answer.version === '') continue;
        answers.set(engine.name, { engine, findings: answer.findings });
        said.push({
          name: engine.name,
          version: answer.version,
          files: wanted.length,
          findings: answer.findings.length,
          seconds: Math.round(performance.now() - begun) / 1000,
        });
      } catch (error) {
        if (!(error instanceof EngineTrouble)) throw error;
        gaps.push(`${engine.name} did not run: ${error.message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, work));
  const ordered = engines.flatMap((engine) => answers.get(engine.name) ?? []);
  const lines = await linesOf(ordered, context.workspace);
  const known = new Map(files.map((file) => [file.path, file]));
  return {
    findings: assemble(ordered, known, (path, line) => lines.get(path)?.[line - 1] ?? ''),
    engines: engines.flatMap((engine) => said.find(({ name }) => name === engine.name) ?? []),
    gaps: gaps.sort(),
  };
}

async function run(
  engine: Engine,
  files: readonly ReviewFile[],
  tracked: ReadonlySet<string>,
  context: ToolContext,
  timeoutMs: number,
): Promise<EngineAnswer> {
  if (timeoutMs < 1) throw new EngineTrouble('no time was left');
  const { workspace: folder, scratch, environment, signal } = context;
  return engine.run({ folder, files, tracked, scratch, environment, timeoutMs, signal });
}

function wantedBy(engine: Engine, files: readonly ReviewFile[], changed: ReadonlySet<string> | null): ReviewFile[] {
  const readable = files.filter((file) => engine.reads(file));
  if (changed === null) return readable;
  if (engine.scope === 'file') return readable.filter((file) => changed.has(file.path));
  const touches =
    readable.some((file) => changed.has(file.path)) ||
    [...changed].some((path) => /\.(json|toml|cfg|txt|lock|ya?ml)$/.test(path));
  return touches ? readable : [];
}

async function linesOf(answers: readonly EngineFindings[], folder: string): Promise<Map<string, string[]>> {
  const lines = new Map<string, string[]>();
  for (const path of new Set(answers.flatMap(({ findings }) => findings.map((finding) => finding.path)))) {
    const text = await readFile(join(folder, path), 'utf8').catch(() => '');
    lines.set(path, text.split('\n'));
  }
  return lines;
}

function unreadGaps({ files, skipped }: ReviewFiles, difference: TreeDifference | null): string[] {
  const concerns = (path: string) => difference === null || difference.now.has(path);
  const gaps: string[] = [];
  for (const [reason, all] of skipped) {
    const paths = all.filter(concerns);
    if (paths.length === 0 || !worthSaying.test(reason)) continue;
    const shown = paths.slice(0, examplesShown).join(', ') + (paths.length > examplesShown ? ', …' : '');
    gaps.push(`${countOf(paths.length, 'file')} not read as code, ${reason}: ${shown}`);
  }
  const others = new Map<string, number>();
  for (const { path } of files.filter((file) => file.language === null && !file.passedOver && concerns(file.path))) {
    const language = otherLanguages[extname(path).toLowerCase()];
    if (language !== undefined) others.set(language, (others.get(language) ?? 0) + 1);
  }
  if (others.size > 0) {
    const shown = [...others].map(([language, count]) => `${language} (${count})`).join(', ');
    gaps.push(`no analyser here reads ${shown}: only secrets were looked for there`);
  }
  return gaps;
}
