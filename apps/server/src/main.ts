import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { NovaError, toNovaError } from '@nova/core';
import { ownDataFolder, serve } from './compose.ts';
import { doctor } from './doctor/doctor.ts';
import { log } from './log.ts';

// What this process makes is this person's own; the host, which writes into their repositories, gets their own umask back.
process.env['NOVA_UMASK'] = process.umask(0o077).toString(8);

const defaultPort = 4177;

// The log may lie on a full disk, and whoever started the server may be gone: its words are then lost, and nothing else is.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const [command = 'serve', ...rest] = process.argv.slice(2);

try {
  if (command === 'serve') {
    await serve(ownDataFolder(), portOf(rest));
    // Everything is closed and on disk. A library's timer, such as that for the goodbye of a socket which is gone already, holds nobody up.
    process.exit();
  } else if (command === 'doctor') process.exitCode = await doctor(ownDataFolder(), rest.includes('--json'));
  else throw new Error(`The server has no subcommand ${command}.`);
} catch (thrown) {
  const error = toNovaError(thrown);
  reportStart(JSON.stringify(error.toRecord()));
  log('fatal', 'server.ended', { ...error.toRecord() });
  // Whatever was begun holds nobody up: what is recorded is on disk.
  process.exit(1);
}

/** The port that a server which stays listens on; null for one that serves its unix socket and leaves when nobody needs it. */
function portOf(rest: readonly string[]): number | null {
  const { values } = parseArgs({
    args: [...rest],
    options: { stay: { type: 'boolean', default: false }, port: { type: 'string', default: String(defaultPort) } },
  });
  if (!values.stay) return null;
  const port = Number(values.port);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535 && values.port.trim() !== '') return port;
  throw new NovaError('usage.invalid', `--port takes a number from 0 (any free one) to 65535, not ${values.port}.`);
}

/** Tells whoever started this process why it ends, on the descriptor they named. */
function reportStart(reason: string): void {
  const descriptor = Number(process.env['NOVA_START_REPORT']);
  if (!Number.isInteger(descriptor) || descriptor < 3) return;
  try {
    writeSync(descriptor, reason);
  } catch {
    // Nobody listens any more.
  }
}
