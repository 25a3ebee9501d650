import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '@nova/core';
import { createBubblewrapDriver } from '../../sandbox/bubblewrap-driver.ts';
import { createPlainDriver } from '../../sandbox/plain-driver.ts';
import { gitCommitFiles } from '../commit-files.ts';
import { createEnvironments, type EnvironmentInput, type Environments, type PrepareContext } from '../environments.ts';
import { removeTree } from '../sealing.ts';

/** A person's repository with a mirror and a store of environments beside it; for tests. */
export interface Place extends AsyncDisposable {
  readonly root: string;
  readonly repository: string;
  readonly store: string;
  readonly environments: Environments;
  readonly logs: string[];
  /** Writes files into the repository without committing them. */
  write(files: Readonly<Record<string, string>>): void;
  /** Commits these files and brings the commit into the mirror. */
  commit(files: Readonly<Record<string, string>>): void;
  input(testCommand: string, driver?: EnvironmentInput['driver']): EnvironmentInput;
  context(signal?: AbortSignal): PrepareContext;
  /** Names in the store that are no sealed environment. */
  leftovers(): string[];
}

export interface PlaceOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** An existing folder to use instead of a fresh one; it is kept. */
  readonly root?: string;
}

/** Makes a place whose npm and pip know only what `env` says. */
export function makePlace({ env = {}, root: given }: PlaceOptions = {}): Place {
  const root = given ?? mkdtempSync(join(tmpdir(), 'nova-environment-'));
  const at = (name: string) => join(root, name);
  for (const name of ['home', 'repository', 'mirrors', 'run', 'store']) mkdirSync(at(name), { recursive: true });
  const git = (...args: string[]) =>
    execFileSync(
      'git',
      ['-C', at('repository'), '-c', 'user.name=Person', '-c', 'user.email=person@example.invalid', ...args],
      {
        env: { PATH: process.env['PATH'] ?? '', HOME: at('home'), GIT_CONFIG_NOSYSTEM: '1' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
      .toString('utf8')
      .trim();
  if (!existsSync(at('repository/.git'))) {
    git('init', '--quiet');
    execFileSync('git', ['init', '--quiet', '--bare', at('mirrors/mirror.git')]);
  }
  const logs: string[] = [];
  const write = (files: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(at('repository'), path)), { recursive: true });
      writeFileSync(join(at('repository'), path), text);
    }
  };
  const environments = createEnvironments({
    folder: at('store'),
    run: at('run'),
    commitFiles: gitCommitFiles(at('mirrors')),
    drivers: {
      bubblewrap: createBubblewrapDriver({ records: at('records/bubblewrap') }),
      none: createPlainDriver({ records: at('records/none') }),
    },
    blobs: {
      async put(content) {
        logs.push(Buffer.from(content).toString('utf8'));
        return `log-${logs.length}`;
      },
    },
    clock: systemClock,
    surroundings: { env: { ...process.env, HOME: at('home'), ...env }, home: at('home') },
  });
  return {
    root,
    repository: at('repository'),
    store: at('store'),
    environments,
    logs,
    write,
    commit(files) {
      write(files);
      git('add', '--', ...Object.keys(files));
      git('commit', '--quiet', '-m', 'state');
      git('push', '--quiet', '--force', at('mirrors/mirror.git'), 'HEAD:refs/heads/base');
    },
    input: (testCommand, driver = 'none') => ({
      task: 'task',
      repository: at('repository'),
      mirror: 'mirror',
      commit: git('rev-parse', 'HEAD'),
      testCommand,
      driver,
    }),
    context: (signal = new AbortController().signal) => ({ signal, progress: () => undefined }),
    leftovers: () => readdirSync(at('store')).filter((name) => !/^[0-9a-f]{40}$/.test(name)),
    async [Symbol.asyncDispose]() {
      if (given === undefined) await removeTree(root);
    },
  };
}

/** Settings under which npm and pip know only this registry. */
export function onlyRegistry(url: string): Record<string, string> {
  return {
    npm_config_registry: url,
    npm_config_ignore_scripts: 'false',
    npm_config_dangerously_allow_all_scripts: 'true',
    npm_config_fetch_retries: '0',
    PIP_INDEX_URL: `${url}/simple/`,
    PIP_FIND_LINKS: '',
    PIP_EXTRA_INDEX_URL: '',
  };
}
