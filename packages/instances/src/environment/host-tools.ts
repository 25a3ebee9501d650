import { execFile } from 'node:child_process';
import { access, constants, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';

/** The person's own surroundings, as far as preparing dependencies reads them. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/** The person's npm and the Node that runs it. */
export interface NodeTools {
  readonly node: string;
  readonly npm: string;
  readonly versions: string;
  /** Folders outside the system that the two live in. */
  readonly outside: readonly string[];
}

/** The person's Python. */
export interface PythonTools {
  readonly python: string;
  readonly version: string;
  readonly basePrefix: string;
  readonly canMakeVenv: boolean;
  readonly hasPip: boolean;
  /**
   * Packages that this Python can import without a virtual environment, by normalised name; without those in the
   * person's home folder, which no sandbox shows.
   */
  readonly installed: ReadonlyMap<string, string>;
  readonly outside: readonly string[];
}

/** What a host program printed and how it ended. */
export interface Answer {
  readonly code: number;
  readonly output: string;
}

/** Folders that every sandbox shows read-only at their own place. */
const systemFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/etc'];

const pythonReport = z.object({
  executable: z.string(),
  version: z.string(),
  basePrefix: z.string(),
  venv: z.boolean(),
  pip: z.boolean(),
  installed: z.record(z.string(), z.string()),
});

const askPython = `
import json, sys, importlib.util as u
found = {}
try:
    from importlib import metadata
    for d in metadata.distributions():
        name = d.metadata["Name"]
        if name: found.setdefault(name, d.version or "")
except Exception: pass
print(json.dumps({"executable": sys.executable, "version": sys.version.split()[0], "basePrefix": sys.base_prefix,
  "venv": bool(u.find_spec("venv") and u.find_spec("ensurepip")), "pip": bool(u.find_spec("pip")), "installed": found}))
`;

/** Node and npm on the person's PATH; null when one is missing. */
export async function findNodeTools({ env, home }: Surroundings): Promise<NodeTools | null> {
  const [node, npm] = await Promise.all([which('node', env), which('npm', env)]);
  if (node === null || npm === null) return null;
  const versions = await Promise.all([ask(env, node, ['-v']), ask(env, npm, ['-v'])]);
  if (versions.some((answer) => answer.code !== 0)) return null;
  const [realNode, realNpm] = await Promise.all([realpath(node), realpath(npm)]);
  return {
    node: realNode,
    npm: realNpm,
    versions: versions.map((answer) => answer.output.trim()).join(' '),
    outside: outsideFolders([toolFolder(realNode), toolFolder(realNpm)], home) ?? [],
  };
}

/** The Python on the person's PATH; null when there is none. */
export async function findPythonTools({ env, home }: Surroundings): Promise<PythonTools | null> {
  for (const name of ['python3', 'python']) {
    const command = await which(name, env);
    if (command === null) continue;
    const answer = await ask(env, command, ['-s', '-E', '-c', askPython]);
    const report = answer.code === 0 ? pythonReport.safeParse(parseJson(answer.output)) : null;
    if (!report?.success || !report.data.version.startsWith('3.')) continue;
    const { executable, version, basePrefix, venv, pip, installed } = report.data;
    return {
      python: executable,
      version,
      basePrefix,
      canMakeVenv: venv,
      hasPip: pip,
      installed: new Map(Object.entries(installed).map(([found, its]) => [normalisePackage(found), its])),
      outside: outsideFolders([basePrefix, toolFolder(executable)], home) ?? [],
    };
  }
  return null;
}

/** PEP 503: names that differ in case and separators are one package. */
export function normalisePackage(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** Runs a host program away from any project, so that no project's configuration is read. */
export async function ask(
  env: Surroundings['env'],
  command: string,
  args: readonly string[],
  input = '',
): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const child = execFile(
    command,
    args,
    { cwd: '/', env: { ...env, npm_config_update_notifier: 'false' }, maxBuffer: 64 * 1024 * 1024, timeout: 60_000 },
    (error, stdout) => {
      if (error === null) resolve({ code: 0, output: stdout });
      else resolve({ code: typeof error.code === 'number' ? error.code : 1, output: stdout });
    },
  );
  // A program that ends before it has read its input is judged by its exit code.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return promise;
}

/**
 * Of these folders, those that no sandbox shows by itself. Null when one of them is the home folder or holds it: showing
 * that would show everything the person has.
 */
export function outsideFolders(folders: readonly string[], home: string): string[] | null {
  const outside = [...new Set(folders)].filter((folder) => !systemFolders.some((system) => isInside(folder, system)));
  return outside.some((folder) => isInside(home, folder)) ? null : outside;
}

/** True when `path` is `folder` or lies in it; both absolute and normalised. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** `bin/tool` lives in the folder above `bin`. */
export function toolFolder(executable: string): string {
  return dirname(dirname(executable));
}

/** Parses JSON; undefined when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function which(name: string, env: Surroundings['env']): Promise<string | null> {
  for (const folder of (env['PATH'] ?? '').split(':')) {
    if (!isAbsolute(folder)) continue;
    const candidate = join(folder, name);
    const usable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return candidate;
  }
  return null;
}
