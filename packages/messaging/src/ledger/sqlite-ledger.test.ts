import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { systemClock } from '@nova/core';
import { coded, ledgerContract, sampleEvent } from './contract.ts';
import type { Ledger } from './ledger.ts';
import { openSqliteLedger } from './sqlite-ledger.ts';
import { openSqliteLedgerReader } from './sqlite-reader.ts';

class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'nova-ledger-'));
  readonly ledger = join(this.path, 'ledger.sqlite');

  open(): Promise<Ledger> {
    return openSqliteLedger({ path: this.ledger, clock: systemClock, ids: { event: randomUUID } });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

ledgerContract('SQLite', async () => {
  const folder = new Folder();
  let ledger = await folder.open();
  return {
    get ledger() {
      return ledger;
    },
    async reopen() {
      await ledger[Symbol.asyncDispose]();
      ledger = await folder.open();
      return ledger;
    },
    async [Symbol.asyncDispose]() {
      await ledger[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
});

describe('SQLite ledger', () => {
  it('has one writer and any number of readers', async () => {
    using folder = new Folder();
    await using reader = await openSqliteLedgerReader({ path: folder.ledger });
    assert.equal(await reader.head(), 0);
    await using ledger = await folder.open();
    await assert.rejects(folder.open(), coded('ledger.locked'));
    await using beside = await openSqliteLedgerReader({ path: folder.ledger });
    await ledger.append('s', [sampleEvent({ n: 1 })], { expectedVersion: 0, key: 'k' });
    assert.equal(await beside.head(), 1);
    assert.deepEqual(await beside.verify(), { events: 1, streams: 1 });
    await ledger[Symbol.asyncDispose]();
    await using next = await folder.open();
    assert.equal(await next.head(), 1);
  });

  it('answers appends that were under way when it was closed', async () => {
    using folder = new Folder();
    const ledger = await folder.open();
    const appends = Array.from({ length: 50 }, (_, n) =>
      ledger.append('s', [sampleEvent({ n })], { expectedVersion: 'any', key: `k${n}` }),
    );
    await ledger[Symbol.asyncDispose]();
    assert.equal((await Promise.all(appends)).length, 50);
    await using reader = await openSqliteLedgerReader({ path: folder.ledger });
    assert.equal(await reader.head(), 50);
  });

  it('takes everything that is waiting into one transaction', async () => {
    using folder = new Folder();
    await using ledger = await folder.open();
    const appends = Array.from({ length: 400 }, (_, n) =>
      ledger.append('s', [sampleEvent({ n })], { expectedVersion: 'any', key: `k${n}` }),
    );
    await Promise.all(appends);
    // One page a transaction at the least would make the write-ahead log several times larger.
    const pages = statSync(`${folder.ledger}-wal`).size / 4120;
    assert.ok(pages < 400, `${pages} pages were logged for 400 appends`);
  });

  it('calls a file that is no ledger corrupt, and leaves it alone', async () => {
    using folder = new Folder();
    writeFileSync(folder.ledger, 'not a database '.repeat(1000));
    await assert.rejects(folder.open(), coded('ledger.corrupt'));
    await assert.rejects(openSqliteLedgerReader({ path: folder.ledger }), coded('ledger.corrupt'));
    assert.equal(statSync(folder.ledger).size, 15_000);
    rmSync(folder.ledger);
    using foreign = new DatabaseSync(folder.ledger);
    foreign.exec('CREATE TABLE other (x)');
    await assert.rejects(folder.open(), coded('ledger.corrupt'));
  });

  it('finds what was torn, changed, removed or moved', async () => {
    const harms: Record<string, (database: DatabaseSync) => void> = {
      changed: (database) =>
        database.exec('UPDATE events SET event = replace(event, \'"n":3\', \'"n":4\') WHERE position = 3'),
      removed: (database) => database.exec('DELETE FROM events WHERE position = 2'),
      'last removed': (database) => database.exec('DELETE FROM events WHERE position = 5'),
      moved: (database) => database.exec("UPDATE events SET stream = 'other' WHERE position = 5"),
      'not JSON': (database) => database.exec("UPDATE events SET event = '{' WHERE position = 4"),
    };
    for (const [name, harm] of Object.entries(harms)) {
      using folder = new Folder();
      {
        await using ledger = await folder.open();
        for (let n = 1; n <= 5; n++)
          await ledger.append('s', [sampleEvent({ n })], { expectedVersion: 'any', key: `k${n}` });
      }
      await using reader = await openSqliteLedgerReader({ path: folder.ledger });
      await reader.verify();
      using database = new DatabaseSync(folder.ledger);
      harm(database);
      await assert.rejects(reader.verify(), coded('ledger.corrupt'), name);
    }
  });

  it('says corrupt, not something else, when the file was cut short', async () => {
    using folder = new Folder();
    {
      await using ledger = await folder.open();
      const text = 'x'.repeat(3000);
      for (let n = 0; n < 40; n++)
        await ledger.append('s', [sampleEvent({ n, text })], { expectedVersion: 'any', key: `k${n}` });
    }
    truncateSync(folder.ledger, 5 * 4096);
    await assert.rejects(async () => {
      await using reader = await openSqliteLedgerReader({ path: folder.ledger });
      await reader.verify();
    }, coded('ledger.corrupt'));
  });

  it('refuses data that JSON cannot hold, and goes on', async () => {
    using folder = new Folder();
    await using ledger = await folder.open();
    await assert.rejects(ledger.append('s', [sampleEvent({ n: 1n })], { expectedVersion: 'any', key: 'bad' }));
    await ledger.append('s', [sampleEvent({})], { expectedVersion: 0, key: 'good' });
    assert.equal(await ledger.head(), 1);
  });
});
