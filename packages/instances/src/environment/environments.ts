import { rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Clock, type environmentPrepare, NovaError, type SandboxDriverName, toNovaError } from '@nova/core';
import type { z } from 'zod';
import type { SandboxDriver } from '../sandbox/driver.ts';
import type { CommitFiles } from './commit-files.ts';
import { type EnvironmentMounts, layEnvironment, type MountOptions } from './environment-mounts.ts';
import { chooseNpm, choosePython, digest, type Install, type Part, type Source } from './environment-parts.ts';
import { findNodeTools, findPythonTools, type Surroundings } from './host-tools.ts';
import { installFailed, installGaps } from './install-report.ts';
import { runInstaller } from './install-sandbox.ts';
import { closeMaking, discard, lockKey, openMaking, sweepMakings } from './making.ts';
import { readNpmProjects } from './npm-project.ts';
import { isPythonWork, readPythonNeeds } from './python-needs.ts';
import type { RegistryAddress } from './registry-proxy.ts';
import { readSeal, removeTree, type Seal, seal, verifySeal } from './sealing.ts';

export type EnvironmentInput = z.output<typeof environmentPrepare.input>;
export type EnvironmentOutput = z.output<typeof environmentPrepare.output>;

export interface EnvironmentOptions {
  /** The store: `DataFolder.environments`. */
  readonly folder: string;
  /** Folder for short-lived sockets: `DataFolder.run`, which must exist. */
  readonly run: string;
  readonly commitFiles: CommitFiles;
  readonly drivers: Readonly<Record<SandboxDriverName, SandboxDriver>>;
  /** Takes the logs of installs. */
  readonly blobs: { put(content: Uint8Array): Promise<string> };
  readonly clock: Clock;
  readonly surroundings: Surroundings;
  /** Places that the person lets installs reach beside the configured registries. */
  readonly extraAddresses?: readonly RegistryAddress[];
}

export interface PrepareContext {
  readonly signal: AbortSignal;
  readonly progress: (message: string) => void;
}

/** The store of sealed dependencies. */
export interface Environments {
  /**
   * Finds or makes what this commit needs. Repeatable; several at once for one need do the work once. Rejects with
   * `environment.unsupported`, `environment.install_failed`, `disk.full` or `task.cancelled`; nothing half-made stays.
   */
  prepare(input: EnvironmentInput, context: PrepareContext): Promise<EnvironmentOutput>;
  /** How to show a sealed environment to a sandbox. Rejects with `environment.corrupt` when it is gone or was changed. */
  mounts(key: string, options: MountOptions): Promise<EnvironmentMounts>;
  /** Removes what killed preparations left and ends their sandboxes; returns how many there were. */
  sweep(): Promise<number>;
}

/** Sibling sandboxes start within moments of each other; what was sound then is not read again for each. */
const verifiedForMs = 60_000;

