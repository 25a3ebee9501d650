import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Result, resultSchema } from '@nova/core';
import { openSqliteLedgerReader } from '@nova/messaging';
import { novaProcesses } from './processes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One SIGKILL: of what, and exactly where in the task's journal. */
export interface Strike {
  readonly victim: 'server' | 'host' | 'runner';
  readonly position: number;
  readonly entry: 'started' | 'finished';
  readonly when: 'before' | 'after';
}

/** What came of a fix that was struck, seen from outside. */
export interface Struck {
  readonly killed: number;
  readonly sameResult: boolean;
  /** What differs from the reference, in words. */
  readonly differences: readonly string[];
  /** How often the branch was moved, counted by the repository's own reflog. */
  readonly branchMoves: number;
  readonly processesLeft: number;
  readonly seconds: number;
}

/** The journal of a fix that nobody disturbed, and its Result: what every struck fix is compared with. */
export interface Reference {
  readonly result: Result;
  readonly entries: readonly {
    readonly position: number;
    readonly entry: 'started' | 'finished';
    readonly callId: string;
  }[];
  readonly tree: string;
}

/** A fresh copy of the example repository with one commit. */
export function makeRepository(folder: string): string {
  const repository = join(folder, 'shop');
  cpSync(join(root, 'examples/shop'), repository, { recursive: true });
  git(repository, 'init', '--quiet');
  git(repository, 'add', '--all');
  git(repository, '-c', 'user.name=P', '-c', 'user.email=p@example.com', 'commit', '--quiet', '--message', 'start');
  return repository;
}

export async function undisturbed(): Promise<Reference> {
  const folder = mkdtempSync(join(tmpdir(), 'nova-matrix-'));
  try {
    const repository = makeRepository(folder);
    const home = join(folder, 'home');
    const result = await runFix(repository, home, {});
    await using ledger = await openSqliteLedgerReader({ path: join(home, 'ledger.sqlite') });
    const events = await ledger.read(`task/${result.task}`);
    const journal = events.filter((event) => event.type.startsWith('nova.journal.'));
    const entries = journal.map((event, index) => ({
      position: index + 1,
      entry: event.type === 'nova.journal.started' ? ('started' as const) : ('finished' as const),
      callId: String(event.data['callId']),
    }));
    return { result, entries, tree: git(repository, 'rev-parse', `nova/${result.task}^{tree}`) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a whole fix in a folder of its own, kills the victim at the named place, and looks at what came of it. */
export async function strike(place: Strike, reference: Reference): Promise<Struck> {
  const begun = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'nova-matrix-'));
  try {
    const repository = makeRepository(folder);
    const home = join(folder, 'home');
    const breakpoint = join(folder, 'breakpoint');
    mkdirSync(breakpoint);
    let killed = 0;
    const reached = fileAppears(breakpoint, 'reached').then(() => {
      for (const pid of novaProcesses(home)[place.victim]) {
        process.kill(pid, 'SIGKILL');
        killed += 1;
      }
      writeFileSync(join(breakpoint, 'go'), '');
    });
    const result = await runFix(repository, home, {
      NOVA_BREAKPOINT: `${place.position}:${place.entry}:${place.when}`,
      NOVA_BREAKPOINT_FOLDER: breakpoint,
    });
    await Promise.race([reached, Promise.resolve()]);
    const branch = `nova/${result.task}`;
    const reflog = git(repository, 'reflog', 'show', '--format=%H', branch);
    const differences = compare(reference, result, git(repository, 'rev-parse', `${branch}^{tree}`));
    return {
      killed,
      sameResult: differences.length === 0,
      differences,
      branchMoves: reflog === '' ? 0 : reflog.split('\n').length,
      processesLeft: novaProcesses(home).all.length,
      seconds: (performance.now() - begun) / 1000,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What must be equal; ids, times and costs of a repeated call may differ. */
function compare(reference: Reference, result: Result, tree: string): string[] {
  const differences: string[] = [];
  const same = (name: string, expected: unknown, actual: unknown) => {
    if (JSON.stringify(expected) !== JSON.stringify(actual)) {
      differences.push(`${name}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`.slice(0, 300));
    }
  };
  const wanted = reference.result;
  same('outcome', wanted.outcome, result.outcome);
  same('tree', reference.tree, tree);
  same('diff', wanted.change?.diff, result.change?.diff);
  same('tried', wanted.tried, result.tried);
  same(
    'alternatives',
    wanted.alternatives.map((a) => a.diff),
    result.alternatives.map((a) => a.diff),
  );
  same(
    'gate',
    wanted.gate.map((c) => [c.name, c.passed]),
    result.gate.map((c) => [c.name, c.passed]),
  );
  same('review', wanted.review, result.review);
  same('runs', wanted.cost.runs, result.cost.runs);
  same('gaps', wanted.gaps, result.gaps);
  return differences;
}

async function runFix(repository: string, home: string, env: Record<string, string>): Promise<Result> {
  const child = spawn(join(root, 'bin/nova'), ['fix', '--repo', repository, '--test', 'node --test', '--json'], {
    env: { ...process.env, ...env, NOVA_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const text = Buffer.concat(output).toString();
  if (text.trim() === '') {
    throw new Error(`fix ended with ${code} and no Result:\n${Buffer.concat(errors).toString()}\n${logTails(home)}`);
  }
  return resultSchema.parse(JSON.parse(text));
}

function logTails(home: string): string {
  return ['server.log', 'host.log', 'host.out']
    .map((name) => join(home, 'logs', name))
    .filter(existsSync)
    .map((path) => `${path}:\n${readFileSync(path, 'utf8').slice(-1500)}`)
    .join('\n');
}

function fileAppears(folder: string, name: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, () => {
      if (!existsSync(join(folder, name))) return;
      watcher.close();
      resolve();
    });
    watcher.unref();
  });
}

function git(repository: string, ...args: string[]): string {
  const ran = spawnSync('git', ['-C', repository, ...args], { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`git ${args.join(' ')}: ${ran.stderr}`);
  return ran.stdout.trim();
}
