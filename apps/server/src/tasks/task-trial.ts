import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type DataFolder,
  dataFolder,
  type FixRequest,
  fixRequestSchema,
  type RecordedEvent,
  systemClock,
} from '@nova/core';
import { type Blobs, type Ledger, openFolderBlobs, openSqliteLedger, taskStream } from '@nova/messaging';
import { HostLink } from '../fleet/host-link.ts';
import { systemIds } from '../ids.ts';
import { type MachineNow, readMachine } from './machine.ts';
import { TaskBoard } from './task-board.ts';
import { TaskRuns } from './task-runs.ts';

const hostEntry = fileURLToPath(new URL('../../../host/src/main.ts', import.meta.url));

/** A project whose one failing test shows a boundary bug. */
const shop: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({ name: 'shop', type: 'module' }),
  'src/cart.js': 'export function discount(quantity) {\n  return quantity > 10 ? 0.9 : 1;\n}\n',
  'test/cart.test.js': [
    "import assert from 'node:assert/strict';",
    "import { test } from 'node:test';",
    "import { discount } from '../src/cart.js';",
    "test('nine have none', () => assert.equal(discount(9), 1));",
    "test('ten have one', () => assert.equal(discount(10), 0.9));",
    '',
  ].join('\n'),
};

/** One server's worth of task keeping over a data folder that outlives it. */
export interface TrialServer {
  readonly ledger: Ledger;
  readonly blobs: Blobs;
  readonly board: TaskBoard;
  readonly host: HostLink;
  readonly runs: TaskRuns;
}

/** A data folder with a real host daemon, and servers that come and go. Disposing it ends everything and removes it. */
export class TaskTrial implements AsyncDisposable {
  readonly root = mkdtempSync(join(tmpdir(), 'nova-tasks-'));
  readonly folder: DataFolder;
  readonly machine: Partial<MachineNow>;
  #server: TrialServer | null = null;
  /** As long as this file is there, a command that was made by `held` waits. */
  readonly hold = join(this.root, 'hold');
  /** Where commands that were made by `held` leave a mark, as no sandbox would let them. */
  readonly witness = join(this.root, 'witness');

  constructor(machine: Partial<MachineNow> = {}) {
    this.machine = machine;
    this.folder = dataFolder({
      env: { NOVA_HOME: join(this.root, 'home') },
      home: homedir(),
      userId: process.getuid?.() ?? 0,
      temporary: this.root,
    });
    for (const path of [this.folder.root, this.folder.logs, this.folder.run])
      mkdirSync(path, { recursive: true, mode: 0o700 });
  }

  /** The server that is there, or the next one, which takes up what the last one left. */
  async server(): Promise<TrialServer> {
    if (this.#server) return this.#server;
    const ledger = await openSqliteLedger({ path: this.folder.ledger, clock: systemClock, ids: systemIds });
    const blobs = await openFolderBlobs(this.folder.blobs);
    const host = new HostLink(this.folder, hostEntry);
    const board = new TaskBoard(ledger);
    const runs = new TaskRuns({
      ledger,
      blobs,
      board,
      host,
      clock: systemClock,
      ids: systemIds,
      actor: 'person/trial',
      machine: async () => ({ ...(await readMachine(this.folder.root)), ...this.machine }),
      onBoundary: null,
    });
    this.#server = { ledger, blobs, board, host, runs };
    await runs.resumeUnfinished();
    return this.#server;
  }

  /** The server leaves in good order, and takes its host along. */
  async leave(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    await server?.runs.stopAll();
    await server?.host[Symbol.asyncDispose]();
    await server?.ledger[Symbol.asyncDispose]();
  }

  repository(name: string, changes: Readonly<Record<string, string>> = {}): string {
    const repository = join(this.root, name);
    for (const [path, text] of Object.entries({ ...shop, ...changes })) {
      mkdirSync(dirname(join(repository, path)), { recursive: true });
      writeFileSync(join(repository, path), text);
    }
    const git = (...args: string[]) => execFileSync('git', ['-C', repository, ...args]);
    git('init', '--quiet');
    git('add', '--all');
    git('-c', 'user.name=P', '-c', 'user.email=p@localhost', 'commit', '--quiet', '--message', 'start');
    return repository;
  }

  /** A command that leaves a mark, says so, and waits as long as the hold is there. */
  get held(): string {
    return `printf x >> ${this.witness}; echo begun; while [ -e ${this.hold} ]; do sleep 0.05; done; node --test`;
  }

  holdOn(): void {
    writeFileSync(this.hold, '');
  }

  letGo(): void {
    rmSync(this.hold);
  }

  /** How often a held command was started. */
  get marks(): number {
    return existsSync(this.witness) ? readFileSync(this.witness).length : 0;
  }

  request(changes: Partial<FixRequest> & { repository: string }): FixRequest {
    return fixRequestSchema.parse({ kind: 'fix', testCommand: this.held, sandbox: 'none', ...changes });
  }

  /** Resolves with the first recorded event of the task that fits; recorded already or still to come. */
  async event(task: string, fits: (event: RecordedEvent) => boolean): Promise<RecordedEvent> {
    const { ledger } = await this.server();
    const found = new AbortController();
    for await (const event of ledger.subscribe({ after: 0, signal: found.signal })) {
      if (event.subject !== taskStream(task)) continue;
      if (fits(event)) {
        found.abort();
        return event;
      }
      // What stopped on a failure waits for a person: nothing more would come.
      const reason = String(event.data['reason']);
      if (event.type === 'nova.task.paused' && /^[a-z]+\.[a-z_]+: /.test(reason)) throw new Error(reason);
    }
    throw new Error(`The ledger was closed before ${task} came to ${fits}.`);
  }

  /** Every recorded event of the task. */
  async events(task: string): Promise<RecordedEvent[]> {
    return (await this.server()).ledger.read(taskStream(task));
  }

  /** Host pids of what works for this trial, this process and the host daemon left out. */
  workers(): number[] {
    return readdirSync('/proc').flatMap((entry) => {
      const pid = Number(entry);
      if (!Number.isInteger(pid) || pid === process.pid) return [];
      try {
        if (/ [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\)/s, ''))) return [];
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        const ours = command.includes(this.root) || environment.includes(this.root);
        return ours && !command.includes(hostEntry) ? [pid] : [];
      } catch {
        return [];
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.hold, { force: true });
    await this.leave();
    for (const pid of this.workers()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself meanwhile.
      }
    }
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Fits events of one type, and of one call when a part of its id is named. */
export function of(type: string, callPart = ''): (event: RecordedEvent) => boolean {
  return (event) => {
    const callId = event.data['callId'];
    return event.type === type && (typeof callId === 'string' ? callId : '').includes(callPart);
  };
}

/** Call ids of entries, in order; a call that was repeated would be there twice, or be settled. */
export function calls(events: readonly RecordedEvent[], type: string): string[] {
  return events.filter((event) => event.type === type).map((event) => String(event.data['callId']));
}

/** Every call was begun once and ended once, and none was settled. */
export function assertNothingTwice(events: readonly RecordedEvent[]): void {
  const started = calls(events, 'nova.journal.started');
  assert.deepEqual([...new Set(started)], started);
  assert.deepEqual([...started].sort(), calls(events, 'nova.journal.finished').sort());
  assert.deepEqual(calls(events, 'nova.journal.settled'), []);
}