/** Opens the store; makes nothing until something is prepared. */
export function createEnvironments(options: EnvironmentOptions): Environments {
  const { folder, drivers } = options;
  const verified = new Map<string, number>();

  const prepare = async (input: EnvironmentInput, context: PrepareContext): Promise<EnvironmentOutput> => {
    let allowCheckout = true;
    for (;;) {
      const { parts, gaps } = await chooseParts(options, input, context, allowCheckout);
      if (parts.length === 0)
        return { key: null, kinds: [], source: 'none', reused: false, log: null, gaps: [...gaps] };
      const key = digest([process.platform, process.arch, ...parts.flatMap(identityOf)]).slice(0, 40);
      const known = await findSealed(folder, key);
      if (known !== null) return outputOf(known, true);
      await using _ = await lockKey(folder, key, context.signal);
      const meanwhile = await findSealed(folder, key);
      if (meanwhile !== null) return outputOf(meanwhile, true);
      // Only under the lock: what is broken here cannot be another's fresh work.
      await discard(folder, key);
      const made = await makeParts(options, input, context, key, parts);
      if (made !== null) return outputOf(made, false);
      allowCheckout = false;
    }
  };

  return {
    async prepare(input, context) {
      try {
        return await prepare(input, context);
      } catch (cause) {
        if (cause instanceof NovaError) throw cause;
        if (!context.signal.aborted) throw toNovaError(cause, 'environment.install_failed');
        throw new NovaError(
          'task.cancelled',
          'Preparing the dependencies was cancelled. Nothing was kept of it; run the task again.',
          { cause },
        );
      }
    },
    async mounts(key, mountOptions) {
      const place = join(folder, key);
      const sealed = await readSeal(place);
      if (sealed !== null) {
        const now = options.clock.monotonic();
        if (now - (verified.get(key) ?? Number.NEGATIVE_INFINITY) > verifiedForMs) {
          await verifySeal(place, sealed);
          verified.set(key, now);
        }
        return layEnvironment(place, sealed, mountOptions);
      }
      throw new NovaError(
        'environment.corrupt',
        `There is no sealed environment ${key} in ${folder}. Nova's other data is untouched. Run the task again; it prepares the environment anew.`,
      );
    },
    sweep: () => sweepMakings(folder, options.run, Object.values(drivers)),
  };
}

async function chooseParts(
  { commitFiles, surroundings }: EnvironmentOptions,
  input: EnvironmentInput,
  { progress, signal }: PrepareContext,
  allowCheckout: boolean,
): Promise<{ parts: Part[]; gaps: readonly string[] }> {
  const { mirror, commit, repository, testCommand } = input;
  progress('reading what the repository needs');
  const paths = await commitFiles.list(mirror, commit);
  const read = (path: string) => commitFiles.read(mirror, commit, path);
  const python = isPythonWork(paths, testCommand);
  const projects = isNpmWork(testCommand, python) ? await readNpmProjects(paths, read, testCommand) : [];
  signal.throwIfAborted();
  const parts: Part[] = [];
  let gaps: readonly string[] = [];
  if (projects.length > 0) {
    const tools = await findNodeTools(surroundings);
    for (const project of projects) {
      parts.push(await chooseNpm(repository, project, tools, surroundings, allowCheckout));
    }
  }
  if (python) {
    const tools = await findPythonTools(surroundings);
    if (tools === null) {
      throw new NovaError(
        'environment.unsupported',
        'The tests need Python 3, but there is no python3 on your PATH. Nothing was changed. Install it (on Debian and Ubuntu: apt-get install python3 python3-venv python3-pip) and run the task again.',
      );
    }
    const needs = await readPythonNeeds({ paths, read, command: testCommand, tools, surroundings });
    const part = await choosePython(repository, needs, tools, surroundings, allowCheckout, testCommand);
    if (part === null) gaps = needs.gaps;
    else parts.push(part);
  }
  signal.throwIfAborted();
  return { parts, gaps };
}

/** A command that is plainly Python's own needs no npm packages, even beside a package.json. */
function isNpmWork(command: string, python: boolean): boolean {
  if (!python) return true;
  const named = /\b(?:npm|npx|node|yarn|pnpm|bun|vitest|jest|mocha|tsx|make)\b/.test(command);
  return named || !/\b(?:python[\d.]*|pytest|py\.test|tox|nox|unittest|pipenv|poetry|hatch|uv)\b/.test(command);
}

/** The sealed environment of this key; null when there is none or it was changed. */
async function findSealed(folder: string, key: string): Promise<Seal | null> {
  const place = join(folder, key);
  try {
    const sealed = await readSeal(place);
    if (sealed !== null) await verifySeal(place, sealed);
    return sealed;
  } catch (cause) {
    if (cause instanceof NovaError && cause.code === 'environment.corrupt') return null;
    throw cause;
  }
}

