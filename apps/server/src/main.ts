import { toNovaError } from '@nova/core';
import { ownDataFolder, serve } from './compose.ts';
import { doctor } from './doctor/doctor.ts';

const [command = 'serve', ...rest] = process.argv.slice(2);

try {
  if (command === 'serve') await serve(ownDataFolder());
  else if (command === 'doctor') process.exitCode = await doctor(ownDataFolder(), rest.includes('--json'));
  else throw new Error(`The server has no subcommand ${command}.`);
} catch (thrown) {
  const error = toNovaError(thrown);
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level: 'fatal', ...error.toRecord() })}\n`);
  process.exitCode = 1;
}
