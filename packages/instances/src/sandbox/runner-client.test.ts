import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { connectRunner, RunnerGone } from './runner-client.ts';
import { createRunnerKey, readRunnerKey, saveRunnerKey } from './runner-key.ts';

describe('the line to a runner', () => {
  let root = '';
  const servers: Server[] = [];
  const news = { output: () => {}, progress: () => {} };
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'nova line '));
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    await rm(root, { recursive: true });
  });

  /** Listens and keeps what it is told. */
  async function listener(path: string): Promise<{ heard: string; number: string }> {
    const seen = { heard: '', number: '' };
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (bytes) => {
        seen.heard += String(bytes);
        socket.destroy();
      });
    }).listen(path);
    servers.push(server);
    await once(server, 'listening');
    seen.number = String((await stat(path, { bigint: true })).ino);
    return seen;
  }

  test('says its secret to the socket that the runner made, and to no other in its place', async () => {
    const path = join(root, 'runner.sock');
    const runner = await listener(path);
    const key = { ...createRunnerKey(), socket: runner.number };
    await assert.rejects(connectRunner(path, key, news), RunnerGone);
    assert.ok(runner.heard.includes(key.secret));
    await rename(path, join(root, 'moved.sock'));
    const stranger = await listener(path);
    await assert.rejects(connectRunner(path, key, news), { code: 'sandbox.lost' });
    assert.equal(stranger.heard, '');
  });

  test('the key is kept for a later host, readable by this user only; what is no key is none', async () => {
    const path = join(root, 'key.json');
    assert.equal(await readRunnerKey(path), null);
    const key = createRunnerKey();
    assert.notEqual(key.secret, createRunnerKey().secret);
    await saveRunnerKey(path, key);
    assert.deepEqual(await readRunnerKey(path), key);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await saveRunnerKey(path, { ...key, secret: '' });
    assert.equal(await readRunnerKey(path), null);
  });
});
