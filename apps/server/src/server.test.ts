import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { problemSchema, taskPageSchema, taskSummarySchema } from '@nova/client';

const entry = fileURLToPath(new URL('main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nova-server-'));
const socket = join(folder, 'run/server.sock');

interface Answer {
  readonly status: number;
  readonly text: string;
}

function ask(
  method: string,
  path: string,
  body: string | null = null,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const type = body === null ? {} : { 'content-type': 'application/json' };
    const outgoing = request({ socketPath: socket, method, path, headers: { ...type, ...headers } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    outgoing.once('error', reject);
    outgoing.end(body ?? undefined);
  });
}

function startServer(): ChildProcess {
  return spawn(process.execPath, [entry, 'serve'], {
    env: { ...process.env, NOVA_HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

async function answering(): Promise<void> {
  for (let waits = 0; !(await ask('GET', '/v1/state').catch(() => null)); waits += 1) {
    assert.ok(waits < 3000, 'the server never answered');
    await delay(20);
  }
}

const submission = JSON.stringify({ kind: 'fix', repository: '/nowhere/at/all', testCommand: 'true' });

describe('the server', () => {
  let server: ChildProcess;
  // Held open all through: a server leaves when nobody asks anything of it.
  let presence: ReturnType<typeof request>;

  before(async () => {
    server = startServer();
    await answering();
    const first = await ask('POST', '/v1/tasks', submission, { 'idempotency-key': 'k1' });
    const { id } = taskSummarySchema.parse(JSON.parse(first.text));
    await ended(id);
    // The server waits for the rest of this body.
    const headers = { 'content-type': 'application/json', 'content-length': '10' };
    presence = request({ socketPath: socket, method: 'POST', path: '/v1/tasks', headers });
    presence.on('error', () => {});
    presence.write(' ');
  });

  after(async () => {
    presence.destroy();
    if (server.exitCode === null) {
      server.kill('SIGTERM');
      await once(server, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  });

  async function ended(id: string): Promise<string> {
    for (;;) {
      const { text } = await ask('GET', `/v1/tasks/${id}`);
      const task = taskSummarySchema.parse(JSON.parse(text));
      if (task.state === 'finished' || task.state === 'paused') return task.state;
      await delay(20);
    }
  }

  it('answers what it cannot read with a coded problem', async () => {
    const cases: readonly [Promise<Answer>, number, string][] = [
      [ask('GET', '/v1/nothing'), 404, 'http.unknown'],
      [ask('POST', '/v1/tasks', '{not json', { 'idempotency-key': 'a' }), 400, 'usage.invalid'],
      [ask('POST', '/v1/tasks', '{"kind":"fix"}', { 'idempotency-key': 'a' }), 400, 'usage.invalid'],
      [ask('POST', '/v1/tasks', submission), 400, 'usage.invalid'],
      [ask('POST', '/v1/tasks', JSON.stringify({ filler: 'x'.repeat(2_000_000) })), 413, 'http.too_large'],
      [ask('GET', '/v1/tasks/tnone'), 404, 'task.unknown'],
      [ask('GET', '/v1/tasks/tnone/watch?after=-1'), 400, 'usage.invalid'],
    ];
    for (const [answering, status, code] of cases) {
      const answer = await answering;
      assert.equal(answer.status, status, answer.text);
      assert.equal(problemSchema.parse(JSON.parse(answer.text)).code, code);
    }
  });

  it('makes one task of a submission that is repeated', async () => {
    const again = await ask('POST', '/v1/tasks', submission, { 'idempotency-key': 'k1' });
    assert.equal(again.status, 202);
    const { tasks } = taskPageSchema.parse(JSON.parse((await ask('GET', '/v1/tasks')).text));
    assert.equal(tasks.length, 1);
    assert.equal(tasks[0]?.code, 'repository.missing');
  });

  it('refuses another task under the same key', async () => {
    const other = JSON.stringify({ kind: 'fix', repository: '/elsewhere', testCommand: 'true' });
    const answer = await ask('POST', '/v1/tasks', other, { 'idempotency-key': 'k1' });
    assert.equal(answer.status, 409, answer.text);
  });

  it('is alone on its data folder', async () => {
    const second = startServer();
    let said = '';
    second.stderr?.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    const [code] = await once(second, 'exit');
    assert.notEqual(code, 0);
    assert.match(said, /ledger\.locked/);
    assert.equal((await ask('GET', '/v1/state')).status, 200);
  });

  it('leaves by itself when nobody needs it, and takes its host along', async () => {
    presence.destroy();
    const [code] = server.exitCode === null ? await once(server, 'exit') : [server.exitCode];
    assert.equal(code, 0);
    assert.equal(existsSync(socket), false);
    assert.equal(existsSync(join(folder, 'run/host.sock')), false);
  });
});
