import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { EngineTrouble, installed, parseOutput, runCommand } from './command.ts';
import type { Engine, EngineJob, RawFinding, RuleMeaning } from './engine.ts';

const broken: RuleMeaning = { severity: 'error', category: 'correctness' };
const suspicious: RuleMeaning = { severity: 'warning', category: 'correctness' };
const namesShown = 8;

/** What can be believed of code that nobody wrote types for. */
const rules: Readonly<Record<string, RuleMeaning>> = {
  reportUndefinedVariable: { ...broken, same: 'undefined-name' },
  reportUnboundVariable: { ...broken, same: 'undefined-name' },
  reportUnusedCoroutine: broken,
  reportUnhashable: broken,
  reportNoOverloadImplementation: broken,
  reportAssertAlwaysTrue: { ...suspicious, same: 'assertion-of-a-tuple' },
  reportUnusedExcept: suspicious,
  reportAbstractUsage: suspicious,
};

const outputSchema = z.object({
  generalDiagnostics: z.array(
    z.object({
      file: z.string(),
      severity: z.string(),
      message: z.string(),
      rule: z.string().optional(),
      range: z.object({
        start: z.object({ line: z.number(), character: z.number() }),
        end: z.object({ line: z.number(), character: z.number() }),
      }),
    }),
  ),
  version: z.string().optional(),
});

/**
 * pyright, with the environment's own interpreter. A repository that configures pyright decides how strict it is, and
 * its errors are taken; of any other only what needs no annotations to be believed.
 */
export function createPyright(): Engine {
  return {
    name: 'pyright',
    scope: 'program',
    reads: (file) => file.language === 'python',
    meaning: (rule) => rules[rule] ?? broken,
    async run(job) {
      const pyright = installed('pyright', 'index.js');
      const own = await configures(job);
      const configuration = join(job.folder, `.nova-pyright-${process.pid}.json`);
      if (!own) await writeFile(configuration, JSON.stringify(configurationOf(job)), { flag: 'wx' });
      try {
        const output = await runCommand({
          command: [process.execPath, pyright.path, '--outputjson', '--project', own ? job.folder : configuration],
          folder: job.folder,
          environment: { ...job.environment, PYRIGHT_PYTHON_IGNORE_WARNINGS: '1' },
          timeoutMs: job.timeoutMs,
          signal: job.signal,
        });
        const parsed = outputSchema.safeParse(parseOutput(output));
        if (!parsed.success) throw new EngineTrouble('it answered in a form that is not known here');
        return { version: pyright.version, ...answerOf(parsed.data.generalDiagnostics, own, job) };
      } finally {
        if (!own) await rm(configuration, { force: true });
      }
    },
  };
}

async function configures({ folder, tracked }: EngineJob): Promise<boolean> {
  if (tracked.has('pyrightconfig.json')) return true;
  if (!tracked.has('pyproject.toml')) return false;
  return /^\[tool\.(based)?pyright\b/m.test(await readFile(join(folder, 'pyproject.toml'), 'utf8'));
}

function configurationOf(job: EngineJob): unknown {
  const sources = ['src', 'lib'].filter((name) => existsSync(join(job.folder, name)));
  return {
    include: job.files.map((file) => file.path),
    extraPaths: sources,
    typeCheckingMode: 'off',
    useLibraryCodeForTypes: true,
    reportMissingImports: 'warning',
    reportMissingModuleSource: 'none',
    ...Object.fromEntries(Object.keys(rules).map((name) => [name, 'warning'])),
  };
}

function answerOf(
  diagnostics: z.infer<typeof outputSchema>['generalDiagnostics'],
  own: boolean,
  job: EngineJob,
): { findings: RawFinding[]; gaps: string[] } {
  const files = new Set(job.files.map((file) => file.path));
  const missing = new Set<string>();
  const findings: RawFinding[] = [];
  for (const { file, severity, message, rule = 'syntax', range } of diagnostics) {
    const path = relative(job.folder, file);
    if (rule === 'reportMissingImports') {
      const name = /"([\w]+)/.exec(message)?.[1];
      if (name !== undefined) missing.add(name);
      continue;
    }
    // ruff tells syntax errors better, and of what it cannot find, nothing can be said.
    if (rule === 'syntax' || !files.has(path) || rule === 'reportMissingModuleSource') continue;
    if (own ? severity !== 'error' : !(rule in rules)) continue;
    const meaning = rules[rule] ?? broken;
    findings.push({
      rule: `pyright/${rule}`,
      severity: meaning.severity,
      category: meaning.category,
      path,
      line: range.start.line + 1,
      column: range.start.character + 1,
      endLine: range.end.line + 1,
      endColumn: range.end.character + 1,
      message: message.split('\n')[0] ?? message,
      help: `https://microsoft.github.io/pyright/#/configuration?id=${rule}`,
    });
  }
  const shown = [...missing].slice(0, namesShown).join(', ') + (missing.size > namesShown ? ', …' : '');
  const gaps = missing.size === 0 ? [] : [`what comes from ${shown} was not checked by pyright: not installed`];
  return { findings, gaps };
}
