import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '@nova/core';
import { createWorkspaces, type Workspaces } from './workspaces.ts';

/** A person's repository, a host's mirrors and a store of bundles in a temporary folder; for tests only. */
export interface Sample extends Disposable {
  readonly folder: string;
  readonly repository: string;
  readonly mirrors: string;
  readonly workspaces: Workspaces;
  readonly signal: AbortSignal;
  readonly blobs: Map<string, Uint8Array>;
  git(...args: string[]): string;
  write(path: string, text: string): void;
  read(path: string): string;
}

const identity = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Person',
  GIT_AUTHOR_EMAIL: 'person@localhost',
  GIT_COMMITTER_NAME: 'Person',
  GIT_COMMITTER_EMAIL: 'person@localhost',
};

/** Runs git the way a person does, in any folder. */
export function personGit(folder: string, args: readonly string[], input?: string | Uint8Array): string {
  return execFileSync('git', ['-c', 'protocol.file.allow=always', ...args], {
    cwd: folder,
    env: { ...process.env, ...identity },
    input: input ?? '',
    stdio: ['pipe', 'pipe', 'pipe'],
  }).toString('utf8');
}

/** A repository with two source files and a test in one commit. */
export function sampleRepository(options: { name?: string; commit?: boolean; objectFormat?: string } = {}): Sample {
  const folder = mkdtempSync(join(tmpdir(), 'nova-workspace-'));
  const repository = join(folder, options.name ?? 'app');
  const mirrors = join(folder, 'mirrors');
  mkdirSync(repository);
  const blobs = new Map<string, Uint8Array>();
  const get = async (hash: string) => blobs.get(hash) ?? Promise.reject(new Error(`no blob ${hash}`));
  const sample: Sample = {
    folder,
    repository,
    mirrors,
    blobs,
    workspaces: createWorkspaces({ mirrors, blobs: { get }, clock: systemClock }),
    signal: new AbortController().signal,
    git: (...args) => personGit(repository, args),
    write(path, text) {
      mkdirSync(dirname(join(repository, path)), { recursive: true });
      writeFileSync(join(repository, path), text);
    },
    read: (path) => readFileSync(join(repository, path), 'utf8'),
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
  sample.git('init', '-q', '-b', 'main', `--object-format=${options.objectFormat ?? 'sha1'}`);
  if (options.commit !== false) {
    sample.write('src/sum.js', 'one\ntwo\nthree\nfour\nfive\nsix\nseven\n');
    sample.write('src/other.js', 'other\n');
    sample.write('test/sum.test.js', 'test\n');
    sample.write('package.json', '{"scripts":{"test":"node --test"}}\n');
    sample.git('add', '-A');
    sample.git('commit', '-qm', 'first');
  }
  return sample;
}

/** Every path under a folder with its kind, mode, time and content; equal listings mean that nothing was touched. */
export function listing(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (path: string, shown: string) => {
    const stat = lstatSync(path, { bigint: true });
    const kind = stat.isDirectory()
      ? 'folder'
      : stat.isSymbolicLink()
        ? readlinkSync(path)
        : digest(path, stat.isFile());
    found[shown] = `${stat.mode.toString(8)} ${stat.mtimeNs} ${kind}`;
    if (stat.isDirectory()) for (const name of readdirSync(path)) visit(join(path, name), `${shown}/${name}`);
  };
  visit(folder, '.');
  return found;
}

function digest(path: string, isFile: boolean): string {
  return isFile ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'special';
}

/** Does in a clone what the runner does in a sandbox: edits, commits, packs; returns the bundle's name and commit. */
export async function workInClone(
  sample: Sample,
  capture: { mirror: string; commit: string },
  edit: (clone: string) => void,
  name = 'bundle',
): Promise<{ bundle: string; commit: string; clone: string }> {
  const clone = join(sample.folder, `clone-${name}`);
  await sample.workspaces.createClone({
    mirror: capture.mirror,
    commit: capture.commit,
    folder: clone,
    signal: sample.signal,
  });
  edit(clone);
  personGit(clone, ['add', '-A']);
  personGit(clone, ['commit', '-qm', 'repair']);
  const commit = personGit(clone, ['rev-parse', 'HEAD']).trim();
  addBundle(sample, clone, name, ['HEAD', `^${capture.commit}`]);
  return { bundle: name, commit, clone };
}

/** Packs revisions of a repository as a bundle under a name. */
export function addBundle(sample: Sample, repository: string, name: string, revisions: readonly string[]): void {
  const file = join(sample.folder, `${name}.bundle`);
  personGit(repository, ['bundle', 'create', '-q', file, ...revisions]);
  sample.blobs.set(name, readFileSync(file));
}

/** Captures a repository and asserts that nothing in its folder has changed by it. */
export async function captureUntouched(sample: Sample, repository = sample.repository, task = 'T1') {
  const before = listing(repository);
  const captured = await sample.workspaces.capture({ task, repository }, sample.signal);
  const after = listing(repository);
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  assert.deepEqual(
    paths.filter((path) => before[path] !== after[path]),
    [],
    'the person’s folder changed',
  );
  return captured;
}
