import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  createLive,
  problemSchema,
  type ServerInfo,
  serverInfoSchema,
  type TaskSummary,
  taskSummarySchema,
} from '@nova/client';
import type { RecordedEvent } from '@nova/core';
import { io } from 'socket.io-client';
import { RawSocket } from './live/raw-socket.fixture.ts';

const entry = fileURLToPath(new URL('main.ts', import.meta.url));
const megabyte = 1024 * 1024;

/** A server process that stays, on a data folder and a port. */
class Staying {
  readonly folder: string;
  readonly process: ChildProcess;
  log = '';

  constructor(folder: string, port: number | string, log: 'pipe' | number) {
    this.folder = folder;
    this.process = spawn(process.execPath, [entry, 'serve', '--stay', '--port', String(port)], {
      env: { ...process.env, NOVA_HOME: folder },
      stdio: ['ignore', 'ignore', log],
    });
    this.process.stderr?.on('data', (chunk: Buffer) => {
      this.log += chunk;
    });
  }

  async info(): Promise<ServerInfo> {
    for (let looks = 0; ; looks += 1) {
      const path = join(this.folder, 'run/server.json');
      const info = existsSync(path) ? serverInfoSchema.parse(JSON.parse(readFileSync(path, 'utf8'))) : null;
      if (info !== null && info.pid === this.process.pid) return info;
      assert.ok(this.process.exitCode === null && looks < 2000, `no server: ${this.log}`);
      await delay(20);
    }
  }

  async ended(): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
    return this.process.exitCode;
  }

  /** The most memory it ever had, in bytes. */
  peakMemory(): number {
    const kilobytes = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${this.process.pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes) * 1024;
  }
}

