import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitPlace } from './git.ts';

/** A file in a scratch that says that something outside depends on it; a sweep leaves the scratch then. */
export const neededName = 'needed';

export type ObjectFormat = 'sha1' | 'sha256';

/** A git folder of our own for one operation: our configuration, our index, objects borrowed from elsewhere. */
export interface Scratch extends AsyncDisposable {
  readonly folder: string;
  readonly gitDir: string;
  readonly objects: string;
}

/** What a scratch needs to know of the repository whose objects it reads. */
export interface ScratchSource {
  readonly objectFormat: ObjectFormat;
  /** Text of the `shallow` file, empty when the history is whole. */
  readonly shallow: string;
}

/** Hands out scratch folders; those of dead processes are swept. */
export interface ScratchRoot {
  make(source: ScratchSource): Scratch;
  /** Folders that killed processes left. */
  leftovers(): string[];
  /** Removes what killed processes left, except folders that are needed still; returns how many. */
  sweep(): number;
}

/** A process is named by its id and the time it started, because ids come round again. */
export function processName(pid: number | 'self'): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return `${stat.slice(0, stat.indexOf(' '))}-${afterName[19] ?? ''}`;
  } catch {
    return null;
  }
}

/** Bare git configuration of a repository of ours. */
export function ownConfig(objectFormat: ObjectFormat, lines: readonly string[] = []): string {
  const format = objectFormat === 'sha256' ? ['[extensions]', '\tobjectFormat = sha256'] : [];
  return ['[core]', `\trepositoryformatversion = ${objectFormat === 'sha256' ? 1 : 0}`, ...lines, ...format, ''].join(
    '\n',
  );
}

/** Writes the few files that make a folder a git repository, so that no template and no configuration has a say. */
export function writeRepository(gitDir: string, config: string, shallow: string): void {
  for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'info']) {
    mkdirSync(join(gitDir, folder), { recursive: true });
  }
  writeFileSync(join(gitDir, 'HEAD'), 'ref: refs/heads/unborn\n');
  writeFileSync(join(gitDir, 'config'), config);
  if (shallow !== '') writeFileSync(join(gitDir, 'shallow'), shallow);
}

/** Scratch folders under `root`, which must lie on the mirrors' file system. */
export function scratchRoot(root: string): ScratchRoot {
  const own = processName('self') ?? `${process.pid}-0`;
  const deadProcesses = () =>
    namesIn(root)
      .filter((name) => name !== own && processName(Number(name.split('-')[0])) !== name)
      .map((name) => join(root, name));
  return {
    make(source) {
      const folder = join(root, own, randomUUID());
      const gitDir = join(folder, 'git');
      mkdirSync(gitDir, { recursive: true, mode: 0o700 });
      writeRepository(gitDir, ownConfig(source.objectFormat, ['\tbare = false']), source.shallow);
      return {
        folder,
        gitDir,
        objects: join(gitDir, 'objects'),
        async [Symbol.asyncDispose]() {
          await rm(folder, { recursive: true, force: true });
        },
      };
    },
    leftovers: () => deadProcesses().flatMap((folder) => namesIn(folder).map((name) => join(folder, name))),
    sweep() {
      let removed = 0;
      for (const folder of deadProcesses()) {
        for (const name of namesIn(folder)) {
          if (existsSync(join(folder, name, neededName))) continue;
          rmSync(join(folder, name), { recursive: true, force: true });
          removed += 1;
        }
        if (namesIn(folder).length === 0) rmSync(folder, { recursive: true, force: true });
      }
      return removed;
    },
  };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The scratch as a place that reads from these object folders too. */
export function scratchPlace(scratch: Scratch, alternates: readonly string[], more: Partial<GitPlace> = {}): GitPlace {
  return { gitDir: scratch.gitDir, alternates, indexFile: join(scratch.folder, 'index'), ...more };
}
