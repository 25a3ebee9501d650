import { writeSync } from 'node:fs';
import { toNovaError } from '@nova/core';
import { ownDataFolder, serve } from './compose.ts';
import { doctor } from './doctor/doctor.ts';

// What this process makes is this person's own; the host, which writes into their repositories, gets their own umask back.
process.env['NOVA_UMASK'] = process.umask(0o077).toString(8);

const [command = 'serve', ...rest] = process.argv.slice(2);

try {
  if (command === 'serve') await serve(ownDataFolder());
  else if (command === 'doctor') process.exitCode = await doctor(ownDataFolder(), rest.includes('--json'));
  else throw new Error(`The server has no subcommand ${command}.`);
} catch (thrown) {
  const error = toNovaError(thrown);
  reportStart(JSON.stringify(error.toRecord()));
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level: 'fatal', ...error.toRecord() })}\n`);
  process.exitCode = 1;
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
