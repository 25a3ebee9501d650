import { createHash } from 'node:crypto';
import { copyFile, lstat, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { must } from './command.ts';
import { unpack } from './package-source.ts';
import type { Scenario } from './scenario.ts';

const git = ['-c', 'user.name=A Person', '-c', 'user.email=person@localhost', '-c', 'commit.gpgsign=false'];

/**
 * Makes the repository that a person would have: one commit with the package as published, a second with the test
 * that shows the bug and what is needed to run it.
 */
export async function makeRepository(scenario: Scenario, folder: string): Promise<void> {
  const { ecosystem, package: name, published } = scenario;
  await unpack({ ecosystem, name, ...published }, folder);
  await must('git', ['init', '--quiet', '--initial-branch=main'], { cwd: folder });
  await commit(folder, `${name} ${published.version} as published`);
  await copyFixtures(scenario, scenario.shown, folder);
  await writeFile(join(folder, '.gitignore'), 'node_modules/\n.venv/\n__pycache__/\n.pytest_cache/\n');
  await prepare(scenario, folder);
  await commit(folder, 'Show the bug in a test');
}

/** Puts the files of the correcting release in place. */
export async function correct(scenario: Scenario, folder: string, scratch: string): Promise<void> {
  const { ecosystem, package: name, corrected } = scenario;
  await unpack({ ecosystem, name, ...corrected }, scratch);
  for (const file of corrected.files) await copyFile(join(scratch, file), join(folder, file));
}

/** Adds the withheld tests to a clone of what was delivered. */
export async function addWithheld(scenario: Scenario, folder: string): Promise<void> {
  await copyFixtures(scenario, scenario.withheld, folder);
}

/** Clones `revision` of the repository into `folder`, with the installed dependencies within reach. */
export async function cloneForJudging(
  scenario: Scenario,
  repository: string,
  revision: string,
  folder: string,
): Promise<void> {
  await must('git', ['clone', '--quiet', '--no-checkout', repository, folder], { cwd: dirname(folder) });
  const commitId = (await must('git', ['rev-parse', `${revision}^{commit}`], { cwd: repository })).trim();
  await must('git', ['checkout', '--quiet', '--detach', commitId], { cwd: folder });
  if (scenario.install === 'checkout') {
    const installed = scenario.ecosystem === 'npm' ? 'node_modules' : '.venv';
    await symlink(join(repository, installed), join(folder, installed));
  } else if (scenario.install === 'lockfile') await install(scenario, folder);
}

/** Names of the refs under `refs/heads/nova/`. */
export async function novaBranches(repository: string): Promise<string[]> {
  const listed = await must('git', ['for-each-ref', '--format=%(refname:short)', 'refs/heads/nova'], {
    cwd: repository,
  });
  return listed.split('\n').filter((line) => line !== '');
}

/**
 * What must not change in a person's repository, by name → hash: every file of the working tree, the index, HEAD,
 * the configuration, hooks and every ref outside `nova/`. Installed dependencies count by name, size and time.
 */
export async function fingerprint(repository: string): Promise<Map<string, string>> {
  const prints = new Map<string, string>();
  await printTree(repository, '', prints, new Set(['.git']));
  for (const name of ['HEAD', 'index', 'config', 'info/exclude', 'info/attributes']) {
    const content = await readFile(join(repository, '.git', name)).catch(() => null);
    prints.set(`.git/${name}`, content === null ? 'absent' : hash(content));
  }
  await printTree(repository, '.git/hooks', prints, new Set());
  const refs = await must('git', ['for-each-ref', '--format=%(refname) %(objectname)'], { cwd: repository });
  for (const line of refs.split('\n')) {
    if (line !== '' && !line.startsWith('refs/heads/nova/')) prints.set(`ref ${line}`, 'there');
  }
  return prints;
}

/** Names whose print differs between two fingerprints. */
export function differences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort();
}

async function copyFixtures(scenario: Scenario, files: Readonly<Record<string, string>>, folder: string) {
  for (const [fixture, path] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await copyFile(join(scenario.folder, 'fixtures', fixture), join(folder, path));
  }
}

async function commit(folder: string, message: string): Promise<void> {
  await must('git', ['add', '--all'], { cwd: folder });
  await must('git', [...git, 'commit', '--quiet', '--no-verify', '-m', message], { cwd: folder });
}

/** A published manifest names the author's whole tool chain; the person keeps what the test needs. */
async function prepare(scenario: Scenario, folder: string): Promise<void> {
  if (scenario.ecosystem === 'npm') {
    const path = join(folder, 'package.json');
    const manifest = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    const kept = Object.keys((manifest['dependencies'] ?? {}) as Record<string, string>);
    const added = Object.entries(scenario.dependencies);
    manifest['dependencies'] = Object.fromEntries(added.filter(([name]) => kept.includes(name)));
    manifest['devDependencies'] = Object.fromEntries(added.filter(([name]) => !kept.includes(name)));
    manifest['scripts'] = scenario.script === undefined ? {} : { test: scenario.script };
    for (const field of ['peerDependencies', 'optionalDependencies']) delete manifest[field];
    await writeFile(path, `${JSON.stringify(manifest, null, 2)}\n`);
    if (scenario.install === 'lockfile') {
      await must('npm', ['install', '--package-lock-only', '--ignore-scripts', '--silent'], { cwd: folder });
    }
  } else if (scenario.install !== 'none') {
    await writeFile(join(folder, 'requirements.txt'), requirements(scenario));
  }
  if (scenario.install === 'checkout') await install(scenario, folder);
}

async function install(scenario: Scenario, folder: string): Promise<void> {
  if (scenario.ecosystem === 'npm') {
    const how = scenario.install === 'lockfile' ? ['ci'] : ['install', '--no-package-lock'];
    await must('npm', [...how, '--ignore-scripts', '--silent'], { cwd: folder });
    return;
  }
  await must('python3', ['-m', 'venv', '.venv'], { cwd: folder });
  await must('.venv/bin/python', ['-m', 'pip', 'install', '--quiet', '-r', 'requirements.txt'], { cwd: folder });
}

function requirements(scenario: Scenario): string {
  return Object.entries(scenario.dependencies)
    .map(([name, version]) => `${name}==${version}\n`)
    .join('');
}

async function printTree(root: string, path: string, prints: Map<string, string>, skip: ReadonlySet<string>) {
  const installed = /(^|\/)(node_modules|\.venv)(\/|$)/.test(path);
  const entries = await readdir(join(root, path), { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const name = path === '' ? entry.name : `${path}/${entry.name}`;
    if (skip.has(name)) continue;
    const absolute = join(root, name);
    if (entry.isDirectory()) await printTree(root, name, prints, skip);
    else if (entry.isSymbolicLink()) prints.set(name, `link ${await readlink(absolute)}`);
    else if (installed) {
      const { size, mtimeMs } = await lstat(absolute);
      prints.set(name, `${size} ${mtimeMs}`);
    } else prints.set(name, hash(await readFile(absolute)));
  }
}

function hash(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Removes a scenario's folders; sealed or read-only content inside does not stop it. */
export async function removeFolder(folder: string): Promise<void> {
  await must('chmod', ['-R', 'u+rwX', folder], { cwd: dirname(folder) }).catch(() => '');
  await rm(folder, { recursive: true, force: true });
}
