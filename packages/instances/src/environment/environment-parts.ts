import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NovaError } from '@nova/core';
import { metadataFolder, plainScripts } from './environment-mounts.ts';
import { type NodeTools, normalisePackage, type PythonTools, type Surroundings } from './host-tools.ts';
import type { Making } from './making.ts';
import { cacheFolders, inspectNpmCheckout } from './npm-checkout.ts';
import {
  collectNpmInstall,
  droppedSettings,
  packagesWithScripts,
  planNpmInstall,
  requireInstallable,
} from './npm-install.ts';
import type { NpmProject } from './npm-project.ts';
import { environmentFolders, findPythonCheckout, foldersNamedBy } from './python-checkout.ts';
import { copyScripts, planPythonInstall, relocateVenv, writeMetadata, writeScripts } from './python-install.ts';
import { type PythonNeeds, unmetRequirements } from './python-needs.ts';
import { npmRegistries, pipRegistries, type RegistryAccess } from './registries.ts';
import { listTree, type Seal } from './sealing.ts';
import { copyTree } from './tree-copy.ts';

export type Source = Seal['source'];

/** What a part leaves for the seal. */
export type Made = Partial<Pick<Seal, 'nodeModules' | 'venv' | 'outside' | 'metadata'>>;

/** Runs an installer for a part; throws `environment.install_failed` when it fails. */
export type Install = (request: {
  readonly making: Making;
  readonly label: string;
  readonly workplace: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly shown: readonly string[];
  readonly pathEntries: readonly string[];
  readonly access: RegistryAccess;
  /** What a person does about a failure. */
  readonly next: string;
  /** After the install: the packages, as name@version, that have install scripts. */
  readonly scripted: () => Promise<readonly string[]>;
}) => Promise<void>;

/** One source of one kind of dependency, chosen but not yet made. */
export interface Part {
  readonly kind: 'npm' | 'python';
  readonly source: Source;
  /** Everything that decides what comes out. */
  readonly identity: string;
  readonly gaps: readonly string[];
  readonly pythonPath: readonly string[];
  /** Null when the checkout changed while it was copied: the caller chooses again without it. */
  make(making: Making, sealedAt: string, install: Install): Promise<Made | null>;
}

const isCache = (path: string) => cacheFolders.some((name) => path === name || path.startsWith(`${name}/`));

/** Python writes these whenever a person runs something: they say nothing about what is installed. */
const isCompiled = (path: string) => /(?:^|\/)__pycache__(?:\/|$)/.test(path);

/** Chooses where each npm project's packages come from; `allowCheckout` false skips the person's own. */
export async function chooseNpm(
  repository: string,
  project: NpmProject,
  tools: NodeTools | null,
  surroundings: Surroundings,
  allowCheckout: boolean,
): Promise<Part> {
  const verdict = allowCheckout
    ? await inspectNpmCheckout(repository, project)
    : ({ usable: false, reason: 'it changed while it was copied' } as const);
  const versions = tools?.versions ?? 'none';
  if (verdict.usable) {
    const listings = await Promise.all(
      verdict.folders.map((folder) => listTree(join(repository, folder, 'node_modules'), isCache)),
    );
    return {
      kind: 'npm',
      source: 'checkout',
      identity: digest([project.folder, versions, ...fileDigests(project.files), ...listings.map((one) => one.digest)]),
      gaps: verdict.gaps,
      pythonPath: [],
      async make(making) {
        for (const [index, folder] of verdict.folders.entries()) {
          const listing = listings[index];
          const source = join(repository, folder, 'node_modules');
          const target = join(making.folder, 'npm', folder, 'node_modules');
          if (listing === undefined || !(await copyTree(source, target, listing, cacheFolders))) return null;
        }
        return { nodeModules: [...verdict.folders] };
      },
    };
  }
  requireInstallable(project, verdict.reason);
  if (tools === null) {
    throw new NovaError(
      'environment.unsupported',
      `The repository needs npm packages, but there is no npm on your PATH, and the checkout's own node_modules cannot be used: ${verdict.reason}. Install Node.js with npm, or install the packages in the checkout, and run the task again.`,
    );
  }
  const access = await npmRegistries(tools, surroundings);
  const locked = project.lock !== null;
  const dropped = droppedSettings(project);
  return {
    kind: 'npm',
    source: locked ? 'lockfile' : 'manifest',
    identity: digest([project.folder, versions, ...fileDigests(project.files), ...access.npmConfiguration]),
    gaps: [
      ...(locked ? [] : ['not reproducible: no lockfile, so npm chose the versions on the day of the install']),
      ...(dropped.length > 0
        ? [`left out of the repository's .npmrc, because only your own configuration decides: ${dropped.join(', ')}`]
        : []),
    ],
    pythonPath: [],
    async make(making, _, install) {
      const workplace = join(making.folder, 'work-npm');
      const plan = await planNpmInstall(project, workplace, tools, access);
      await install({
        making,
        label: 'npm',
        workplace,
        ...plan,
        shown: [...tools.outside, ...access.files],
        pathEntries: [join(tools.node, '..')],
        access,
        next: `Run \`${locked ? 'npm ci' : 'npm install'}\` in the checkout; when it works there, Nova uses what it installed.`,
        scripted: () => packagesWithScripts(project, workplace),
      });
      const folders = await collectNpmInstall(project, workplace, join(making.folder, 'npm'));
      for (const folder of folders) {
        for (const name of cacheFolders) {
          await mkdir(join(making.folder, 'npm', folder, 'node_modules', name), { recursive: true });
        }
      }
      return { nodeModules: folders };
    },
  };
}

