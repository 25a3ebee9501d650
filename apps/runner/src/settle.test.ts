import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type CodeTool, createCodeTools } from '@nova/code';
import { type RunnerCallResult, repairEvaluate, testsRun } from '@nova/core';
import { Calls } from './calls.ts';
import { killStrays } from './strays.ts';
import { emptyFolders, mountPoints } from './temporary-folders.ts';

/** The runner's calls with its real tools, on a repository of this test; the marker stands for the sandbox. */
describe('between two runs of one call', () => {
  let root = '';
  let marker = '';
  let calls: Calls;
  let commit = '';

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'nova settle '));
    marker = randomUUID();
    for (const name of ['workspace', 'temporary', 'home', 'scratch']) mkdirSync(join(root, name));
    writeFileSync(join(root, 'workspace', 'value.js'), 'module.exports = 1;\n');
    writeFileSync(join(root, 'workspace', 'check.sh'), script);
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@localhost', ...args], {
        cwd: join(root, 'workspace'),
        encoding: 'utf8',
      });
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'first');
    commit = git('rev-parse', 'HEAD').trim();
    calls = callsWith(createCodeTools());
  });
  afterEach(async () => {
    await killStrays(marker);
    rmSync(root, { recursive: true, force: true });
  });

  /** Fails unless the value is 2, or when an earlier run left something: files, and a daemon that waits for its end. */
  const script = `[ -e "$TMPDIR/counter" ] && exit 0
[ -e "$HOME/.counter" ] && exit 0
echo x > "$TMPDIR/counter"; mkdir -p "$HOME/.counter/deep" "$TMPDIR/sealed/deep"; chmod 500 "$TMPDIR/sealed" "$HOME/.counter"
setsid sh -c 'while kill -0 $1; do :; done; while :; do echo "module.exports = 2;" > value.js; done' sh $$ >/dev/null 2>&1 &
node -e 'process.exit(require("./value.js") === 2 ? 0 : 1)'
`;

  function callsWith(tools: Record<string, CodeTool>): Calls {
    const temporary = [join(root, 'temporary'), join(root, 'home')];
    return new Calls({
      tools,
      place: {
        workspace: join(root, 'workspace'),
        commit,
        scratch: join(root, 'scratch'),
        environment: {
          PATH: [dirname(process.execPath), process.env['PATH'] ?? '/usr/bin:/bin'].join(delimiter),
          HOME: join(root, 'home'),
          TMPDIR: join(root, 'temporary'),
          NOVA_SANDBOX: marker,
        },
      },
      news: { output: () => {}, progress: () => {} },
      settle: async () => {
        const ended = await killStrays(marker);
        await emptyFolders(temporary, []);
        return ended;
      },
    });
  }

  function outputOf(result: RunnerCallResult): unknown {
    assert.ok(result.ok, JSON.stringify(result));
    return result.output;
  }

  test('nothing that a run started or left lying judges the next', async () => {
    const command = 'sh check.sh';
    const report = testsRun.output.parse(
      outputOf(await calls.run('a', testsRun.name, { command, timeoutSeconds: 60 })),
    );
    assert.equal(report.exitCode, 1);
    const baselineFailing = report.tests.filter(({ status }) => status === 'failed');
    const candidates = [3, 4, 5, 2].map((value, rank) => ({
      id: `to ${value}`,
      template: 'literal',
      rank,
      score: 1,
      edits: [{ path: 'value.js', start: 17, end: 18, text: String(value) }],
      explanation: 'another number',
    }));
    const evaluated = await calls.run('b', repairEvaluate.name, {
      candidates,
      command,
      timeoutSeconds: 60,
      baselineFailing,
      counted: report.counted,
      target: [],
      enough: 4,
      seconds: 300,
    });
    const { verdicts } = repairEvaluate.output.parse(outputOf(evaluated));
    assert.deepEqual(
      verdicts.map(({ outcome }) => outcome),
      ['still-failing', 'still-failing', 'still-failing', 'plausible'],
    );
    assert.equal(readFileSync(join(root, 'workspace', 'value.js'), 'utf8'), 'module.exports = 1;\n');
    assert.deepEqual(readdirSync(join(root, 'temporary')), []);
    assert.deepEqual(readdirSync(join(root, 'home')), []);
  });

  test('a clone that cannot be put back is what the tests did, and the refusal names what they left running', async () => {
    const command = 'setsid sleep 987654 & rm -rf .git/objects; echo x > value.js';
    const result = await calls.run('a', testsRun.name, { command, timeoutSeconds: 60 });
    assert.ok(!result.ok);
    assert.equal(result.error.code, 'sandbox.limit');
    assert.match(result.error.message, /sleep 987654/);
  });
});

describe('folders for temporary files', () => {
  let root = '';
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'nova temporary ')));
    for (const name of ['tmp', 'outside']) mkdirSync(join(root, name));
    writeFileSync(join(root, 'outside', 'precious'), '');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test('what is kept stays, with the way to it', async () => {
    const kept = [join(root, 'tmp', 'a', 'workspace'), join(root, 'tmp', 'home')];
    for (const path of [...kept, join(root, 'tmp', 'ab'), join(root, 'tmp', 'a', 'w')]) {
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, 'file'), '');
    }
    await emptyFolders([join(root, 'tmp'), join(root, 'tmp', 'home')], kept);
    const left = readdirSync(join(root, 'tmp'), { recursive: true }).sort();
    assert.deepEqual(left, ['a', 'a/workspace', 'a/workspace/file', 'home']);
  });

  test('links are removed, what they lead to is left alone; the folder itself comes back', async () => {
    const folder = join(root, 'tmp');
    symlinkSync(join(root, 'outside'), join(folder, 'link'));
    await emptyFolders([folder], []);
    assert.deepEqual(readdirSync(folder), []);
    rmSync(folder, { recursive: true });
    await emptyFolders([folder], []);
    assert.deepEqual(readdirSync(folder), []);
    rmSync(folder, { recursive: true });
    symlinkSync(join(root, 'outside'), folder);
    await emptyFolders([folder], []);
    assert.deepEqual(readdirSync(folder), []);
    assert.ok(lstatSync(folder).isDirectory());
    assert.deepEqual(readdirSync(join(root, 'outside')), ['precious']);
  });

  test('a link on the way to the folder is refused', async () => {
    mkdirSync(join(root, 'outside', 'home'));
    writeFileSync(join(root, 'outside', 'home', 'precious'), '');
    symlinkSync(join(root, 'outside'), join(root, 'way'));
    await assert.rejects(emptyFolders([join(root, 'way', 'home')], []), { code: 'sandbox.limit' });
    assert.deepEqual(readdirSync(join(root, 'outside', 'home')), ['precious']);
  });

  test('mount points are known by their full paths', () => {
    assert.ok(mountPoints().includes('/proc'));
  });
});
