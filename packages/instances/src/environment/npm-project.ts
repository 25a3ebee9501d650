import { matchesGlob } from 'node:path';
import { NovaError } from '@nova/core';
import { z } from 'zod';
import { parseJson } from './host-tools.ts';

const dependencies = z.record(z.string(), z.string()).default({});

const manifestSchema = z.looseObject({
  name: z.string().optional(),
  dependencies,
  devDependencies: dependencies,
  optionalDependencies: dependencies,
  workspaces: z.union([z.array(z.string()), z.looseObject({ packages: z.array(z.string()).default([]) })]).optional(),
});
export type NpmManifest = z.infer<typeof manifestSchema>;

// npm copies what the package's manifest says, and some say one platform without a list.
const platforms = z.union([z.array(z.string()), z.string().transform((one) => [one])]).optional();

const lockedPackage = z.looseObject({
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  link: z.boolean().optional(),
  optional: z.boolean().optional(),
  devOptional: z.boolean().optional(),
  peer: z.boolean().optional(),
  inBundle: z.boolean().optional(),
  os: platforms,
  cpu: platforms,
});
export type LockedPackage = z.infer<typeof lockedPackage>;

interface LegacyEntry {
  readonly version?: string | undefined;
  readonly integrity?: string | undefined;
  readonly optional?: boolean | undefined;
  readonly dependencies?: Record<string, LegacyEntry> | undefined;
}
const legacyEntry: z.ZodType<LegacyEntry> = z.lazy(() =>
  z.looseObject({
    version: z.string().optional(),
    integrity: z.string().optional(),
    optional: z.boolean().optional(),
    dependencies: z.record(z.string(), legacyEntry).optional(),
  }),
);

const lockSchema = z.looseObject({
  packages: z.record(z.string(), lockedPackage).optional(),
  dependencies: z.record(z.string(), legacyEntry).optional(),
});

/** One npm project of a commit: a manifest with what belongs to it. */
export interface NpmProject {
  /** Repository-relative folder, '' for the top. */
  readonly folder: string;
  readonly manifest: NpmManifest;
  /** Lockfile that npm itself reads; path relative to the repository. */
  readonly lock: { readonly path: string; readonly packages: ReadonlyMap<string, LockedPackage> } | null;
  /** Name of another package manager's lockfile. */
  readonly foreignLock: string | null;
  /** Folders of the workspace members, relative to the repository. */
  readonly members: readonly string[];
  /** Every file the installer needs, with its bytes, by path relative to the repository. */
  readonly files: ReadonlyMap<string, Buffer>;
}

type Read = (path: string) => Promise<Buffer | null>;

const foreignLocks = ['pnpm-lock.yaml', 'yarn.lock', 'bun.lock', 'bun.lockb'];

/** Reads the npm projects that this commit's tests need, those with nothing to install left out. */
export async function readNpmProjects(paths: readonly string[], read: Read, command: string): Promise<NpmProject[]> {
  const folders = paths
    .filter((path) => (path === 'package.json' || path.endsWith('/package.json')) && !path.includes('node_modules/'))
    .map((path) => path.slice(0, -'package.json'.length).replace(/\/$/, ''));
  const top = folders.includes('') ? await readProject('', paths, folders, read) : null;
  const known = new Set(['', ...(top?.members ?? [])]);
  const others = folders.filter(
    (folder) =>
      !known.has(folder) &&
      folder.split('/').length <= 3 &&
      (mentions(command, folder) || (top === null && isTop(folder))),
  );
  const projects = top === null ? [] : [top];
  for (const folder of others) {
    if (projects.some((project) => project.members.includes(folder))) continue;
    projects.push(await readProject(folder, paths, folders, read));
  }
  return projects.filter((project) => needsInstall(project, paths));
}

/** All declared packages with their ranges; `optional` ones may be missing. */
export function declaredPackages(manifest: NpmManifest): { name: string; range: string; optional: boolean }[] {
  const optional = Object.keys(manifest.optionalDependencies);
  return Object.entries({
    ...manifest.devDependencies,
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
  }).map(([name, range]) => ({ name, range, optional: optional.includes(name) }));
}

