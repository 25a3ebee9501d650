import { spawnSync } from 'node:child_process';
import { Command } from 'commander';
import { exitCodes } from '../exit-codes.ts';
import { ownDataFolder } from '../link/server-link.ts';
import { serverEntry } from '../link/start-server.ts';

/** `nova doctor`: this machine against minimum and recommended sizes and versions. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Hold this machine against minimum and recommended sizes and versions; say what to install')
    .option('--json', 'print the checks as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  nova doctor\n  nova doctor --json | jq .ready\n\nExit code 5 when something is missing.',
    )
    .action((options: { json?: boolean }) => {
      // Rejects a data folder that nothing may look into.
      ownDataFolder();
      const ran = spawnSync(process.execPath, [serverEntry, 'doctor', ...(options.json ? ['--json'] : [])], {
        stdio: 'inherit',
      });
      process.exitCode = ran.status ?? exitCodes.internal;
    });
}
