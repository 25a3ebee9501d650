import { fileURLToPath } from 'node:url';
import { NovaError } from '@nova/core';
import { z } from 'zod';
import { ask, normalisePackage, type PythonTools, parseJson, type Surroundings } from './host-tools.ts';
import {
  isPinned,
  readPipfileLock,
  readRequirements,
  requirementName,
  requirementsFileNames,
  withoutHashes,
} from './python-requirements.ts';

const projectReader = fileURLToPath(new URL('./python-project.py', import.meta.url));
const agreementReader = fileURLToPath(new URL('./python-agreement.py', import.meta.url));

const projectSchema = z.object({
  name: z.string().nullable(),
  version: z.string().nullable(),
  installable: z.boolean(),
  requires: z.array(z.string()),
  extras: z.record(z.string(), z.array(z.string())),
  packageFolders: z.array(z.string()),
  dynamic: z.array(z.string()),
  dynamicFiles: z.array(z.string()),
  versionFile: z.string().nullable(),
  entryPoints: z.record(z.string(), z.record(z.string(), z.string())),
  unread: z.array(z.string()),
  locked: z.array(z.string()),
  lockName: z.string().nullable(),
});

/** What `importlib.metadata` tells about a project that is imported from its source folder. */
export interface ProjectMetadata {
  readonly name: string;
  readonly version: string;
  readonly entryPoints: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What the commit's tests need of Python. */
export interface PythonNeeds {
  /** Lines for pip. */
  readonly requirements: readonly string[];
  readonly constraints: readonly string[];
  /** Test runners that nothing declares and that have to be installed. */
  readonly undeclared: readonly string[];
  /** Test runners that must be in whatever environment is used. */
  readonly runners: readonly string[];
  /** What decides the versions: a lockfile, exact versions in requirements or manifests, or else pip on the day of the install. */
  readonly versions: 'lockfile' | 'pinned' | 'manifest';
  /** Repository-relative folders to import the project from. */
  readonly pythonPath: readonly string[];
  /** What an installed project would say of itself; null when it is not one to be installed. */
  readonly metadata: ProjectMetadata | null;
  /** The files that decide, for the key. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly gaps: readonly string[];
}

export interface PythonSources {
  readonly paths: readonly string[];
  readonly read: (path: string) => Promise<Buffer | null>;
  readonly command: string;
  readonly tools: PythonTools;
  readonly surroundings: Surroundings;
}

const packagingFiles = ['pyproject.toml', 'setup.cfg', 'setup.py'];
const unknownVersion = '0';
const lockFiles = ['poetry.lock', 'uv.lock', 'pdm.lock'];
const testExtras = /^(?:tests?|testing|unittests?)$/i;
const developmentExtras = /^(?:dev|develop|development)$/i;

/** True when Python decides whether this test command passes. */
export function isPythonWork(paths: readonly string[], command: string): boolean {
  if (/\b(?:python[\d.]*|pytest|py\.test|tox|nox|unittest|pipenv|poetry|hatch|uv)\b/.test(command)) return true;
  const nodeCommand = /\b(?:npm|npx|node|yarn|pnpm|bun|vitest|jest|mocha|tsx)\b/.test(command);
  if (nodeCommand) return false;
  const declares = packagingFiles.some((name) => paths.includes(name)) || requirementsFileNames(paths).length > 0;
  return declares || (!paths.includes('package.json') && paths.some((path) => path.endsWith('.py')));
}

/** Reads what the commit declares. Runs nothing of it. */
export async function readPythonNeeds(sources: PythonSources): Promise<PythonNeeds> {
  const { paths, read, command, tools } = sources;
  const files = new Map<string, Buffer>();
  const texts: Record<string, string> = {};
  for (const name of [...packagingFiles, ...lockFiles].filter((found) => paths.includes(found))) {
    const bytes = await read(name);
    if (bytes === null) continue;
    files.set(name, bytes);
    texts[name] = bytes.toString('utf8');
  }
  const project = await readProject(texts, sources);
  const gaps = project.unread.map((what) => `not read: ${what}`);
  const listed = await readRequirements(requirementsFileNames(paths), read);
  const dynamic = await readRequirements(
    project.dynamicFiles.filter((name) => paths.includes(name)),
    read,
  );
  for (const [path, bytes] of [...listed.files, ...dynamic.files]) files.set(path, bytes);
  gaps.push(...listed.gaps, ...dynamic.gaps);
  const installer = /\b(?:tox|nox)\b/.exec(command)?.[0];
  if (installer !== undefined) {
    gaps.push(`${installer} installs packages while the tests run, which a sandbox without a network does not allow`);
  }
  if (project.dynamic.length > 0 && dynamic.files.size === 0 && listed.lines.length === 0) {
    gaps.push('the project computes its dependencies while it is built; those were not installed');
  }
  const declared = [...project.requires, ...dynamic.lines, ...testRequirements(project.extras)].filter(
    (line) => requirementName(line) !== (project.name === null ? '' : normalisePackage(project.name)),
  );
  const pipenv = paths.includes('Pipfile.lock') ? await read('Pipfile.lock') : null;
  const locked = pipenv === null ? null : readPipfileLock(pipenv);
  if (pipenv !== null) files.set('Pipfile.lock', pipenv);
  if (locked !== null) gaps.push(...locked.gaps);
  if (project.lockName !== null) {
    gaps.push(`${project.lockName} was used for its versions; pip cannot check its hashes`);
  }
  const names = new Set(listed.lines.map(requirementName));
  const requirements = locked?.lines ?? [
    ...listed.lines,
    ...declared.filter((line) => project.lockName !== null || !names.has(requirementName(line))),
  ];
  const undeclared =
    (await needsPytest(paths, read, command)) && !requirements.some((line) => requirementName(line) === 'pytest')
      ? ['pytest']
      : [];
  const metadata = project.installable && project.name !== null ? await readMetadata(project, paths, read) : null;
  if (metadata?.version === unknownVersion) {
    gaps.push(`the version of ${metadata.name} is computed while it is built; inside it is "${unknownVersion}"`);
  }
  const hashed = requirements.some((line) => line.includes('--hash='));
  return {
    // pip refuses a mixture: with one hash, every line must have one.
    requirements: hashed ? requirements.filter((line) => line.includes('--hash=')) : [...new Set(requirements)],
    constraints: [...listed.constraints, ...project.locked],
    runners: undeclared,
    undeclared: undeclared.filter((name) => requirements.length > 0 || !tools.installed.has(name)),
    versions:
      locked !== null || project.locked.length > 0 ? 'lockfile' : requirements.every(isPinned) ? 'pinned' : 'manifest',
    pythonPath: importFolders(paths, project.installable, project.packageFolders),
    metadata,
    files,
    gaps,
  };
}

/** The version as declared, as a published source archive states it, or as the source assigns it. */
async function readMetadata(
  project: z.infer<typeof projectSchema>,
  paths: readonly string[],
  read: (path: string) => Promise<Buffer | null>,
): Promise<ProjectMetadata> {
  const name = project.name ?? '';
  const { entryPoints } = project;
  if (project.version !== null) return { name, version: project.version, entryPoints };
  const find = async (path: string, pattern: RegExp) =>
    paths.includes(path) ? pattern.exec((await read(path))?.toString('utf8') ?? '')?.[1] : undefined;
  const published = await find('PKG-INFO', /^Version: (\S+)$/m);
  if (published !== undefined) return { name, version: published, entryPoints };
  const folder = normalisePackage(name).replaceAll('-', '_');
  const files = ['__init__.py', '_version.py', 'version.py', '__about__.py', '__version__.py'];
  const candidates = ['', 'src/'].flatMap((base) => files.map((file) => `${base}${folder}/${file}`));
  for (const path of [project.versionFile ?? '', ...candidates, `${folder}.py`, `src/${folder}.py`]) {
    const version = await find(path, /^(?:__version__|version|VERSION)\s*(?::\s*\w+\s*)?=\s*["'](\d[^"'\s]*)["']/m);
    if (version !== undefined) return { name, version, entryPoints };
  }
  return { name, version: unknownVersion, entryPoints };
}

/** Requirements that these installed packages do not meet. */
export async function unmetRequirements(
  needs: PythonNeeds,
  installed: ReadonlyMap<string, string>,
  { tools, surroundings }: Pick<PythonSources, 'tools' | 'surroundings'>,
): Promise<string[]> {
  const pins = needs.constraints.filter((line) => installed.has(requirementName(line) ?? ''));
  const answer = await ask(
    surroundings.env,
    tools.python,
    [agreementReader],
    JSON.stringify({
      requirements: [...needs.requirements, ...needs.runners, ...pins].map(withoutHashes),
      installed: Object.fromEntries(installed),
    }),
  );
  const parsed = z.array(z.string()).safeParse(parseJson(answer.output));
  return parsed.success ? parsed.data : ['(the comparison failed)'];
}

async function readProject(texts: Record<string, string>, { tools, surroundings }: PythonSources) {
  const answer = await ask(surroundings.env, tools.python, [projectReader], JSON.stringify(texts));
  const parsed = projectSchema.safeParse(parseJson(answer.output));
  if (answer.code === 0 && parsed.success) return parsed.data;
  throw new NovaError(
    'environment.unsupported',
    `The packaging files (${Object.keys(texts).join(', ')}) could not be read with ${tools.python}. Nothing was installed. Check them with \`pip install --dry-run .\` and run the task again.`,
  );
}

function testRequirements(extras: Readonly<Record<string, readonly string[]>>): string[] {
  const names = Object.keys(extras).filter((name) => (extras[name] ?? []).length > 0);
  const chosen = names.filter((name) => testExtras.test(name));
  return (chosen.length > 0 ? chosen : names.filter((name) => developmentExtras.test(name))).flatMap(
    (name) => extras[name] ?? [],
  );
}

function importFolders(paths: readonly string[], installable: boolean, folders: readonly string[]): string[] {
  if (!installable) return [];
  const found = folders
    .map((folder) => folder.replace(/^\.\/|\/$/g, ''))
    .filter((folder) => folder !== '' && folder !== '.');
  const source = paths.some((path) => /^src\/[^/]+(?:\/__init__)?\.py$/.test(path)) ? ['src'] : [];
  return [
    ...new Set([...found.filter((folder) => paths.some((path) => path.startsWith(`${folder}/`))), ...source, '']),
  ];
}

async function needsPytest(
  paths: readonly string[],
  read: (path: string) => Promise<Buffer | null>,
  command: string,
): Promise<boolean> {
  if (/\b(?:pytest|py\.test)\b/.test(command)) return true;
  if (/\bunittest\b/.test(command)) return false;
  const tests = paths.filter((path) => /(?:^|\/)(?:test_[^/]*|[^/]*_test|conftest)\.py$/.test(path)).slice(0, 40);
  for (const path of tests) {
    const text = (await read(path))?.toString('utf8') ?? '';
    if (/^\s*(?:import|from)\s+pytest\b/m.test(text)) return true;
  }
  return false;
}
