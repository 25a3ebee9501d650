import { spawn } from 'node:child_process';
import { NovaError } from '@nova/core';

/** Reads files of a commit in a mirror, without a work tree. */
export interface CommitFiles {
  /** Bytes of the file at `path` (relative, `/`), or null when the commit has no regular file there. */
  read(mirror: string, commit: string, path: string): Promise<Buffer | null>;
  /** Paths of all regular files, relative, in git's order; links and submodules are left out. */
  list(mirror: string, commit: string): Promise<string[]>;
}

const largestFile = 64 * 1024 * 1024;

/** Reads from bare repositories `<mirrors>/<mirror>.git`; runs no hook, filter or configuration of theirs. */
export function gitCommitFiles(mirrors: string): CommitFiles {
  const run = (mirror: string, args: readonly string[]) => runGit(`${mirrors}/${mirror}.git`, args);
  return {
    async read(mirror, commit, path) {
      const entry = parseTree(await run(mirror, ['ls-tree', '-z', commit, '--', `:(literal)${path}`])).find(
        (found) => found.path === path,
      );
      return entry?.regular ? await run(mirror, ['cat-file', 'blob', entry.object]) : null;
    },
    async list(mirror, commit) {
      return parseTree(await run(mirror, ['ls-tree', '-r', '-z', commit]))
        .filter((entry) => entry.regular)
        .map((entry) => entry.path);
    },
  };
}

function parseTree(output: Buffer): { path: string; object: string; regular: boolean }[] {
  const entries = [];
  for (const record of output.toString('utf8').split('\0')) {
    const match = /^(\d+) (\w+) ([0-9a-f]+)\t([\s\S]+)$/.exec(record);
    if (match === null) continue;
    const [, mode, type, object, path] = match;
    if (path === undefined || object === undefined) continue;
    entries.push({ path, object, regular: type === 'blob' && mode !== '120000' });
  }
  return entries;
}

async function runGit(gitFolder: string, args: readonly string[]): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const child = spawn('git', ['--git-dir', gitFolder, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_OPTIONAL_LOCKS: '0',
      // The folder may belong to another user id when the data folder is shared; reading objects runs nothing of theirs.
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
    },
  });
  const chunks: Buffer[] = [];
  let size = 0;
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > largestFile) child.kill('SIGKILL');
    else chunks.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString('utf8')).slice(-2000);
  });
  child.on('error', (cause) => reject(unreadable(args, cause.message, cause)));
  child.on('close', (code) => {
    if (code === 0) resolve(Buffer.concat(chunks));
    else reject(unreadable(args, size > largestFile ? 'the answer is larger than 64 MiB' : complaint.trim(), null));
  });
  return promise;
}

function unreadable(args: readonly string[], reason: string, cause: unknown): NovaError {
  return new NovaError(
    'repository.unreadable',
    `git ${args[0]} could not read the mirror: ${reason}. Nothing was changed. Run \`git fsck\` in the repository and try again.`,
    { cause },
  );
}
