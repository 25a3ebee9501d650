import { mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dataFolder, systemClock, toNovaError } from '@nova/core';
import { startHost } from './compose.ts';

// Set by a server that keeps its own files to itself; a branch in the person's repository has their usual modes.
const umask = process.env['NOVA_UMASK'];
if (umask !== undefined && /^[0-7]{1,4}$/.test(umask)) process.umask(umask);

const folder = dataFolder({
  env: process.env,
  home: homedir(),
  userId: process.getuid?.() ?? 0,
  temporary: tmpdir(),
});

// Whoever started it may be gone; its words then go nowhere, and that is fine.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

try {
  mkdirSync(folder.root, { recursive: true, mode: 0o700 });
  // Not to hold the folder in which somebody happened to start it.
  process.chdir(folder.root);
  const host = await startHost({ folder, environment: process.env, home: homedir(), clock: systemClock });
  process.stdout.write(`nova host ready: process ${process.pid}, socket ${folder.hostSocket}\n`);
  const asked = new Promise<string>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name));
  });
  const reason = await Promise.race([asked, host.idle.then(() => 'idle')]);
  await host.stop(reason);
  process.exit(0);
} catch (thrown) {
  const error = toNovaError(thrown);
  process.stderr.write(`nova host: ${error.message}\n`);
  process.exit(1);
}
