import { lstatSync } from 'node:fs';
import { lstat, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isInside, normalisePackage, outsideFolders, type PythonTools, toolFolder } from './host-tools.ts';
import { walk } from './sealing.ts';

/** The person's own virtual environment, found sound. */
export interface PythonCheckout {
  readonly folder: string;
  /** Its folder's name in the checkout. */
  readonly name: string;
  readonly installed: ReadonlyMap<string, string>;
  readonly version: string;
  /** Host folders of its interpreter that no sandbox shows by itself. */
  readonly outside: readonly string[];
  readonly gaps: readonly string[];
}

const usualNames = ['.venv', 'venv', 'env'];

/** Folders in the repository whose `bin` a command names itself, as in `.venv/bin/pytest`. */
export function foldersNamedBy(command: string): string[] {
  const found = command.matchAll(/(?:^|[\s;&|(="'])(?:\.\/)?((?:[\w.-]+\/)*[\w.-]+)\/bin\/(?=[\w.-])/g);
  const names = [...found].map((match) => match[1] ?? '');
  return [...new Set(names)].filter((name) => name !== '' && !name.split('/').includes('..'));
}

/** Those of these folders, and of the usual ones, that the checkout has a virtual environment in. */
export async function environmentFolders(repository: string, named: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of new Set([...named, ...usualNames])) {
    const configuration = await lstat(join(repository, name, 'pyvenv.cfg')).catch(() => null);
    if (configuration?.isFile()) found.push(name);
  }
  return found;
}

/** Looks for a virtual environment in the checkout. Starts no interpreter: an environment may run code at start-up. */
export async function findPythonCheckout(
  repository: string,
  tools: PythonTools,
  home: string,
  names: readonly string[],
): Promise<{ found: PythonCheckout } | { reason: string }> {
  let reason = 'there is no virtual environment';
  for (const name of names) {
    const folder = join(repository, name);
    const configuration = await readFile(join(folder, 'pyvenv.cfg'), 'utf8').catch(() => null);
    if (configuration === null || !(await lstat(folder)).isDirectory()) continue;
    const inspected = await inspect(name, repository, settings(configuration), tools, home);
    if ('found' in inspected) return inspected;
    reason = `${name}: ${inspected.reason}`;
  }
  return { reason };
}

async function inspect(
  name: string,
  repository: string,
  configuration: ReadonlyMap<string, string>,
  tools: PythonTools,
  home: string,
): Promise<{ found: PythonCheckout } | { reason: string }> {
  const folder = join(repository, name);
  const chain = await interpreterChain(join(folder, 'bin/python'));
  if (chain === null) return { reason: 'its interpreter is gone' };
  const outside = outsideFolders(chain.filter((path) => !isInside(path, folder)).map(toolFolder), home);
  if (outside === null) return { reason: 'its interpreter lies directly in the home folder' };
  const gaps: string[] = [];
  for await (const { path, absolute, isFolder } of walk(folder)) {
    if (isFolder) continue;
    const status = lstatSync(absolute);
    if (status.isSymbolicLink() && !path.startsWith('bin/python')) {
      const target = resolve(dirname(absolute), await readlink(absolute));
      if (!isInside(target, folder)) return { reason: `${path} is a link that leaves it` };
    } else if (path.endsWith('.pth')) {
      for (const line of (await readFile(absolute, 'utf8')).split('\n')) {
        const leaves = line.startsWith('/') && !isInside(line.trim(), repository);
        if (leaves) gaps.push(`${path} in the virtual environment names ${line.trim()}, which is not shown inside`);
      }
    }
  }
  const version = configuration.get('version') ?? configuration.get('version_info') ?? '';
  const installed = new Map(configuration.get('include-system-site-packages') === 'true' ? tools.installed : []);
  for (const [found, its] of await installedPackages(folder)) installed.set(found, its);
  return { found: { folder, name, installed, version, outside, gaps } };
}

/** Every path from the environment's `python` to the real program; null when it leads nowhere. */
async function interpreterChain(start: string): Promise<string[] | null> {
  const chain = [start];
  for (let at = start; chain.length < 20; chain.push(at)) {
    const status = await lstat(at).catch(() => null);
    if (status === null) return null;
    if (!status.isSymbolicLink()) return [...chain, await realpath(at)];
    at = resolve(dirname(at), await readlink(at));
  }
  return null;
}

async function installedPackages(folder: string): Promise<Map<string, string>> {
  const installed = new Map<string, string>();
  for (const library of await readdir(join(folder, 'lib')).catch(() => [])) {
    for (const entry of await readdir(join(folder, 'lib', library, 'site-packages')).catch(() => [])) {
      const match = /^(.+?)-([^-]+?)(?:-py[\d.]+)?\.(?:dist|egg)-info$/.exec(entry);
      if (match?.[1] !== undefined && match[2] !== undefined) installed.set(normalisePackage(match[1]), match[2]);
    }
  }
  return installed;
}

function settings(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [name, ...value] = line.split('=');
    if (name !== undefined && value.length > 0) found.set(name.trim().toLowerCase(), value.join('=').trim());
  }
  return found;
}
