import { execFile } from 'node:child_process';
import { access, constants, realpath, stat } from 'node:fs/promises';
import { basename, delimiter, dirname, isAbsolute, join, sep } from 'node:path';
import { promisify } from 'node:util';
import type { Mount } from './driver.ts';

const run = promisify(execFile);

/** The person's own tools, and how to show them inside a sandbox. */
export interface Toolchain {
  /** Folders and files to show read-only, at their own paths. Those that every sandbox shows are left out. */
  readonly mounts: readonly Mount[];
  /** Folders for PATH inside, in the person's order. */
  readonly pathEntries: readonly string[];
  /** The node executable that runs Nova itself, as seen inside. */
  readonly novaNode: string;
}

export interface ToolchainOptions {
  /** The person's PATH. */
  readonly path: string;
  /** The person's home folder: never shown as a whole. */
  readonly home: string;
  /** The node executable that runs Nova. */
  readonly novaNode: string;
  /** Nova's own installation, and where a sandbox shows it. */
  readonly installation: Mount;
}

/** Always searched inside, whatever the person's PATH says. */
const systemEntries = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const;
const systemTops = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'] as const;

interface Found {
  /** Folders or files that belong to the tool. */
  readonly shown: readonly string[];
  /** Folder that holds the tool's executable. */
  readonly entry: string;
}

/**
 * Asks every tool on the PATH where it really lives: version managers put scripts there that only stand in for it.
 * A tool that is absent or does not answer is left out.
 */
export async function findToolchain(options: ToolchainOptions): Promise<Toolchain> {
  const entries = options.path.split(delimiter).filter((entry) => isAbsolute(entry));
  const places = new Map<string, Found>();
  for (const [name, ask] of Object.entries(questions)) {
    const executable = await firstOnPath(entries, name);
    if (executable === null) continue;
    const found = await ask(executable, places).catch(() => null);
    if (found !== null) places.set(name, { ...found, shown: [...found.shown, ...(await libraries(executable))] });
  }

  const shown = new Set<string>();
  for (const { shown: folders } of places.values()) {
    for (const folder of folders) {
      const real = await realpath(folder).catch(() => null);
      if (real === null) continue;
      for (const path of new Set([folder, real])) if (mayShow(path, options.home)) shown.add(path);
    }
  }
  const novaNode = await insideNode(options);
  if (novaNode.mount !== null) shown.add(novaNode.mount);
  return {
    mounts: withoutNested([...shown]).map((path) => ({ source: path, target: path, writable: false })),
    pathEntries: [...new Set([...(await insideEntries(entries, places)), ...systemEntries, dirname(novaNode.path)])],
    novaNode: novaNode.path,
  };
}

type Question = (executable: string, known: ReadonlyMap<string, Found>) => Promise<Found | null>;

const questions: Readonly<Record<string, Question>> = {
  node: async (executable) => {
    const path = await ask(executable, ['-p', 'process.execPath']);
    return { shown: [prefixOf(path)], entry: dirname(path) };
  },
  npm: async (executable, known) => {
    const beside = known.get('node')?.entry;
    if (beside !== undefined && (await isExecutable(join(beside, 'npm')))) {
      return { shown: [await packageOf(await realpath(join(beside, 'npm')))], entry: beside };
    }
    const real = await realpath(executable);
    return real.endsWith('.js') ? { shown: [executable, await packageOf(real)], entry: dirname(executable) } : null;
  },
  python3: async (executable) => {
    const script =
      'import sys, sysconfig; print(sys.executable); print(sys.prefix); print(sys.base_prefix); print(sysconfig.get_config_var("LIBDIR") or ""); print(getattr(sys, "_base_executable", sys.executable))';
    const [path = '', ...folders] = (await ask(executable, ['-c', script])).split('\n');
    return { shown: folders.filter((folder) => folder !== ''), entry: dirname(path) };
  },
  git: async (executable) => {
    const helpers = await ask(executable, ['--exec-path']);
    const real = await realpath(executable);
    return { shown: [helpers, prefixOf(real)], entry: dirname(real) };
  },
  make: async (executable) => {
    await ask(executable, ['--version']);
    const real = await realpath(executable);
    return { shown: [prefixOf(real)], entry: dirname(real) };
  },
};

async function ask(executable: string, question: readonly string[]): Promise<string> {
  // From a folder of nobody's, because version managers obey files they find in the current one.
  const { stdout } = await run(executable, question, { cwd: '/', timeout: 20_000 });
  return stdout.trim();
}

/** `<prefix>/bin/tool` belongs to `<prefix>`; anything else stands alone. */
function prefixOf(executable: string): string {
  const folder = dirname(executable);
  return basename(folder) === 'bin' ? dirname(folder) : executable;
}

async function packageOf(file: string): Promise<string> {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    if (await isThere(join(folder, 'package.json'))) return folder;
  }
  return file;
}

/** Folders of shared libraries outside the system that an executable needs. */
async function libraries(executable: string): Promise<string[]> {
  const real = await realpath(executable).catch(() => executable);
  if (isSystem(real)) return [];
  const listed = await run('ldd', [real], { timeout: 20_000 }).catch(() => ({ stdout: '' }));
  return [...listed.stdout.matchAll(/=> (\/.+) \(0x/g)].flatMap(([, path]) =>
    path !== undefined && !isSystem(path) ? [dirname(path)] : [],
  );
}

function isSystem(path: string): boolean {
  return systemTops.some((top) => path === top || path.startsWith(top + sep));
}

/** A tool installed straight into the home folder must not make the whole of it visible. */
function mayShow(path: string, home: string): boolean {
  const holdsHome = home === path || home.startsWith(path === sep ? sep : path + sep);
  return !isSystem(path) && !holdsHome && dirname(path) !== sep;
}

function withoutNested(paths: readonly string[]): string[] {
  return paths.filter((path) => !paths.some((other) => other !== path && path.startsWith(other + sep))).sort();
}

async function insideEntries(entries: readonly string[], places: ReadonlyMap<string, Found>): Promise<string[]> {
  const inside: string[] = [];
  for (const entry of entries) {
    for (const [name, found] of places) {
      if ((await firstOnPath(entries, name)) === join(entry, name)) inside.push(found.entry);
    }
    if (isSystem(entry)) inside.push(entry);
  }
  return inside;
}

async function insideNode(options: ToolchainOptions): Promise<{ path: string; mount: string | null }> {
  const real = await realpath(options.novaNode);
  const { source, target } = options.installation;
  if (real.startsWith(source + sep)) return { path: join(target, real.slice(source.length)), mount: null };
  return { path: real, mount: isSystem(real) ? null : real };
}

async function firstOnPath(entries: readonly string[], name: string): Promise<string | null> {
  for (const entry of entries) {
    const path = join(entry, name);
    if (await isExecutable(path)) return path;
  }
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
