import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { createBubblewrapDriver } from './bubblewrap-driver.ts';
import type { Mount } from './driver.ts';
import { describeSandboxDriver } from './driver-contract.ts';

describeSandboxDriver('bubblewrap', (records) => createBubblewrapDriver({ records }));

describe('the walls of bubblewrap', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'nova walls '));
    await mkdir(join(root, 'work'));
    await writeFile(join(root, 'secret'), 'the secret');
  });
  afterEach(() => rm(root, { recursive: true }));

  const node: Mount = { source: process.execPath, target: process.execPath, writable: false };

  async function inside(script: string, mounts: readonly Mount[] = []): Promise<string> {
    const driver = createBubblewrapDriver({ records: join(root, 'records') });
    await using sandbox = await driver.start({
      id: 'walls',
      command: ['/bin/sh', '-c', script],
      workingFolder: '/inside',
      environment: { PATH: '/usr/bin:/bin', HOME: '/tmp/home' },
      mounts: [node, { source: join(root, 'work'), target: '/inside', writable: true }, ...mounts],
      limits: { memoryBytes: 512 * 1024 * 1024, processes: 64, callSeconds: 60 },
      log: join(root, 'log'),
    });
    await sandbox.ended;
    return readFile(join(root, 'log'), 'utf8');
  }

  test('writes only into what was given to it', async () => {
    const shown = { source: root, target: '/shown', writable: false };
    const said = await inside(
      'for f in /usr/x /etc/x /x /shown/x /shown/secret /proc/sys/kernel/hostname; do (echo x > "$f") 2>/dev/null && echo "wrote $f"; done; echo fine > here; echo fine > /tmp/t; chmod 777 /usr 2>/dev/null && echo changed; echo done',
      [shown],
    );
    assert.equal(said.trim(), 'done');
    assert.equal(await readFile(join(root, 'work', 'here'), 'utf8'), 'fine\n');
    assert.equal(await readFile(join(root, 'secret'), 'utf8'), 'the secret');
  });

  test('shows no home folder, no secrets, no other user', async () => {
    const said = await inside(
      `for f in ${JSON.stringify(homedir())} /root /home ${JSON.stringify(root)} /etc/shadow /etc/ssh /etc/gitconfig /etc/sudoers /boot /mnt /srv /sys /var/lib /old_root; do [ -e "$f" ] && echo "sees $f"; done; ls -A "$HOME"; wc -l < /etc/passwd`,
    );
    assert.equal(said.trim(), '2');
  });

  test('sees and reaches no process outside', async () => {
    const said = await inside(
      `ls /proc | grep -c '^[0-9]'; kill -9 ${process.pid} && echo killed; kill -9 -1; echo no`,
    );
    const [count] = said.split('\n');
    assert.ok(Number(count) <= 6, said);
    assert.doesNotMatch(said, /^killed/m);
  });

  test("does not reach the machine's loopback nor its abstract sockets", async () => {
    const tcp = createServer().listen(0, '127.0.0.1');
    const abstract = createServer().listen(`\0nova-walls-${process.pid}`);
    await Promise.all([once(tcp, 'listening'), once(abstract, 'listening')]);
    const address = tcp.address();
    assert.ok(typeof address === 'object' && address !== null);
    try {
      const script = `const net = require('node:net');
        for (const to of [{ port: ${address.port}, host: '127.0.0.1' }, { path: '\\0nova-walls-${process.pid}' }, { port: 53, host: '192.0.2.1' }])
          net.connect(to).on('connect', () => { console.log('reached', to); process.exit(1); }).on('error', (e) => console.log(e.code));`;
      await writeFile(join(root, 'work', 'reach.cjs'), script);
      const said = await inside(`${JSON.stringify(process.execPath)} reach.cjs`);
      assert.deepEqual(said.trim().split('\n').sort(), ['ECONNREFUSED', 'ECONNREFUSED', 'ENETUNREACH']);
    } finally {
      tcp.close();
      abstract.close();
    }
  });

  test('changes no setting of the kernel', async () => {
    const said = await inside(
      "find /proc -maxdepth 4 -not -path '/proc/[0-9]*' -not -path '/proc/self*' -not -path '/proc/thread-self*' -type f -writable 2>/dev/null",
    );
    assert.equal(said.trim(), '');
  });

  test('gives no capability and no way to a new one', async () => {
    const said = await inside(
      'grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status; unshare -U true 2>/dev/null && echo nested; mount -t tmpfs x /tmp 2>/dev/null && echo mounted',
    );
    assert.match(said, /CapEff:\t0000000000000000/);
    assert.match(said, /CapBnd:\t0000000000000000/);
    assert.match(said, /NoNewPrivs:\t1/);
    assert.doesNotMatch(said, /nested|mounted/);
  });

  test('its temporary folder is its own and has a size', async () => {
    const said = await inside('head -c 400000000 /dev/zero > /tmp/big; wc -c < /tmp/big');
    assert.match(said, /No space left/);
    assert.deepEqual((await readdir(tmpdir())).includes('big'), false);
  });

  test('without bubblewrap it says how to get it', async () => {
    const driver = createBubblewrapDriver({
      records: join(root, 'records'),
      executable: join(root, 'no such program'),
    });
    assert.match((await driver.unavailable()) ?? '', /apt-get install bubblewrap.*--sandbox none/);
  });
});
