import type { Dirent } from 'node:fs';
import { mkdir, readdir, readlink, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { NovaError } from '@nova/core';
import type { Mount } from '../sandbox/driver.ts';
import { exists } from './making.ts';
import { cacheFolders } from './npm-checkout.ts';
import type { Seal } from './sealing.ts';

/** What a sandbox needs to work with a sealed environment. */
export interface EnvironmentMounts {
  readonly mounts: readonly Mount[];
  readonly variables: Readonly<Record<string, string>>;
  /** To be put before the search path, in this order. */
  readonly pathEntries: readonly string[];
  /** Links that stand for mounts where a driver does not isolate; their folders must be made first. */
  readonly links: readonly { readonly path: string; readonly target: string }[];
}

export interface MountOptions {
  /** Absolute path of the workspace as seen by what runs. */
  readonly workspacePath: string;
  readonly isolated: boolean;
  /** Host folder of this one sandbox for caches that tools write into `node_modules`; null: those can't be written. */
  readonly scratch: string | null;
}

/** Folder with the scripts of a copied virtual environment, changed to work from the store itself. */
export const plainScripts = 'plain-scripts';

/** Folder that stands for the installed project: its name, version and entry points, but none of its code. */
export const metadataFolder = 'metadata';

/** Lays a sealed environment, stored in `folder`, over a workspace. */
export async function layEnvironment(folder: string, sealed: Seal, options: MountOptions): Promise<EnvironmentMounts> {
  const { workspacePath, isolated, scratch } = options;
  const mounts: Mount[] = [];
  const links: { path: string; target: string }[] = [];
  for (const [index, member] of sealed.nodeModules.entries()) {
    const source = join(folder, 'npm', member, 'node_modules');
    const target = join(workspacePath, member, 'node_modules');
    if (!isolated) {
      links.push(...(await linksInto(source, target)));
      continue;
    }
    mounts.push({ source, target, writable: false });
    if (scratch === null) continue;
    for (const name of cacheFolders) {
      const cache = join(scratch, `node-modules-${index}${name}`);
      await mkdir(cache, { recursive: true });
      mounts.push({ source: cache, target: join(target, name), writable: true });
    }
  }
  const variables: Record<string, string> = {};
  const pathEntries: string[] = [];
  if (sealed.venv !== null) {
    const source = join(folder, sealed.venv.folder);
    for (const outside of sealed.outside) {
      const real = await realpath(outside).catch((cause: unknown) => {
        throw new NovaError(
          'environment.corrupt',
          `The Python in ${outside}, which the sealed environment works with, is gone. Nova's data is kept. Run the task again; it prepares the environment with the Python you have now.`,
          { cause },
        );
      });
      mounts.push({ source: real, target: outside, writable: false });
    }
    const targets = sealed.venv.names.map((name) => join(workspacePath, name));
    for (const target of new Set([sealed.venv.path, ...targets])) mounts.push({ source, target, writable: false });
    if (!isolated) for (const target of targets) links.push(...(await venvLinks(folder, source, target)));
    variables['VIRTUAL_ENV'] = isolated ? sealed.venv.path : source;
    if (!isolated && (await exists(join(folder, plainScripts)))) pathEntries.push(join(folder, plainScripts));
    pathEntries.push(join(isolated ? sealed.venv.path : source, 'bin'));
  }
  if (sealed.pythonPath.length > 0) {
    const paths = sealed.pythonPath.map((path) => join(workspacePath, path));
    if (sealed.metadata) {
      const metadata = join(folder, metadataFolder);
      mounts.push({ source: metadata, target: metadata, writable: false });
      paths.push(metadata);
      if (await exists(join(metadata, 'bin'))) pathEntries.push(join(metadata, 'bin'));
    }
    variables['PYTHONPATH'] = paths.join(':');
  }
  return { mounts: isolated ? mounts : [], variables, pathEntries, links };
}

/** A virtual environment of links in which the scripts are those that start this very environment's interpreter. */
async function venvLinks(folder: string, source: string, target: string): Promise<{ path: string; target: string }[]> {
  const scripts = join(folder, plainScripts);
  const changed = new Set(await readdir(scripts).catch(() => []));
  const links: { path: string; target: string }[] = [];
  for (const name of await readdir(source)) {
    if (name !== 'bin') links.push({ path: join(target, name), target: join(source, name) });
  }
  for (const name of await readdir(join(source, 'bin'))) {
    const from = changed.has(name) ? scripts : join(source, 'bin');
    links.push({ path: join(target, 'bin', name), target: join(from, name) });
  }
  return links;
}

/**
 * One link for each package instead of one for the whole folder: then `node_modules` itself can take a tool's caches, and
 * a link to a workspace member leads to the workspace and not beside the sealed copy.
 */
async function linksInto(source: string, target: string): Promise<{ path: string; target: string }[]> {
  const links: { path: string; target: string }[] = [];
  for (const entry of await readdir(source, { withFileTypes: true })) {
    if (cacheFolders.includes(entry.name)) continue;
    if (entry.isDirectory() && entry.name.startsWith('@')) {
      links.push(...(await linksInto(join(source, entry.name), join(target, entry.name))));
    } else links.push(await linkFor(source, target, entry));
  }
  return links;
}

async function linkFor(source: string, target: string, entry: Dirent): Promise<{ path: string; target: string }> {
  const path = join(target, entry.name);
  const sealed = join(source, entry.name);
  if (!entry.isSymbolicLink()) return { path, target: sealed };
  const to = await readlink(sealed);
  // Package managers link packages to each other within node_modules, and workspace members to their sources.
  return { path, target: resolve(target, to).includes('/node_modules/') ? sealed : resolve(target, to) };
}
