import { type ChildProcess, fork, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { serverInfoSchema } from '@nova/client';
import { eventCatalogue, type NewEvent, systemClock, taskRequestSchema } from '@nova/core';
import { openSqliteLedger } from '@nova/messaging';

const serverEntry = fileURLToPath(new URL('../../apps/server/src/main.ts', import.meta.url));
const peers = {
  express: fileURLToPath(new URL('bare-express.ts', import.meta.url)),
  socketIo: fileURLToPath(new URL('bare-socket-io.ts', import.meta.url)),
} as const;
const listenersEntry = fileURLToPath(new URL('listeners.ts', import.meta.url));

/** A data folder for a benchmark, with what was started on it. */
export class ControlPlace implements AsyncDisposable {
  readonly home = mkdtempSync(join(tmpdir(), 'nova-bench-'));
  readonly #children: ChildProcess[] = [];

  /** Records tasks that have ended, each with so many journaled calls; resolves with the number of events. */
  async seed(tasks: number, calls: number): Promise<number> {
    mkdirSync(this.home, { recursive: true });
    const path = join(this.home, 'ledger.sqlite');
    await using ledger = await openSqliteLedger({ path, clock: systemClock, ids: { event: randomUUID } });
    for (let n = 0; n < tasks; n += 1) {
      const task = `tseed${n}`;
      const events = history(task, calls);
      await ledger.append(`task/${task}`, events, { expectedVersion: 0, key: task });
    }
    return ledger.head();
  }

  async server(): Promise<{ readonly url: string; readonly token: string; readonly inspector: string }> {
    const child = spawn(process.execPath, ['--inspect=127.0.0.1:0', serverEntry, 'serve', '--stay', '--port', '0'], {
      env: { ...process.env, NOVA_HOME: this.home },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#children.push(child);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    const path = join(this.home, 'run/server.json');
    while (!existsSync(path)) {
      if (child.exitCode !== null) throw new Error(`The server did not start: ${said}`);
      await delay(20);
    }
    const { url } = serverInfoSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    const inspector = /ws:\S+/.exec(said)?.[0] ?? '';
    return { url, inspector, token: readFileSync(join(this.home, 'token'), 'utf8').trim() };
  }

  /** A peer that listens and says on which port; `express` answers the JSON that it is given. */
  async peer(kind: keyof typeof peers, ...args: readonly string[]): Promise<string> {
    const child = spawn(process.execPath, [peers[kind], ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#children.push(child);
    const [port] = (await once(child.stdout, 'data')) as [Buffer];
    return `http://127.0.0.1:${port.toString().trim()}`;
  }

  /** So many sockets in a process of their own. */
  listeners(...args: readonly string[]): ChildProcess {
    const child = fork(listenersEntry, args);
    this.#children.push(child);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
    rmSync(this.home, { recursive: true, force: true });
  }
}

function history(task: string, calls: number): NewEvent[] {
  const request = taskRequestSchema.parse({ kind: 'fix', repository: '/repositories/shop', testCommand: 'npm test' });
  const events = [
    event('nova.task.submitted', task, { request, sealed: null, origin: null }),
    event('nova.task.assigned', task, { instance: task }),
    event('nova.stage.started', task, { attempt: 1, stage: 'working' }),
  ];
  for (let n = 0; n < calls; n += 1) {
    const callId = `${task}/1/working/repair.evaluate/${n}`;
    const hash = 'a'.repeat(64);
    events.push(
      event('nova.journal.started', task, { callId, intent: `Try candidate ${n}`, repeat: 'restore', input: hash }),
      event('nova.journal.finished', task, { callId, output: hash, failure: null, durationMs: 1 }),
    );
  }
  events.push(
    event('nova.stage.finished', task, { attempt: 1, stage: 'working', summary: 'Done' }),
    event('nova.task.finished', task, {
      outcome: 'not-repaired',
      code: 'repair.none',
      result: 'b'.repeat(64),
      findings: null,
    }),
  );
  return events;
}

function event(type: keyof typeof eventCatalogue, task: string, data: Record<string, unknown>): NewEvent {
  const schemaVersion = eventCatalogue[type].version;
  const rest = { tenant: 'local', actor: 'bench', cause: null, traceparent: null };
  return { type, schemaVersion, data: { task, ...data }, ...rest };
}
