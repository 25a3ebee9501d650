import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventCatalogue, type HostActivity, type NewEvent, systemClock } from '@nova/core';
import { type Blobs, type Ledger, openFolderBlobs, openSqliteLedger } from '@nova/messaging';
import { openAccessToken } from '../auth/access-token.ts';
import { Guard } from '../auth/guard.ts';
import { HostLink } from '../fleet/host-link.ts';
import { systemIds } from '../ids.ts';
import { Lifetime } from '../lifetime.ts';
import { LedgerTail } from '../live/ledger-tail.ts';
import { serveLive } from '../live/serve-live.ts';
import { readMachine } from '../tasks/machine.ts';
import { TaskBoard } from '../tasks/task-board.ts';
import { TaskRuns } from '../tasks/task-runs.ts';
import { FleetBoard } from '../views/fleet-board.ts';
import { createApp } from './app.ts';
import { KeyedAnswers } from './keyed-answers.ts';
import { addressOf, closeServer, listenOnLoopback } from './listen.ts';
import { type ApiParts, apiRouter } from './operations.ts';
import { pagesRouter } from './pages.ts';
import { answerMalformed } from './problem.ts';

/** A server's HTTP and live side inside the test's process, on a real ledger, so that a test can write into it. */
export class Place implements AsyncDisposable {
  readonly folder: string;
  readonly token: string;
  readonly url: string;
  readonly parts: ApiParts;
  /** Hears what the host would publish of running calls. */
  readonly activity: Set<(activity: HostActivity) => void>;
  readonly #handles: AsyncDisposableStack;

  static async open(folder = mkdtempSync(join(tmpdir(), 'nova-api-'))): Promise<Place> {
    const handles = new AsyncDisposableStack();
    handles.defer(() => rmSync(folder, { recursive: true, force: true }));
    const ledger = handles.use(
      await openSqliteLedger({ path: join(folder, 'ledger.sqlite'), clock: systemClock, ids: systemIds }),
    );
    const blobs = await openFolderBlobs(join(folder, 'blobs'));
    const tail = handles.use(await LedgerTail.open(ledger));
    const server = createServer();
    answerMalformed(server);
    const port = await listenOnLoopback(server, 0);
    const token = openAccessToken(join(folder, 'token'));
    const activity = new Set<(activity: HostActivity) => void>();
    const parts = partsOf(folder, ledger, blobs, tail, activity, handles);
    const guard = new Guard(token, String(port));
    const pages = pagesRouter(guard, join(folder, 'pages'));
    server.on('request', createApp({ lifetime: parts.lifetime, api: apiRouter(parts, false), web: { guard, pages } }));
    handles.defer(() => closeServer(server));
    handles.use(serveLive(server, { tail, board: parts.board, host: parts.host, guard }));
    return new Place(folder, token, addressOf(port), parts, activity, handles);
  }

  private constructor(
    folder: string,
    token: string,
    url: string,
    parts: ApiParts,
    activity: Place['activity'],
    handles: AsyncDisposableStack,
  ) {
    this.folder = folder;
    this.token = token;
    this.url = url;
    this.parts = parts;
    this.activity = activity;
    this.#handles = handles;
  }

  ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${this.token}`);
    return fetch(`${this.url}/v1${path}`, { ...init, headers, signal: AbortSignal.timeout(30_000) });
  }

  /** Does something before the place is closed. */
  before(closing: () => void): void {
    this.#handles.defer(closing);
  }

  /** Records a task nobody carries; resolves with its id. */
  async submitted(name: string): Promise<string> {
    const request = { kind: 'fix', repository: `/repositories/${name}`, testCommand: 'true' };
    await this.record('nova.task.submitted', name, {
      request: eventCatalogue['nova.task.submitted'].data.shape.request.parse(request),
      sealed: null,
      origin: null,
    });
    return name;
  }

  /** Records one event of a task. */
  async record(type: keyof typeof eventCatalogue, task: string, data: Record<string, unknown>): Promise<number> {
    const outcome = await this.parts.ledger.append(`task/${task}`, [newEvent(type, task, data)], {
      expectedVersion: 'any',
      key: randomUUID(),
    });
    return outcome.position;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handles.disposeAsync();
  }
}

/** An event of the catalogue as some server would record it. */
export function newEvent(type: keyof typeof eventCatalogue, task: string, data: Record<string, unknown>): NewEvent {
  return {
    type,
    schemaVersion: eventCatalogue[type].version,
    data: { task, ...data },
    tenant: 'local',
    actor: 'person/test',
    cause: null,
    traceparent: null,
  };
}

function partsOf(
  folder: string,
  ledger: Ledger,
  blobs: Blobs,
  tail: LedgerTail,
  activity: Place['activity'],
  handles: AsyncDisposableStack,
): ApiParts {
  const at = (name: string) => join(folder, name);
  const data = {
    root: folder,
    ledger: at('ledger.sqlite'),
    blobs: at('blobs'),
    mirrors: at('mirrors'),
    instances: at('instances'),
    environments: at('environments'),
    logs: at('.'),
    token: at('token'),
    run: at('.'),
    serverSocket: at('server.sock'),
    hostSocket: at('host.sock'),
    serverInfo: at('server.json'),
  };
  const host = handles.use(new HostLink(data, fileURLToPath(new URL('../../../host/src/main.ts', import.meta.url))));
  const board = new TaskBoard(ledger);
  const actor = 'person/test';
  const machine = () => readMachine(folder);
  const clock = systemClock;
  const tasks = new TaskRuns({ ledger, blobs, board, host, clock, ids: systemIds, actor, machine, onBoundary: null });
  handles.defer(() => tasks.stopAll());
  const lifetime = handles.use(
    new Lifetime(
      () => true,
      () => {},
    ),
  );
  const state = { version: '0', pid: process.pid, dataFolder: folder, startedAt: new Date().toISOString(), url: null };
  const answers = new KeyedAnswers(ledger, actor);
  const hearing = {
    onActivity(listener: (activity: HostActivity) => void) {
      activity.add(listener);
      return { [Symbol.dispose]: () => void activity.delete(listener) };
    },
  };
  return { state, tasks, board, fleet: new FleetBoard(ledger), ledger, tail, blobs, host: hearing, lifetime, answers };
}
