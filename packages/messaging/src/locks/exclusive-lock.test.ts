import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { takeExclusiveLock } from './exclusive-lock.ts';

const script = `
  const { takeExclusiveLock } = await import(${JSON.stringify(new URL('./exclusive-lock.ts', import.meta.url).href)});
  globalThis.lock = takeExclusiveLock(process.argv[1]);
  console.log(lock === null ? 'refused' : 'taken');
  if (lock !== null) setInterval(() => {}, 1000);`;

/** Another process that tries to take the lock and, when it has it, keeps it until it is killed. */
async function tryElsewhere(path: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const [answer] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    answer: answer.toString().trim(),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

describe('exclusive lock', () => {
  it('has one holder in the machine, and is free again when the holder is killed or lets go', async (test) => {
    const folder = mkdtempSync(join(tmpdir(), 'nova-lock-'));
    test.after(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'some.lock');
    {
      await using holder = await tryElsewhere(path);
      assert.equal(holder.answer, 'taken');
      assert.equal(takeExclusiveLock(path), null);
    }
    {
      using mine = takeExclusiveLock(path);
      assert.equal(mine?.path, path);
      // A refused attempt in the holder's own process must not loosen the holder's lock.
      assert.equal(takeExclusiveLock(path), null);
      await using other = await tryElsewhere(path);
      assert.equal(other.answer, 'refused');
    }
    await using next = await tryElsewhere(path);
    assert.equal(next.answer, 'taken');
  });

  it('says what is wrong when the file cannot be made', () => {
    assert.throws(() => takeExclusiveLock('/nonexistent/folder/some.lock'));
  });
});
