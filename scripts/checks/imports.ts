import { existsSync, globSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { dirname, join } from 'node:path';
import type { ICruiseResult, IModule } from 'dependency-cruiser';
import configuration, { table } from '../../.dependency-cruiser.mjs';

const folders = ['packages', 'apps', 'test', 'bench', 'scripts'];
const importLine = /^(?:import|export)\s[^'"]*?from\s+['"]|^import\s+['"]/m;

/**
 * Applies the table of `.dependency-cruiser.mjs` to the imports and manifests below `root`: one line a problem,
 * each with the way out. The process must be in `root`: dependency-cruiser reads relative to the working folder.
 */
export async function checkImports(root: string): Promise<string[]> {
  const present = folders.filter((folder) => existsSync(join(root, folder)));
  const { forbidden, options } = configuration;
  const { enhancedResolveOptions, ...cruiseOptions } = options;
  // dependency-cruiser asks for `typescript` by that name, and loads it only while it works.
  using _hooks = typescript6();
  const { cruise } = await import('dependency-cruiser');
  const { output } = await cruise(
    present,
    { ...cruiseOptions, validate: true, ruleSet: { forbidden } },
    enhancedResolveOptions,
  );
  if (typeof output === 'string') throw new Error('dependency-cruiser answered with text instead of a result');
  return [
    ...violations(output),
    ...blindSpots(root, output.modules),
    ...crossings(root, output.modules),
    ...manifests(root),
  ];
}

/** Lets `typescript` mean version 6, which has a compiler interface, until disposed. */
function typescript6(): Disposable {
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier.replace(/^typescript(?=$|\/)/, '@typescript/typescript6'), context),
  });
  return { [Symbol.dispose]: () => hooks.deregister() };
}

function violations(result: ICruiseResult): string[] {
  const comments = new Map(configuration.forbidden.map((rule) => [rule.name ?? '', rule.comment ?? '']));
  return result.summary.violations.map(({ from, to, rule, cycle }) => {
    const path = cycle ? [from, ...cycle.map(({ name }) => name)].join(' -> ') : `${from} -> ${to}`;
    return `${path} [${rule.name}]\n    ${comments.get(rule.name) ?? ''}`;
  });
}

/** A file with import lines in which the parser saw none would pass every rule. */
function blindSpots(root: string, modules: readonly IModule[]): string[] {
  return modules
    .filter(({ source, dependencies }) => /^(packages|apps)\/.*\.tsx?$/.test(source) && dependencies.length === 0)
    .filter(({ source }) => importLine.test(readFileSync(join(root, source), 'utf8')))
    .map(({ source }) => `${source}: has imports that the parser did not see, so nothing about them was checked`);
}

/** Imports between parts: by the package's name, and declared in the importing part's manifest. */
function crossings(root: string, modules: readonly IModule[]): string[] {
  const problems: string[] = [];
  for (const { source, dependencies } of modules) {
    const from = partOf(source);
    for (const { module, resolved } of dependencies) {
      const to = partOf(resolved);
      if (!to || from === to) continue;
      const name = manifestOf(root, to).name ?? to;
      if (module.startsWith('.')) problems.push(`${source} -> ${module}: write ${name} instead of a path into ${to}`);
      else if (from && !declared(manifestOf(root, from)).has(name)) {
        problems.push(`${source} -> ${module}: add "${name}" to the dependencies in ${from}/package.json`);
      }
    }
  }
  return problems;
}

/** Every part is in the table, and no manifest declares an edge that the table does not have. */
function manifests(root: string): string[] {
  const paths = globSync('{packages,apps}/*/package.json', { cwd: root });
  const parts = new Map(paths.map((path) => [manifestOf(root, dirname(path)).name, dirname(path)]));
  return [...parts.values()].flatMap((part) => {
    const row = table[part];
    if (!row) return [`${part}: not in the table of .dependency-cruiser.mjs; add it with what it may import`];
    return [...declared(manifestOf(root, part))]
      .map((name) => parts.get(name))
      .filter((other) => other !== undefined && !row.mayImport.includes(other))
      .map((other) => `${part}/package.json declares ${other}, which the table does not allow. ${row.wayOut}`);
  });
}

interface Manifest {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function manifestOf(root: string, part: string): Manifest {
  const path = join(root, part, 'package.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Manifest) : {};
}

function declared({ dependencies, devDependencies }: Manifest): Set<string> {
  return new Set([...Object.keys(dependencies ?? {}), ...Object.keys(devDependencies ?? {})]);
}

function partOf(path: string): string | undefined {
  return /^(?:packages|apps)\/[^/]+/.exec(path)?.[0];
}
