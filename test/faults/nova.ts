import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Result, resultSchema } from '@nova/core';
import { novaProcesses } from './processes.ts';

const command = fileURLToPath(new URL('../../bin/nova', import.meta.url));

/** What came of one run of the command line. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A temporary place with a data folder and repositories of its own; disposing it ends and removes everything. */
export class Place implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'nova-place-'));
  readonly home: string;

  constructor(home?: string) {
    this.home = home ?? join(this.folder, 'home');
  }

  /** A git repository with these files in one commit. */
  repository(name: string, files: Readonly<Record<string, string>>): string {
    const repository = join(this.folder, name);
    for (const [path, text] of Object.entries(files)) {
      const file = join(repository, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    git(repository, 'init', '--quiet', '--initial-branch=main');
    git(repository, 'add', '--all');
    git(repository, '-c', 'user.name=P', '-c', 'user.email=p@example.com', 'commit', '--quiet', '--message', 'start');
    return repository;
  }

  /** Starts the command line; `outcome` resolves when it has ended. */
  start(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): { child: ChildProcess; outcome: Promise<Ran> } {
    const child = spawn(command, [...args], {
      env: { ...process.env, ...env, NOVA_HOME: this.home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    const outcome = new Promise<Ran>((resolve) => {
      child.once('close', (code) =>
        resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
      );
    });
    return { child, outcome };
  }

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return this.start(args, env).outcome;
  }

  /** Runs a fix and reads its Result; without one, the error tells everything that was printed and logged. */
  async fix(
    repository: string,
    test: string,
    more: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Ran & { result: Result }> {
    const ran = await this.run(['fix', '--repo', repository, '--test', test, '--json', ...more], env);
    if (ran.stdout.trim() === '') {
      throw new Error(`fix ended with ${ran.code} and no Result:\n${ran.stderr}\n${this.#logTails()}`);
    }
    return { ...ran, result: resultSchema.parse(JSON.parse(ran.stdout)) };
  }

  /** Asks the server that runs here for something about a task; resolves when it has acknowledged it. */
  async ask(task: string, wish: 'pause' | 'cancel', reason: string): Promise<void> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const socketPath = join(this.home, 'run/server.sock');
    const asking = request({ socketPath, method: 'POST', path: `/v1/tasks/${task}/${wish}`, headers });
    asking.end(JSON.stringify({ reason }));
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    answer.resume();
    await once(answer, 'end');
    if (answer.statusCode !== 200) throw new Error(`${wish} was answered with ${answer.statusCode}`);
  }

  /** Nova's processes that work in this place. */
  processes(): ReturnType<typeof novaProcesses> {
    return novaProcesses(this.home);
  }

  [Symbol.dispose](): void {
    for (const process of this.processes().all) {
      try {
        globalThis.process.kill(process.pid, 'SIGKILL');
      } catch {
        // It ended by itself meanwhile.
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  #logTails(): string {
    return ['server.log', 'host.log', 'host.out']
      .map((name) => join(this.home, 'logs', name))
      .filter(existsSync)
      .map((path) => `${path}:\n${readFileSync(path, 'utf8').slice(-1500)}`)
      .join('\n');
  }
}

/** Runs git in a repository and resolves with what it printed, trimmed. */
export function git(repository: string, ...args: string[]): string {
  const ran = spawnSync('git', ['-C', repository, ...args], { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`git ${args.join(' ')}: ${ran.stderr}`);
  return ran.stdout.trim();
}

/** A project of node:test files whose one failing test shows a boundary bug. */
export const shop: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({ name: 'shop', type: 'module', scripts: { test: 'node --test' } }),
  'src/cart.js': 'export function discount(quantity) {\n  return quantity > 10 ? 0.9 : 1;\n}\n',
  'test/cart.test.js': [
    "import assert from 'node:assert/strict';",
    "import { test } from 'node:test';",
    "import { discount } from '../src/cart.js';",
    "test('nine have none', () => assert.equal(discount(9), 1));",
    "test('ten have one', () => assert.equal(discount(10), 0.9));",
    "test('eleven have one', () => assert.equal(discount(11), 0.9));",
    '',
  ].join('\n'),
};
