import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { NovaError } from '@nova/core';
import { z } from 'zod';
import { type NodeTools, parseJson } from './host-tools.ts';
import type { NpmProject } from './npm-project.ts';
import type { RegistryAccess } from './registries.ts';

/** Settings of the commit's own `.npmrc` that change what is installed but not from where, nor what runs it. */
const projectSettings = new Set([
  'legacy-peer-deps',
  'strict-peer-deps',
  'engine-strict',
  'install-strategy',
  'install-links',
  'prefer-dedupe',
  'ignore-scripts',
  'omit',
  'include',
]);

/** Scripts that npm runs for the project itself during an install; they would need its whole tree. */
const installScripts = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare'];

/** Printed when peer dependencies were not enforced. */
export const peerConflictMark =
  'nova: the declared peer dependencies contradict each other; installing without enforcing them';

const installLocked = 'cd "$1" && shift && exec "$@"';

/** Ranges that fitted when they were written may contradict each other by now; then people install as npm 6 did. */
const installFreely = `cd "$1" && shift
"$@" 2>"$HOME/errors"; code=$?
cat "$HOME/errors" >&2
if [ "$code" -ne 0 ] && grep -q ERESOLVE "$HOME/errors"; then
  echo '${peerConflictMark}'
  exec "$@" --legacy-peer-deps
fi
exit "$code"`;

export interface NpmPlan {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Throws `environment.unsupported` when npm cannot install this project. */
export function requireInstallable(project: NpmProject, reason: string): void {
  if (project.lock !== null || project.foreignLock === null) return;
  throw new NovaError(
    'environment.unsupported',
    `The repository is locked by ${project.foreignLock}, which npm cannot read, and the checkout's own packages cannot be used: ${reason}. Nothing was installed. Install them in the checkout with the tool that wrote ${project.foreignLock} and run the task again.`,
  );
}

/** Lays out the manifests under `workplace` and says how to install them. */
export async function planNpmInstall(
  project: NpmProject,
  workplace: string,
  tools: NodeTools,
  access: RegistryAccess,
): Promise<NpmPlan> {
  for (const [path, bytes] of project.files) {
    const target = join(workplace, 'project', path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, contentFor(path, bytes));
  }
  const userConfiguration = join(workplace, 'npmrc');
  await writeFile(userConfiguration, `${access.npmConfiguration.join('\n')}\n`);
  await writeFile(join(workplace, 'global-npmrc'), '');
  const folder = join(workplace, 'project', project.folder);
  const install = project.lock === null ? ['install', '--no-package-lock'] : ['ci'];
  const flags = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=info'];
  return {
    command: [
      '/bin/sh',
      '-c',
      project.lock === null ? installFreely : installLocked,
      'sh',
      folder,
      tools.node,
      tools.npm,
      ...install,
      ...flags,
    ],
    environment: {
      npm_config_userconfig: userConfiguration,
      npm_config_globalconfig: join(workplace, 'global-npmrc'),
      npm_config_cache: join(workplace, 'cache'),
      npm_config_logs_max: '0',
      npm_config_update_notifier: 'false',
      ...scriptPolicy(project, access),
      ...access.variables,
    },
  };
}

/**
 * From version 12 on npm runs install scripts only where somebody has approved them. Behind the walls of an installation they
 * can do no harm, and tests may need what they make; a repository that has decided for itself is left to its decision.
 */
function scriptPolicy(project: NpmProject, access: RegistryAccess): Record<string, string> {
  const setting = 'dangerously-allow-all-scripts';
  const isKnown = access.npmConfiguration.some((line) => line.startsWith(`${setting}=`));
  const decided = [...project.files].some(([path, bytes]) => {
    const manifest = /(^|\/)package\.json$/.test(path) ? parseJson(bytes.toString('utf8')) : null;
    return typeof manifest === 'object' && manifest !== null && 'allowScripts' in manifest;
  });
  return isKnown && !decided ? { npm_config_dangerously_allow_all_scripts: 'true' } : {};
}

const hiddenLock = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({
      name: z.string().optional(),
      version: z.string().optional(),
      hasInstallScript: z.boolean().optional(),
    }),
  ),
});

/** The packages, as name@version, that were installed and have install scripts. */
export async function packagesWithScripts(project: NpmProject, workplace: string): Promise<string[]> {
  const path = join(workplace, 'project', project.folder, 'node_modules/.package-lock.json');
  const lock = hiddenLock.safeParse(parseJson(await readFile(path, 'utf8').catch(() => '')));
  if (!lock.success) return [];
  return Object.entries(lock.data.packages)
    .filter(([place, { hasInstallScript }]) => hasInstallScript === true && place.includes('node_modules/'))
    .map(([place, { name, version }]) => `${name ?? place.slice(place.lastIndexOf('node_modules/') + 13)}@${version}`);
}

/** Moves what npm installed out of the workplace into `tree`; returns the repository-relative folders that have one. */
export async function collectNpmInstall(project: NpmProject, workplace: string, tree: string): Promise<string[]> {
  const folders: string[] = [];
  for (const folder of [project.folder, ...project.members]) {
    const installed = join(workplace, 'project', folder, 'node_modules');
    const names = await readdir(installed).catch(() => []);
    if (names.length === 0) continue;
    const target = join(tree, folder, 'node_modules');
    await mkdir(dirname(target), { recursive: true });
    await rename(installed, target);
    folders.push(folder);
  }
  await rm(workplace, { recursive: true, force: true });
  return folders;
}

/** Names in the commit's `.npmrc` that Nova leaves out. */
export function droppedSettings(project: NpmProject): string[] {
  const text = [...project.files].find(([path]) => path.endsWith('.npmrc'))?.[1].toString('utf8') ?? '';
  return settingsOf(text)
    .map(({ name }) => name)
    .filter((name) => /registry$|^\/\/|proxy$|^cafile$/.test(name));
}

function contentFor(path: string, bytes: Buffer): Buffer | string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name === '.npmrc') {
    return settingsOf(bytes.toString('utf8'))
      .filter(({ name: setting }) => projectSettings.has(setting))
      .map(({ line }) => `${line}\n`)
      .join('');
  }
  if (name !== 'package.json') return bytes;
  const manifest = parseJson(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  if (typeof manifest !== 'object' || manifest === null || !('scripts' in manifest)) return bytes;
  const scripts = Object.entries(manifest.scripts ?? {}).filter(([script]) => !installScripts.includes(script));
  return JSON.stringify({ ...manifest, scripts: Object.fromEntries(scripts) }, null, 2);
}

function settingsOf(text: string): { name: string; line: string }[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^[#;]/.test(line))
    .map((line) => ({ name: (line.split('=')[0] ?? '').trim().replace(/\[\]$/, ''), line }));
}