describe('a server that stays', () => {
  const home = mkdtempSync(join(tmpdir(), 'nova-stay-'));
  const started: Staying[] = [];
  function start(folder: string, port: number | string, log: 'pipe' | number = 'pipe'): Staying {
    const server = new Staying(folder, port, log);
    started.push(server);
    return server;
  }
  after(async () => {
    for (const server of started) {
      server.process.kill('SIGTERM');
      await server.ended();
    }
    rmSync(home, { recursive: true, force: true });
  });

  const tokenOf = (server: Staying) => readFileSync(join(server.folder, 'token'), 'utf8').trim();
  const submission = JSON.stringify({ kind: 'fix', repository: '/nowhere/at/all', testCommand: 'true' });
  async function submit(server: Staying, key: string): Promise<TaskSummary> {
    const answer = await fetch(`${(await server.info()).url}/v1/tasks`, {
      method: 'POST',
      body: submission,
      headers: {
        authorization: `Bearer ${tokenOf(server)}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
    });
    assert.equal(answer.status, 202, await answer.clone().text());
    return taskSummarySchema.parse(await answer.json());
  }

  async function finished(server: Staying, task: string): Promise<void> {
    const answer = await fetch(`${(await server.info()).url}/v1/tasks/${task}/watch`, {
      headers: { authorization: `Bearer ${tokenOf(server)}` },
    });
    assert.match(await answer.text(), /nova\.task\.finished/);
  }

  it('says where it is, and goes when it is told to', async () => {
    const server = start(join(home, 'one'), 0);
    const info = await server.info();
    assert.equal(info.url, `http://127.0.0.1:${info.port}`);
    assert.equal(statSync(join(home, 'one/token')).mode & 0o777, 0o600);
    assert.equal(statSync(join(home, 'one/run/server.json')).mode & 0o777, 0o600);
    const answer = await fetch(`${info.url}/v1/state`, { headers: { authorization: `Bearer ${tokenOf(server)}` } });
    assert.equal(((await answer.json()) as { url: string }).url, info.url);
    server.process.kill('SIGTERM');
    assert.equal(await server.ended(), 0, server.log);
    assert.equal(existsSync(join(home, 'one/run/server.json')), false);
    assert.equal(existsSync(join(home, 'one/run/server.sock')), false);
  });

  it('goes at once, whoever still listens or does not even read', async () => {
    const server = start(join(home, 'open'), 0);
    const { url } = await server.info();
    const socket = io(url, { path: '/live', extraHeaders: { authorization: `Bearer ${tokenOf(server)}` } });
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    using deaf = await RawSocket.open(url, tokenOf(server));
    deaf.stopReading();
    // Changes from polling to a WebSocket at about the time the server goes.
    const late = io(url, {
      path: '/live',
      extraHeaders: { authorization: `Bearer ${tokenOf(server)}` },
      forceNew: true,
    });
    await new Promise<void>((resolve) => late.once('connect', () => resolve()));
    const idle = connect(Number(new URL(url).port), '127.0.0.1');
    idle.on('error', () => {});
    await once(idle, 'connect');
    const told = performance.now();
    server.process.kill('SIGTERM');
    assert.equal(await server.ended(), 0, server.log);
    // A closing that waits for a deaf socket takes half a minute.
    assert.ok(performance.now() - told < 25_000);
    socket.close();
    late.close();
    idle.destroy();
  });

  it('goes on when its own log cannot be written', async () => {
    const server = start(join(home, 'mute'), 0, openSync('/dev/full', 'w'));
    const { url } = await server.info();
    // Who is refused is logged.
    for (let asked = 0; asked < 3; asked += 1) assert.equal((await fetch(`${url}/v1/state`)).status, 401);
    const answer = await fetch(`${url}/v1/state`, { headers: { authorization: `Bearer ${tokenOf(server)}` } });
    assert.equal(answer.status, 200);
  });

  it('ends when the file of its token holds none, and does when it is gone', async () => {
    const folder = join(home, 'no-token');
    mkdirSync(folder);
    writeFileSync(join(folder, 'token'), 'short');
    const server = start(folder, 0);
    assert.equal(await server.ended(), 1);
    assert.match(server.log, /"auth\.refused".*Remove the file/);
    rmSync(join(folder, 'token'));
    assert.ok((await start(folder, 0).info()).port > 0);
  });

  it('does not start on a port in use, on a data folder in use, or on what is no port', async () => {
    const first = start(join(home, 'taken'), 0);
    const { port } = await first.info();
    const cases: readonly [string, number | string, RegExp][] = [
      ['another', port, /"listen\.in_use"/],
      ['taken', 0, /"ledger\.locked"/],
      ['another', 'eighty', /"usage\.invalid"/],
      ['another', 65_536, /"usage\.invalid"/],
    ];
    for (const [folder, at, code] of cases) {
      const second = start(join(home, folder), at);
      assert.notEqual(await second.ended(), 0);
      assert.match(second.log, code);
    }
    assert.equal(existsSync(join(home, 'another/run/server.json')), false);
    assert.equal((await first.info()).port, port);
    assert.ok(await submit(first, 'still there'));
  });

  it('shows the same truth after a kill: events without hole or double, and the same answer for the same key', async () => {
    const folder = join(home, 'killed');
    const first = start(folder, 0);
    const { port, url } = await first.info();
    const socket = io(url, {
      path: '/live',
      extraHeaders: { authorization: `Bearer ${tokenOf(first)}` },
      reconnectionDelay: 50,
    });
    using live = createLive(socket);
    const seen: RecordedEvent[] = [];
    const grown = { next: Promise.withResolvers<void>() };
    live.follow('fleet', 0, {
      events: (events) => {
        seen.push(...events);
        grown.next.resolve();
        grown.next = Promise.withResolvers();
      },
    });
    const ended = async (count: number) => {
      while (seen.filter(({ type }) => type === 'nova.task.finished').length < count) await grown.next.promise;
    };
    const before = await submit(first, 'k1');
    await ended(1);
    first.process.kill('SIGKILL');
    await first.ended();
    const second = start(folder, port);
    await second.info();
    assert.deepEqual(await submit(second, 'k1'), before);
    await submit(second, 'k2');
    await ended(2);
    socket.close();
    const recorded: RecordedEvent[] = [];
    for (const task of new Set(seen.map(({ subject }) => subject.slice('task/'.length)))) {
      const answer = await fetch(`${url}/v1/tasks/${task}/events?limit=1000`, {
        headers: { authorization: `Bearer ${tokenOf(second)}` },
      });
      recorded.push(...((await answer.json()) as { events: RecordedEvent[] }).events);
    }
    assert.deepEqual(
      seen,
      recorded.filter(({ type }) => /^nova\.(task|stage)\./.test(type)).sort((a, b) => a.position - b.position),
    );
  });

  it('refuses a body of 100 MB without taking it in, however it comes', async () => {
    const server = start(join(home, 'large'), 0);
    const { port } = await server.info();
    const headers = {
      authorization: `Bearer ${tokenOf(server)}`,
      'content-type': 'application/json',
      'idempotency-key': 'k',
    };
    // What carrying a task takes is not what is measured.
    await finished(server, (await submit(server, 'warm')).id);
    const before = server.peakMemory();
    for (const length of [{ 'content-length': String(100 * megabyte) }, {}]) {
      const answer = await new Promise<{ status: number; text: string }>((resolve, reject) => {
        const options = {
          port,
          host: '127.0.0.1',
          method: 'POST',
          path: '/v1/tasks',
          headers: { ...headers, ...length },
        };
        const outgoing = request(options, (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => {
            text += chunk;
          });
          response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
        });
        // The server may cut what it does not read.
        let answered = false;
        outgoing.once('response', () => {
          answered = true;
        });
        outgoing.on('error', (error) => answered || reject(error));
        Readable.from(repeated(Buffer.alloc(megabyte, 'x'), 100)).pipe(outgoing);
      });
      assert.equal(answer.status, 413, answer.text);
      assert.equal(problemSchema.parse(JSON.parse(answer.text)).code, 'http.too_large');
    }
    const grown = server.peakMemory() - before;
    assert.ok(grown < 20 * megabyte, `${grown} bytes more for two bodies of 100 MB`);
  });

  it('answers what is no request, or the wrong kind of one, and goes on', async () => {
    const server = start(join(home, 'garbage'), 0);
    const { port, url } = await server.info();
    for (const bytes of [
      Buffer.from([0x16, 3, 1, 2, 0, 1, 0]),
      Buffer.alloc(100_000, 'a'),
      Buffer.from('GET / HTTP/9.9\r\n\r\n'),
    ]) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.resume();
      socket.write(bytes);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    const headers = { authorization: `Bearer ${tokenOf(server)}`, 'idempotency-key': randomUUID() };
    const cases: readonly [string, string | Buffer, number, string][] = [
      ['application/json', '{', 400, 'usage.invalid'],
      ['application/json', '"text"', 400, 'usage.invalid'],
      ['application/json', Buffer.from([0xff, 0xfe, 0x00]), 400, 'usage.invalid'],
      ['application/json; charset=klingon', '{}', 415, 'http.media_type'],
      ['text/plain', submission, 415, 'http.media_type'],
      ['application/x-www-form-urlencoded', 'kind=fix', 415, 'http.media_type'],
      ['multipart/form-data; boundary=x', '--x--', 415, 'http.media_type'],
    ];
    for (const [type, body, status, code] of cases) {
      const answer = await fetch(`${url}/v1/tasks`, {
        method: 'POST',
        body,
        headers: { ...headers, 'content-type': type },
      });
      assert.deepEqual([answer.status, problemSchema.parse(await answer.json()).code], [status, code], type);
    }
    for (const path of ['/v1/tasks/%E0%A4%A', '/v1/tasks/%00', `/v1/tasks/${'a'.repeat(5_000)}`]) {
      const { status } = await fetch(`${url}${path}`, { headers });
      assert.ok(status === 400 || status === 404, `${path.slice(0, 30)} ${status}`);
    }
    assert.ok(await submit(server, 'after all that'));
  });
});

async function* repeated(chunk: Buffer, times: number): AsyncGenerator<Buffer> {
  for (let n = 0; n < times; n += 1) yield chunk;
}
