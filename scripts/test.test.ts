import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';

const script = join(import.meta.dirname, 'test.ts');
const head = "import assert from 'node:assert/strict';\nimport { describe, it, test } from 'node:test';\n";
let root: string;

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** Stands in for scripts/engines.sh: says the same of every engine that it is asked about. */
function engines(state: 'up' | 'down'): void {
  const each = `for name in "$@"; do printf '%s\\t${state}\\tinstall %s\\n' "$name" "$name"; done`;
  write('scripts/engines.sh', `#!/bin/sh\nshift\n${each}\n[ ${state} = up ]\n`);
  chmodSync(join(root, 'scripts/engines.sh'), 0o755);
}

function run(args: readonly string[] = [], extra: Readonly<Record<string, string>> = {}) {
  // Without this the inner run would think that it is a file of the outer one.
  const { NODE_TEST_CONTEXT: _context, NOVA_CI: _strict, ...env } = process.env;
  const result = spawnSync(process.execPath, [script, '--root', root, ...args], {
    encoding: 'utf8',
    env: { ...env, ...extra },
  });
  return { ...result, last: result.stdout.trimEnd().split('\n').at(-1) };
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nova-test-'));
  engines('down');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('bin/test', () => {
  it('counts passed, failed and skipped tests, nested ones too, and shows a failure in full', () => {
    write('packages/a/slow.test.ts', `${head}it('waits', () => new Promise((done) => setTimeout(done, 300)));\n`);
    write(
      'packages/a/src/mixed.test.ts',
      `${head}describe('outer', () => { it('good', () => {}); it('bad', (t) => { console.log('a hint'); t.diagnostic('seed 7'); assert.equal(41, 42); }); it.skip('later', () => {}); });
       test('parent', async (t) => { await t.test('child', () => {}); });\n`,
    );
    const { stdout, last, status } = run();
    assert.equal(last, '4 passed, 1 failed, 1 skipped');
    assert.equal(status, 1);
    assert.match(stdout, /outer > bad\n {2}at packages\/a\/src\/mixed\.test\.ts:3\n/);
    assert.match(stdout, /41 !== 42/);
    assert.match(stdout, /^FAILED packages\/a\/src\/mixed\.test\.ts: outer > bad: .*Expected values.*$/m);
    assert.match(stdout, /a hint/);
    assert.match(stdout, /^ +seed 7$/m);
    assert.match(stdout, /skipped: outer > later/);
    const record = JSON.parse(readFileSync(join(root, 'node_modules/.cache/nova/tests.json'), 'utf8'));
    assert.deepEqual(record['packages/a/src/mixed.test.ts'].outcomes, {
      'outer > good': 'passed',
      'outer > bad': 'failed',
      'outer > later': 'skipped',
      'parent > child': 'passed',
      parent: 'passed',
    });
  });

  it('shows what a file that passed said of its run when it is asked to', () => {
    write(
      'packages/a/told.test.ts',
      `${head}it('good', (t) => { t.diagnostic('a table'); console.log('a line'); });\n`,
    );
    assert.doesNotMatch(run().stdout, /a table|a line/);
    const { stdout } = run(['--verbose']);
    assert.match(stdout, /^ {4}a table$/m);
    assert.match(stdout, /^ {4}a line$/m);
    assert.doesNotMatch(stdout, /duration_ms/);
  });

  it('fails a file that cannot be loaded, that ends itself early, or that has no test', () => {
    write('apps/a/broken.test.ts', "import './absent.ts';\n");
    write('apps/a/empty.test.ts', 'export {};\n');
    write(
      'apps/a/quits.test.ts',
      `${head}it('good', () => {});\nprocess.on('exit', () => { process.exitCode = 3; });\n`,
    );
    const { stdout, last, status } = run();
    assert.equal(last, '1 passed, 3 failed, 0 skipped');
    assert.equal(status, 1);
    assert.match(stdout, /Cannot find module/);
    assert.match(stdout, /This file ran no test/);
  });

  it('keeps from the tests how the caller likes programs to talk, and which repository a hook is about', () => {
    write(
      'packages/a/clean.test.ts',
      `${head}it('clean', () => { for (const name of ['CI', 'NO_COLOR', 'GIT_DIR', 'NOVA_HOME']) assert.equal(process.env[name], undefined); assert.equal(process.env.KEPT, 'yes'); });\n`,
    );
    const caller = { CI: 'true', NO_COLOR: '1', GIT_DIR: '/absent', NOVA_HOME: '/absent', KEPT: 'yes' };
    assert.equal(run([], caller).last, '1 passed, 0 failed, 0 skipped');
  });

  it('ends a file that hangs, with all that it started, names the test, and goes on with the others', () => {
    write('packages/a/other.test.ts', `${head}it('good', () => {});\n`);
    // The child holds the output and ignores being asked to end; the test waits for ever.
    write(
      'packages/a/hangs.test.ts',
      `${head}import { spawn } from 'node:child_process';
       it('first', () => {});
       describe('outer', () => { it('waits for ever', async () => {
         const child = spawn('sh', ['-c', 'trap "" TERM; while :; do sleep 1; done'], { stdio: 'inherit', detached: true });
         console.log('child', child.pid);
         await new Promise((done) => setInterval(done, 1e9));
       }); });\n`,
    );
    const { stdout, last, status } = run(['--patience', '3']);
    assert.equal(last, '2 passed, 1 failed, 0 skipped');
    assert.equal(status, 1);
    assert.match(stdout, /did not end within 3 s and was ended\. Running then: .*outer > waits for ever/);
    const child = Number(/child (\d+)/.exec(stdout)?.[1]);
    assert.ok(child > 0);
    // Gone, or dead and not yet collected by whoever inherited it.
    const state = existsSync(`/proc/${child}/stat`) ? readFileSync(`/proc/${child}/stat`, 'utf8') : ') Z';
    assert.match(state, /\) [ZX]/);
  });

  it('is a failure when no test ran, and takes parts of paths', () => {
    write('packages/a/one.test.ts', `${head}it('one', () => {});\n`);
    assert.deepEqual(pick(run(['absent'])), { last: '0 passed, 0 failed, 0 skipped', status: 1 });
    assert.deepEqual(pick(run(['a/one'])), { last: '1 passed, 0 failed, 0 skipped', status: 0 });
    assert.equal(run(['--bogus']).status, 2);
  });

  it('lists engine tests without their engine as skipped, with the way to get it', () => {
    write('packages/a/one.test.ts', `${head}it('one', () => {});\n`);
    write('packages/a/wall.engine.test.ts', `${head}it('wall', () => {});\n`);
    write('packages/a/fetch.engine.test.ts', `// Engines: bubblewrap, registry\n${head}it('fetch', () => {});\n`);
    const { stdout, last, status } = run();
    assert.deepEqual({ last, status }, { last: '1 passed, 0 failed, 2 skipped', status: 0 });
    assert.match(stdout, /skipped packages\/a\/wall\.engine\.test\.ts: needs bubblewrap: install bubblewrap/);
    assert.match(stdout, /fetch\.engine\.test\.ts: needs registry: install registry/);
    assert.equal(run([], { NOVA_CI: '1' }).last, '1 passed, 2 failed, 0 skipped');
    engines('up');
    assert.equal(run([], { NOVA_CI: '1' }).last, '3 passed, 0 failed, 0 skipped');
  });

  it('counts a skip inside an engine test as a failure where engines must be there', () => {
    engines('up');
    write('packages/a/wall.engine.test.ts', `${head}it.skip('wall', () => {});\nit('other', () => {});\n`);
    assert.equal(run().last, '1 passed, 0 failed, 1 skipped');
    assert.deepEqual(pick(run([], { NOVA_CI: '1' })), { last: '1 passed, 1 failed, 0 skipped', status: 1 });
  });

  it('prints one JSON document on request', () => {
    write('packages/a/one.test.ts', `${head}it('one', () => {});\n`);
    assert.deepEqual(JSON.parse(run(['--json']).stdout), {
      passed: 1,
      failed: 0,
      skipped: 0,
      tests: [{ file: 'packages/a/one.test.ts', test: 'one', outcome: 'passed' }],
    });
  });
});

function pick({ last, status }: ReturnType<typeof run>) {
  return { last, status };
}
