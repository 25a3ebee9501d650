import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import {
  type NovaError,
  repairEvaluate,
  runnerMethods,
  runnerProtocolVersion,
  type SandboxDriverName,
  type SandboxSpec,
  testsRun,
} from '@nova/core';
import { createBubblewrapDriver } from './bubblewrap-driver.ts';
import type { SandboxDriver } from './driver.ts';
import { processesWith } from './driver-contract.ts';
import { installationTarget, sandboxFolder } from './layout.ts';
import { createPlainDriver } from './plain-driver.ts';
import { Sandboxes } from './sandboxes.ts';
import { findToolchain } from './toolchain.ts';

const installation = resolve(import.meta.dirname, '..', '..', '..', '..');
const path = process.env['PATH'] ?? '/usr/bin:/bin';

/** The installed runner with its real tools, in real sandboxes. */
for (const driver of ['bubblewrap', 'none'] as const satisfies SandboxDriverName[]) {
  describe(`the code under test in sandbox ${driver}`, () => {
    let root = '';
    let token = '';
    let spec: SandboxSpec;
    let sandboxes: Sandboxes;

    beforeEach(() => {
      root = realpathSync(mkdtempSync(join(tmpdir(), 'nova runs ')));
      token = `token-${randomUUID()}`;
      sandboxes = create();
    });
    afterEach(async () => {
      await sandboxes.release('T1');
      rmSync(root, { recursive: true, force: true });
    });

    function create(started: () => Promise<void> = async () => {}): Sandboxes {
      const repository = join(root, 'repository');
      const watched = (inner: SandboxDriver): SandboxDriver => ({
        ...inner,
        start: async (request) => {
          const process = await inner.start(request);
          await started();
          return process;
        },
      });
      return new Sandboxes({
        folder: join(root, 'instances'),
        drivers: {
          bubblewrap: watched(createBubblewrapDriver({ records: join(root, 'records', 'bubblewrap') })),
          none: watched(createPlainDriver({ records: join(root, 'records', 'none') })),
        },
        createClone: async ({ commit, folder }) => {
          execFileSync('git', ['clone', '-q', '--no-checkout', repository, folder]);
          execFileSync('git', ['checkout', '-q', '--detach', commit], { cwd: folder });
        },
        mirrorObjects: () => join(repository, '.git', 'objects'),
        environmentMounts: async () => ({ mounts: [], variables: {}, pathEntries: [], links: [] }),
        toolchain: () =>
          findToolchain({
            path,
            home: '/nonexistent',
            novaNode: process.execPath,
            installation: { source: installation, target: installationTarget, writable: false },
          }),
        installation,
        runnerEntry: 'apps/runner/src/main.ts',
        hostPath: path,
        hostNode: process.execPath,
        locale: {},
      });
    }

    /** A repository with these files; inside, its clone lies below a folder for temporary files. */
    function repository(files: Readonly<Record<string, string>>): void {
      const folder = join(root, 'repository');
      mkdirSync(folder);
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
      const git = (...args: string[]) =>
        execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@localhost', ...args], {
          cwd: folder,
          encoding: 'utf8',
        });
      git('init', '-q');
      git('add', '.');
      git('commit', '-qm', 'first');
      spec = {
        id: 'work',
        task: 'T1',
        role: 'work',
        mirror: 'mirror',
        commit: git('rev-parse', 'HEAD').trim(),
        environment: null,
        path: '/tmp/of mine/app',
        driver,
        limits: { memoryBytes: 1024 ** 3, processes: 256, callSeconds: 120 },
      };
    }

    async function call(callId: string, tool: string, input: unknown): Promise<unknown> {
      const signal = new AbortController().signal;
      const news = { output: () => {}, progress: () => {} };
      const { result } = await sandboxes.call(spec, { callId, tool, input, signal, news });
      assert.ok(result.ok, JSON.stringify(result));
      return result.output;
    }

    const run = async (callId: string, command: string) =>
      testsRun.output.parse(await call(callId, testsRun.name, { command, timeoutSeconds: 60 }));

    test('is lost when its runner is killed while it starts, and the same call makes a fresh sandbox', async () => {
      repository({ 'a.js': '' });
      let kills = 0;
      sandboxes = create(async () => {
        if (kills > 0) return;
        const records = join(root, 'records', driver);
        const [record = ''] = readdirSync(records).filter((file) => file.endsWith('.json'));
        const { processes } = JSON.parse(readFileSync(join(records, record), 'utf8')) as {
          processes: { pid: number }[];
        };
        // The innermost one: what waits for it ends with its number.
        process.kill(processes.at(-1)?.pid ?? Number.NaN, 'SIGKILL');
        kills += 1;
      });
      const failure = await call('c1', testsRun.name, { command: 'exit 3', timeoutSeconds: 60 }).catch(
        (thrown: unknown) => thrown,
      );
      assert.equal(kills, 1);
      assert.equal((failure as NovaError).code, 'sandbox.lost', String(failure));
      assert.equal((await run('c1', 'exit 3')).exitCode, 3);
    });

    test('no run of a call finds what another left, in files or in processes', async () => {
      const folders = driver === 'bubblewrap' ? '"$TMPDIR" "$HOME" /tmp /var/tmp /dev/shm' : '"$TMPDIR" "$HOME"';
      const unmarked = driver === 'bubblewrap' ? 'env -i' : '';
      repository({
        'value.js': 'module.exports = 1;\n',
        'check.sh': `for folder in ${folders}; do [ -e "$folder/left" ] && exit 0; done
for folder in ${folders}; do mkdir -p "$folder/left/deep" && touch "$folder/.left" && chmod 500 "$folder/left"; done
setsid ${unmarked} /bin/sh -c 'while kill -0 $1; do :; done; while :; do echo "module.exports = 2;" > value.js; done' ${token} $$ >/dev/null 2>&1 &
node -e 'process.exit(require("./value.js") === 2 ? 0 : 1)'
`,
      });
      const command = 'sh check.sh';
      const { exitCode, tests, counted } = await run('a', command);
      assert.equal(exitCode, 1);
      const values = [3, 4, 2];
      const { verdicts } = repairEvaluate.output.parse(
        await call('b', repairEvaluate.name, {
          candidates: values.map((value, rank) => ({
            id: String(value),
            template: 'literal',
            rank,
            score: 1,
            edits: [{ path: 'value.js', start: 17, end: 18, text: String(value) }],
            explanation: 'another number',
          })),
          command,
          timeoutSeconds: 60,
          baselineFailing: tests.filter(({ status }) => status === 'failed'),
          counted,
          target: [],
          enough: values.length,
        }),
      );
      const outcomes = verdicts.map(({ outcome }) => outcome);
      assert.deepEqual(outcomes, ['still-failing', 'still-failing', 'plausible']);
      assert.deepEqual(await processesWith(token), []);
      assert.equal((await run('c', command)).exitCode, 1);
    });

    test('reaches the socket of its runner, but learns no secret there and is not obeyed', async () => {
      const folder = sandboxFolder(join(root, 'instances'), 'T1', 'work');
      const socket = driver === 'bubblewrap' ? '/nova/run/runner.sock' : folder.socket;
      repository({
        'speak.js': `
          const { connect } = require('node:net');
          const { readFileSync, readdirSync } = require('node:fs');
          const socket = ${JSON.stringify(socket)};
          const seen = readdirSync('/proc').filter(Number).flatMap((pid) => {
            try { return [readFileSync('/proc/' + pid + '/environ', 'utf8')]; } catch { return []; }
          }).filter((text) => text.includes(socket));
          const start = JSON.parse(/NOVA_RUNNER=([^\\0]+)/.exec(seen[0])[1]);
          const ask = (method, params) => new Promise((done) => {
            let text = '';
            const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
            const line = connect(socket, () => line.write('Content-Length: ' + body.length + '\\r\\n\\r\\n' + body));
            line.on('data', (bytes) => { text += bytes; });
            line.on('close', () => done(text));
          });
          (async () => {
            console.log(await ask('${runnerMethods.hello}', { protocol: ${runnerProtocolVersion}, secret: start.secretHash }));
            console.log(await ask('${runnerMethods.cancel}', { callId: 'a' }));
            console.log(seen.join('\\n'));
          })();`,
      });
      const { exitCode, outputTail } = await run('a', 'node speak.js');
      assert.equal(exitCode, 0, outputTail);
      assert.match(outputTail, /Only the host of this sandbox/);
      assert.match(outputTail, /first message must be hello/);
      const { secret } = JSON.parse(readFileSync(folder.runnerKey, 'utf8')) as { secret: string };
      assert.ok(outputTail.includes('secretHash') && !outputTail.includes(secret));
    });

    test('a later host is let in; without its key, or past another socket, it makes a fresh sandbox', async () => {
      repository({ 'a.txt': 'a' });
      const folder = sandboxFolder(join(root, 'instances'), 'T1', 'work');
      const witness = join(folder.root, 'witness');
      const adopted = async () => {
        await sandboxes.detach();
        sandboxes = create();
        await run(randomUUID(), 'true');
        const same = existsSync(witness);
        writeFileSync(witness, '');
        return same;
      };
      await run('a', 'true');
      writeFileSync(witness, '');
      assert.equal(await adopted(), true);
      rmSync(folder.runnerKey);
      assert.equal(await adopted(), false);
      renameSync(folder.socket, `${folder.socket}.moved`);
      const stranger = createServer(() => assert.fail('nobody speaks to the stranger')).listen(folder.socket);
      await once(stranger, 'listening');
      assert.equal(await adopted(), false);
      stranger.close();
    });
  });
}
