import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@nova/core';
import { coded, sampleEvent } from './contract.ts';
import { openSqliteLedger } from './sqlite-ledger.ts';
import { openSqliteLedgerReader } from './sqlite-reader.ts';

const fixture = fileURLToPath(new URL('./sqlite-crash.fixture.ts', import.meta.url));
const kills = 6;

/** A writer in a process of its own, and what it said was acknowledged. */
class Writer {
  readonly acknowledged: { key: string; position: number }[] = [];
  readonly child: ChildProcess;
  #waiting: { count: number; resolve: () => void } | null = null;
  #rest = '';

  constructor(path: string, generation: string) {
    this.child = spawn(process.execPath, [fixture, path, generation], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#take(text));
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [key, position] = line.split(' ');
      this.acknowledged.push({ key: String(key), position: Number(position) });
    }
    if (this.#waiting !== null && this.acknowledged.length >= this.#waiting.count) this.#waiting.resolve();
  }

  reached(count: number): Promise<void> {
    if (this.acknowledged.length >= count) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting = { count, resolve };
    });
  }

  async kill(): Promise<void> {
    const closed = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await closed;
  }
}

describe('SQLite ledger under kill -9', () => {
  it('has everything it acknowledged, whole appends only, after every kill', async (test) => {
    const folder = mkdtempSync(join(tmpdir(), 'nova-crash-'));
    test.after(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'ledger.sqlite');
    const points = Array.from({ length: kills }, () => randomInt(1, 1500));
    test.diagnostic(`killed after this many acknowledged appends: ${points.join(', ')}`);
    const acknowledged: { key: string; position: number }[] = [];
    for (const [index, point] of points.entries()) {
      const writer = new Writer(path, `g${index}`);
      await writer.reached(point);
      await writer.kill();
      acknowledged.push(...writer.acknowledged);
      await using reader = await openSqliteLedgerReader({ path });
      await reader.verify();
      await checkAcknowledged(reader, acknowledged);
    }
    // The last writer's lock died with it.
    await using ledger = await openSqliteLedger({ path, clock: systemClock, ids: { event: randomUUID } });
    const head = await ledger.head();
    const next = await ledger.append('s', [sampleEvent({})], { expectedVersion: 0, key: 'after' });
    assert.equal(next.position, head + 1);
  });

  it('lets only one of two processes write, and the other one after the first was killed', async (test) => {
    const folder = mkdtempSync(join(tmpdir(), 'nova-crash-'));
    test.after(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'ledger.sqlite');
    const writer = new Writer(path, 'first');
    await writer.reached(1);
    const options = { path, clock: systemClock, ids: { event: randomUUID } };
    await assert.rejects(openSqliteLedger(options), coded('ledger.locked'));
    await writer.kill();
    await using ledger = await openSqliteLedger(options);
    assert.ok((await ledger.head()) >= 1);
  });
});

async function checkAcknowledged(
  reader: Awaited<ReturnType<typeof openSqliteLedgerReader>>,
  acknowledged: readonly { key: string; position: number }[],
): Promise<void> {
  const events = await reader.readAll({ after: 0, limit: Number.MAX_SAFE_INTEGER });
  const parts = new Map<string, { count: number; size: number; last: number }>();
  for (const event of events) {
    const key = String(event.data['key']);
    const count = (parts.get(key)?.count ?? 0) + 1;
    parts.set(key, { count, size: Number(event.data['size']), last: event.position });
  }
  for (const [key, { count, size }] of parts) assert.equal(count, size, `the append ${key} is torn`);
  for (const { key, position } of acknowledged) {
    assert.equal(parts.get(key)?.last, position, `the acknowledged append ${key} is lost`);
  }
}
