import { lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { normalisePackage, type PythonTools } from './host-tools.ts';
import type { ProjectMetadata, PythonNeeds } from './python-needs.ts';
import type { RegistryAccess } from './registries.ts';

export interface PythonPlan {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Lays out requirement files under `workplace` and says how to make and fill the virtual environment `venv`. */
export async function planPythonInstall(
  needs: PythonNeeds,
  workplace: string,
  venv: string,
  tools: PythonTools,
  access: RegistryAccess,
): Promise<PythonPlan> {
  await mkdir(workplace, { recursive: true });
  const requirements = join(workplace, 'requirements.txt');
  const constraints = join(workplace, 'constraints.txt');
  await writeFile(requirements, `${needs.requirements.join('\n')}\n`);
  await writeFile(constraints, `${needs.constraints.join('\n')}\n`);
  const script = [
    'set -e',
    '"$1" -m venv "$2"',
    ...(needs.requirements.length > 0 ? ['"$2/bin/python" -m pip install -r "$3" -c "$4"'] : []),
    ...(needs.undeclared.length > 0 ? [`"$2/bin/python" -m pip install -c "$4" ${needs.undeclared.join(' ')}`] : []),
  ].join('\n');
  return {
    command: ['/bin/sh', '-c', script, 'sh', tools.python, venv, requirements, constraints],
    environment: {
      ...access.variables,
      PIP_CONFIG_FILE: '/dev/null',
      PIP_CACHE_DIR: join(workplace, 'cache'),
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
      PIP_NO_INPUT: '1',
      PIP_PROGRESS_BAR: 'off',
      PYTHONNOUSERSITE: '1',
    },
  };
}

/** A virtual environment holds its own path in scripts and settings; puts another there. */
export async function relocateVenv(venv: string, from: string, to: string): Promise<void> {
  const files = [join(venv, 'pyvenv.cfg')];
  for (const name of await readdir(join(venv, 'bin'))) files.push(join(venv, 'bin', name));
  for (const file of files) {
    if (!(await lstat(file)).isFile()) continue;
    const bytes = await readFile(file);
    if (bytes.includes(0) || !bytes.includes(from)) continue;
    await writeFile(file, bytes.toString('utf8').replaceAll(from, to));
  }
}

/** Copies those scripts of a virtual environment that name its path `from` into `folder`, with `to` in its place. */
export async function copyScripts(venv: string, folder: string, from: string, to: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(join(venv, 'bin'))) {
    const file = join(venv, 'bin', name);
    const status = await lstat(file);
    if (!status.isFile() || status.size > 1024 * 1024) continue;
    const bytes = await readFile(file);
    if (bytes.includes(0) || !bytes.includes(from)) continue;
    await writeFile(join(folder, name), bytes.toString('utf8').replaceAll(from, to), { mode: status.mode & 0o777 });
  }
}

/**
 * Writes what `importlib.metadata` reads of an installed project, so that its version and its plugins are found while its
 * code is imported from the workspace.
 */
export async function writeMetadata(folder: string, { name, version, entryPoints }: ProjectMetadata): Promise<void> {
  const information = join(folder, `${normalisePackage(name).replaceAll('-', '_')}-${version}.dist-info`);
  await mkdir(information, { recursive: true });
  await writeFile(join(information, 'METADATA'), `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`);
  const groups = Object.entries(entryPoints).map(
    ([group, entries]) =>
      `[${group}]\n${Object.entries(entries)
        .map(([entry, value]) => `${entry} = ${value}\n`)
        .join('')}`,
  );
  if (groups.length > 0) await writeFile(join(information, 'entry_points.txt'), groups.join('\n'));
}

/** Scripts that run a project's console entry points from wherever Python imports it. */
export async function writeScripts(folder: string, { entryPoints }: ProjectMetadata): Promise<void> {
  for (const [name, value] of Object.entries(entryPoints['console_scripts'] ?? {})) {
    const match = /^([\w.]+):([\w.]+)/.exec(value);
    if (match === null || !/^[\w.-]+$/.test(name)) continue;
    const [, module, attribute] = match;
    await mkdir(folder, { recursive: true });
    const script = `#!/usr/bin/env python3\nimport importlib, operator, sys\nsys.exit(operator.attrgetter('${attribute}')(importlib.import_module('${module}'))())\n`;
    await writeFile(join(folder, name), script, { mode: 0o755 });
  }
}
