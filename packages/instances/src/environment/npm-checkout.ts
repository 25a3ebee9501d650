import { lstatSync } from 'node:fs';
import { lstat, open, readFile, readlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { isInside, parseJson } from './host-tools.ts';
import { declaredPackages, type LockedPackage, type NpmProject, parseLock } from './npm-project.ts';
import { walk } from './sealing.ts';
import { satisfiesRange } from './version-ranges.ts';

/** Whether what a person has installed can stand for what the commit asks for. */
export type CheckoutVerdict =
  | { readonly usable: true; readonly folders: readonly string[]; readonly gaps: readonly string[] }
  | { readonly usable: false; readonly reason: string };

const installedManifest = z.looseObject({ version: z.string().optional() });

/** Folders in `node_modules` that tools write their caches into; never part of an environment's content. */
export const cacheFolders = ['.cache', '.vite', '.vite-temp'];

const elfMachines: Readonly<Record<string, number>> = { x64: 62, arm64: 183, ia32: 3, arm: 40, riscv64: 243 };

/** Compares the `node_modules` of the person's checkout with what the commit's project asks for. */
export async function inspectNpmCheckout(repository: string, project: NpmProject): Promise<CheckoutVerdict> {
  const root = join(repository, project.folder);
  if (!(await isFolder(join(root, 'node_modules')))) return no('there is no node_modules folder');
  const gaps: string[] = [];
  const wrong =
    project.lock === null
      ? await disagreesWithManifests(repository, project)
      : await disagreesWithLock(root, project.lock.packages, gaps);
  if (wrong !== null) return no(wrong);
  const folders = [project.folder];
  for (const member of project.members) {
    if (await isFolder(join(repository, member, 'node_modules'))) folders.push(member);
  }
  for (const folder of folders) {
    const unsafe = await unusableContent(join(repository, folder, 'node_modules'), repository);
    if (unsafe !== null) return no(unsafe);
  }
  return { usable: true, folders, gaps };
}

async function disagreesWithLock(
  root: string,
  wanted: ReadonlyMap<string, LockedPackage>,
  gaps: string[],
): Promise<string | null> {
  const hidden = parseLock(await readText(join(root, 'node_modules/.package-lock.json')));
  if (hidden === null) return 'node_modules was not installed by npm, so it cannot be compared with the lockfile';
  for (const [place, entry] of wanted) {
    if (!place.includes('node_modules/') || place.startsWith('../')) continue;
    const found = hidden.get(place);
    if (found === undefined) {
      if (entry.optional || entry.devOptional || entry.peer) continue;
      return `${place} is not installed`;
    }
    if (entry.link) continue;
    if (entry.version !== undefined && found.version !== undefined && entry.version !== found.version) {
      return `${place} is ${found.version}, the lockfile says ${entry.version}`;
    }
    if (entry.integrity && found.integrity && !sharesDigest(entry.integrity, found.integrity)) {
      return `${place} has another content than the lockfile says`;
    }
    if (!fits(found.os, process.platform) || !fits(found.cpu, process.arch)) {
      return `${place} is for another platform`;
    }
    const manifest = installedManifest.safeParse(parseJson(await readText(join(root, place, 'package.json'))));
    if (!manifest.success) {
      if (entry.optional || entry.devOptional) continue;
      return `${place} is damaged`;
    }
    if (found.version !== undefined && manifest.data.version !== undefined && manifest.data.version !== found.version) {
      return `${place} is ${manifest.data.version}, though npm recorded ${found.version}`;
    }
  }
  const extra = [...hidden.keys()].filter((place) => !wanted.has(place) && place.includes('node_modules/'));
  if (extra.length > 0) {
    gaps.push(
      `the checkout's node_modules holds ${extra.length} package(s) that the lockfile does not name (${extra.slice(0, 3).join(', ')})`,
    );
  }
  return null;
}

async function disagreesWithManifests(repository: string, project: NpmProject): Promise<string | null> {
  for (const folder of [project.folder, ...project.members]) {
    const manifest =
      folder === project.folder
        ? project.manifest
        : { dependencies: {}, devDependencies: {}, optionalDependencies: {}, ...memberManifest(project, folder) };
    for (const { name, range, optional } of declaredPackages(manifest)) {
      const version = await installedVersion(repository, folder, name);
      if (version === null) {
        if (optional) continue;
        return `${name} is not installed`;
      }
      if (version !== '' && !satisfiesRange(version, range))
        return `${name} is ${version}, the manifest asks for ${range}`;
    }
  }
  return null;
}

const memberSchema = z.looseObject({
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});

function memberManifest(project: NpmProject, folder: string) {
  const text = project.files.get(`${folder}/package.json`)?.toString('utf8') ?? '';
  const parsed = memberSchema.safeParse(parseJson(text));
  return parsed.success ? parsed.data : {};
}

/** Node's own lookup, upwards to the top of the repository. '' when the package states no version. */
async function installedVersion(repository: string, folder: string, name: string): Promise<string | null> {
  for (let at = folder; ; at = dirname(at) === '.' ? '' : dirname(at)) {
    const parsed = installedManifest.safeParse(
      parseJson(await readText(join(repository, at, 'node_modules', name, 'package.json'))),
    );
    if (parsed.success) return parsed.data.version ?? '';
    if (at === '') return null;
  }
}

/** A link that leaves the repository, or an addon built for another machine, makes a checkout unusable. */
async function unusableContent(folder: string, repository: string): Promise<string | null> {
  for await (const { path, absolute, isFolder: folderEntry } of walk(folder)) {
    if (folderEntry) continue;
    const status = lstatSync(absolute);
    if (status.isSymbolicLink()) {
      const target = resolve(dirname(absolute), await readlink(absolute));
      if (!isInside(target, repository)) return `node_modules/${path} is a link that leaves the repository`;
    } else if (path.endsWith('.node') && path.includes('/build/Release/') && !(await isForThisMachine(absolute))) {
      return `node_modules/${path} was built for another machine`;
    }
  }
  return null;
}

async function isForThisMachine(file: string): Promise<boolean> {
  await using handle = await open(file, 'r');
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(20), 0, 20, 0);
  if (bytesRead < 20 || buffer.readUInt32BE(0) !== 0x7f454c46) return false;
  const machine = buffer[5] === 2 ? buffer.readUInt16BE(18) : buffer.readUInt16LE(18);
  const expected = elfMachines[process.arch];
  return expected === undefined || machine === expected;
}

function sharesDigest(left: string, right: string): boolean {
  const known = new Set(left.split(/\s+/));
  const algorithms = new Set([...known].map((digest) => digest.split('-')[0]));
  const others = right.split(/\s+/);
  return others.some((digest) => known.has(digest)) || !others.some((digest) => algorithms.has(digest.split('-')[0]));
}

function fits(allowed: readonly string[] | undefined, here: string): boolean {
  if (allowed === undefined || allowed.length === 0) return true;
  if (allowed.includes(`!${here}`)) return false;
  const positive = allowed.filter((name) => !name.startsWith('!'));
  return positive.length === 0 || positive.includes(here) || positive.includes('any');
}

async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

function no(reason: string): CheckoutVerdict {
  return { usable: false, reason };
}