/** Parses a lockfile of any npm version into packages by their place; null when it is none. */
export function parseLock(text: string): ReadonlyMap<string, LockedPackage> | null {
  const parsed = lockSchema.safeParse(parseJson(text));
  if (!parsed.success) return null;
  if (parsed.data.packages !== undefined) return new Map(Object.entries(parsed.data.packages));
  const packages = new Map<string, LockedPackage>();
  const add = (entries: Record<string, LegacyEntry>, parent: string) => {
    for (const [name, entry] of Object.entries(entries)) {
      const place = `${parent}node_modules/${name}`;
      packages.set(place, { version: entry.version, integrity: entry.integrity, optional: entry.optional });
      add(entry.dependencies ?? {}, `${place}/`);
    }
  };
  add(parsed.data.dependencies ?? {}, '');
  return packages;
}

async function readProject(
  folder: string,
  paths: readonly string[],
  manifests: readonly string[],
  read: Read,
): Promise<NpmProject> {
  const at = (name: string) => (folder === '' ? name : `${folder}/${name}`);
  const files = new Map<string, Buffer>();
  const keep = async (path: string): Promise<Buffer | null> => {
    const bytes = await read(path);
    if (bytes !== null) files.set(path, bytes);
    return bytes;
  };
  const manifest = parseManifest(await keep(at('package.json')), at('package.json'));
  const globs = Array.isArray(manifest.workspaces) ? manifest.workspaces : (manifest.workspaces?.packages ?? []);
  const members = manifests.filter(
    (found) =>
      found !== folder &&
      (folder === '' || found.startsWith(`${folder}/`)) &&
      isMember(found.slice(folder.length), globs),
  );
  for (const member of members) await keep(`${member}/package.json`);
  const lockName = ['npm-shrinkwrap.json', 'package-lock.json'].find((name) => paths.includes(at(name)));
  let lock: NpmProject['lock'] = null;
  if (lockName !== undefined) {
    const bytes = await keep(at(lockName));
    const packages = parseLock(bytes?.toString('utf8') ?? '');
    if (packages === null) {
      throw new NovaError(
        'environment.unsupported',
        `${at(lockName)} is not a lockfile that npm could read. Nothing was installed. Repair it with \`npm install --package-lock-only\`, commit it and run the task again.`,
      );
    }
    lock = { path: at(lockName), packages };
  }
  for (const local of localFolders(manifest)) {
    const base = at(local);
    for (const path of paths) if (path === base || path.startsWith(`${base}/`)) await keep(path);
  }
  const foreignLock = foreignLocks.find((name) => paths.includes(at(name))) ?? null;
  if (foreignLock !== null) await keep(at(foreignLock));
  await keep(at('.npmrc'));
  return { folder, manifest, lock, foreignLock, members, files };
}

function parseManifest(bytes: Buffer | null, path: string): NpmManifest {
  const parsed = manifestSchema.safeParse(parseJson(bytes?.toString('utf8').replace(/^\uFEFF/, '') ?? ''));
  if (parsed.success) return parsed.data;
  throw new NovaError(
    'environment.unsupported',
    `${path} is not a manifest that npm could read (${parsed.error.issues[0]?.message ?? 'unreadable'}). Nothing was installed. Correct and commit it, then run the task again.`,
  );
}

/** `file:` dependencies inside the repository, as folders relative to the manifest. */
function localFolders(manifest: NpmManifest): string[] {
  return declaredPackages(manifest)
    .map(({ range }) => /^(?:file|link):(?:\.\/)?(.+?)\/?$/.exec(range)?.[1])
    .filter((path) => path !== undefined)
    .filter((path) => !path.startsWith('/') && !path.split('/').includes('..'));
}

function isMember(folder: string, globs: readonly string[]): boolean {
  const path = folder.replace(/^\//, '');
  let member = false;
  for (const glob of globs) {
    const pattern = glob.replace(/^!/, '').replace(/^\.\//, '').replace(/\/$/, '');
    if (matchesGlob(path, pattern)) member = !glob.startsWith('!');
  }
  return member;
}

function needsInstall(project: NpmProject, paths: readonly string[]): boolean {
  const vendored = project.folder === '' ? 'node_modules/' : `${project.folder}/node_modules/`;
  if (paths.some((path) => path.startsWith(vendored))) return false;
  return project.members.length > 0 || declaredPackages(project.manifest).length > 0;
}

function mentions(command: string, folder: string): boolean {
  return command.split(/[\s;&|"'=]+/).some((word) => word.replace(/^\.\//, '').replace(/\/$/, '') === folder);
}

function isTop(folder: string): boolean {
  return !folder.includes('/');
}