/** Makes all parts and seals them; null when the checkout changed under the copy. */
async function makeParts(
  options: EnvironmentOptions,
  input: EnvironmentInput,
  context: PrepareContext,
  key: string,
  parts: readonly Part[],
): Promise<Seal | null> {
  const { folder, clock } = options;
  const making = await openMaking(folder, key);
  const logs: string[] = [];
  try {
    const nodeModules: string[] = [];
    const outside = new Set<string>();
    const gaps = new Set<string>();
    let venv: Seal['venv'] = null;
    let metadata = false;
    for (const part of parts) {
      context.signal.throwIfAborted();
      context.progress(`${part.kind}: ${part.source === 'checkout' ? 'copying from the checkout' : 'installing'}`);
      const made = await part.make(making, join(folder, key), installer(options, input, context, logs, gaps));
      if (made === null) return null;
      nodeModules.push(...(made.nodeModules ?? []));
      for (const path of made.outside ?? []) outside.add(path);
      venv = made.venv ?? venv;
      metadata ||= made.metadata ?? false;
    }
    for (const name of ['work-npm', 'work-python', 'work-home', 'work-tmp'])
      await removeTree(join(making.folder, name));
    await closeMaking(making);
    context.progress('sealing');
    context.signal.throwIfAborted();
    await seal(making.folder, join(folder, key), {
      key,
      preparedAt: new Date(clock.now()).toISOString(),
      kinds: [...new Set(parts.map((part) => part.kind))],
      source: weakest(parts),
      gaps: [...new Set([...parts.flatMap((part) => part.gaps), ...gaps])],
      log: logs.at(-1) ?? null,
      nodeModules,
      venv,
      outside: [...outside],
      pythonPath: parts.flatMap((part) => part.pythonPath),
      metadata,
    });
    return await readSeal(join(folder, key));
  } catch (cause) {
    throw toNovaError(cause, context.signal.aborted ? 'task.cancelled' : 'environment.install_failed');
  } finally {
    // After a successful seal the folder has moved away and this does nothing.
    await removeTree(making.folder);
  }
}

function installer(
  options: EnvironmentOptions,
  input: EnvironmentInput,
  context: PrepareContext,
  logs: string[],
  gaps: Set<string>,
): Install {
  const { env } = options.surroundings;
  return async (request) => {
    const driver = options.drivers[input.driver];
    const id = await request.making.sandbox(request.label);
    const log = join(request.making.folder, `${id}.log`);
    const path = [...request.pathEntries, '/usr/local/bin', '/usr/bin', '/bin'];
    const outcome = await runInstaller({
      driver,
      id,
      folder: request.making.folder,
      run: options.run,
      node: process.execPath,
      command: request.command,
      environment: {
        HOME: await request.making.subfolder('work-home'),
        TMPDIR: await request.making.subfolder('work-tmp'),
        PATH: path.join(delimiter),
        LANG: env['LANG'] ?? 'C.UTF-8',
        ...request.environment,
      },
      shown: request.shown,
      addresses: [...request.access.addresses, ...(options.extraAddresses ?? [])],
      log,
      signal: context.signal,
      progress: context.progress,
    });
    for (const gap of await installGaps(log, await request.scripted())) gaps.add(gap);
    const failure = await installFailed(request, outcome, log, (bytes) => options.blobs.put(bytes), logs);
    await rm(log, { force: true });
    if (failure !== null) throw failure;
    for (const [place, count] of outcome.refused) {
      gaps.add(
        `while installing, something asked for ${place} (${count} times) and was refused: it is no registry of yours`,
      );
    }
  };
}

function identityOf(part: Part): string[] {
  return [part.kind, part.source, part.identity];
}

function weakest(parts: readonly Part[]): Source {
  const order: Source[] = ['manifest', 'pinned', 'lockfile', 'checkout', 'none'];
  return order.find((source) => parts.some((part) => part.source === source)) ?? 'none';
}

function outputOf(sealed: Seal, reused: boolean): EnvironmentOutput {
  const { key, kinds, source, log, gaps } = sealed;
  return { key, kinds, source, reused, log, gaps };
}
