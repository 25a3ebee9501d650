// Engines: bubblewrap, registry
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Place, shop } from '../test/faults/nova.ts';

const checkout = join(import.meta.dirname, '..');

/** The files of this checkout as they are committed or about to be, and nothing that was installed or made. */
function clone(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nova-clone-'));
  const git = (...args: string[]) => execFileSync('git', ['-C', checkout, ...args], { maxBuffer: 1 << 28 });
  const listed = git('ls-files', '-z', '--cached', '--others', '--exclude-standard').toString().split('\0');
  const files = listed.filter((path) => path !== '' && existsSync(join(checkout, path)));
  const packed = spawnSync('tar', ['-C', checkout, '--null', '-T', '-', '-cf', '-'], {
    input: files.join('\0'),
    maxBuffer: 1 << 28,
  });
  execFileSync('tar', ['-C', folder, '-xf', '-'], { input: packed.stdout });
  return folder;
}

describe('a fresh clone', () => {
  it('starts with one command on embedded defaults, and runs its tests with one', () => {
    const folder = clone();
    try {
      assert.equal(existsSync(join(folder, 'node_modules')), false);
      using place = new Place();
      const repository = place.repository('shop', shop);
      const fix = ['fix', '--repo', repository, '--test', 'node --test', '--json'];
      const environment = { ...process.env, NOVA_HOME: place.home };
      const ran = spawnSync(join(folder, 'bin/nova'), fix, { encoding: 'utf8', env: environment });
      assert.equal(ran.status, 0, ran.stderr);
      assert.equal((JSON.parse(ran.stdout) as { outcome: string }).outcome, 'delivered');
      assert.equal(place.processes().all.length, 0);

      // A run inside a run would take itself for a file of the outer one.
      const { NODE_TEST_CONTEXT: _context, ...plain } = process.env;
      const tested = spawnSync(join(folder, 'bin/test'), ['packages/core/src/words'], { encoding: 'utf8', env: plain });
      assert.equal(tested.status, 0, tested.stdout + tested.stderr);
      assert.match(tested.stdout.trimEnd().split('\n').at(-1) ?? '', /^[1-9]\d* passed, 0 failed, 0 skipped$/);
      const record = readFileSync(join(folder, 'node_modules/.cache/nova/tests.json'), 'utf8');
      assert.ok(record.includes('packages/core/src/words'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