/** Chooses where the Python packages come from; null when nothing has to be prepared. */
export async function choosePython(
  repository: string,
  needs: PythonNeeds,
  tools: PythonTools,
  surroundings: Surroundings,
  allowCheckout: boolean,
  command: string,
): Promise<Part | null> {
  const named = foldersNamedBy(command);
  const own = await environmentFolders(repository, named);
  const identity = [
    tools.version,
    tools.basePrefix,
    ...fileDigests(needs.files),
    ...needs.undeclared,
    ...needs.pythonPath,
    JSON.stringify([needs.metadata, own]),
  ];
  // A command that starts the environment's own interpreter needs one even when nothing is to be installed into it.
  const nothing =
    needs.requirements.length === 0 && needs.undeclared.length === 0 && !named.some((name) => own.includes(name));
  const checkout = allowCheckout
    ? await findPythonCheckout(repository, tools, surroundings.home, own)
    : { reason: 'it changed while it was copied' };
  let reason = 'reason' in checkout ? checkout.reason : '';
  if ('found' in checkout) {
    const { found } = checkout;
    const unmet = await unmetRequirements(needs, found.installed, { tools, surroundings });
    if (unmet.length === 0) {
      const listing = await listTree(found.folder, isCompiled);
      return {
        kind: 'python',
        source: 'checkout',
        identity: digest([...identity, found.folder, listing.digest]),
        gaps: [...needs.gaps, ...found.gaps],
        pythonPath: needs.pythonPath,
        async make(making, sealedAt) {
          const venv = join(making.folder, 'venv');
          if (!(await copyTree(found.folder, venv, listing, [], isCompiled))) return null;
          await copyScripts(venv, join(making.folder, plainScripts), found.folder, join(sealedAt, 'venv'));
          const known = needs.metadata !== null && found.installed.has(normalisePackage(needs.metadata.name));
          return {
            venv: { folder: 'venv', path: found.folder, names: [found.name] },
            outside: [...found.outside],
            metadata: known ? false : await describeProject(making, needs),
          };
        },
      };
    }
    reason = `it lacks ${unmet.slice(0, 5).join(', ')}`;
  }
  if (nothing) {
    if (needs.pythonPath.length === 0) return null;
    return {
      kind: 'python',
      source: 'none',
      identity: digest(identity),
      gaps: needs.gaps,
      pythonPath: needs.pythonPath,
      make: async (making) => ({ metadata: await describeProject(making, needs) }),
    };
  }
  if (!tools.canMakeVenv || !tools.hasPip) {
    throw new NovaError(
      'environment.unsupported',
      `The repository needs Python packages (${needs.requirements.length + needs.undeclared.length}), the checkout's virtual environment cannot be used (${reason}), and ${tools.python} has no venv or pip module. Install them (on Debian and Ubuntu: apt-get install python3-venv python3-pip) and run the task again.`,
    );
  }
  const access = await pipRegistries(tools, surroundings);
  return {
    kind: 'python',
    source: needs.undeclared.length === 0 ? needs.versions : 'manifest',
    identity: digest([...identity, access.variables['PIP_INDEX_URL'] ?? '', access.variables['PIP_FIND_LINKS'] ?? '']),
    gaps: [
      ...needs.gaps,
      ...(needs.versions !== 'manifest'
        ? []
        : ['not reproducible: the versions are not all fixed, so pip chose them on the day of the install']),
      ...needs.undeclared.map((name) => `${name} is not declared by the repository; its newest version was installed`),
    ],
    pythonPath: needs.pythonPath,
    async make(making, sealedAt, install) {
      const workplace = join(making.folder, 'work-python');
      const venv = join(making.folder, 'venv');
      const plan = await planPythonInstall(needs, workplace, venv, tools, access);
      await install({
        making,
        label: 'python',
        workplace,
        ...plan,
        shown: [...tools.outside, ...access.files],
        pathEntries: [join(tools.python, '..')],
        access,
        next: 'Install the requirements into .venv in the checkout; when they work there, Nova uses that.',
        scripted: async () => [],
      });
      await relocateVenv(venv, venv, join(sealedAt, 'venv'));
      return {
        venv: { folder: 'venv', path: join(sealedAt, 'venv'), names: own },
        outside: [...tools.outside],
        metadata: await describeProject(making, needs),
      };
    },
  };
}

async function describeProject(making: Making, { metadata }: PythonNeeds): Promise<boolean> {
  if (metadata === null) return false;
  await writeMetadata(join(making.folder, metadataFolder), metadata);
  await writeScripts(join(making.folder, metadataFolder, 'bin'), metadata);
  return true;
}

/** A digest over separate values; their borders count. */
export function digest(values: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}

function fileDigests(files: ReadonlyMap<string, Buffer>): string[] {
  return [...files]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([path, bytes]) => `${path}\0${createHash('sha256').update(bytes).digest('hex')}`);
}
