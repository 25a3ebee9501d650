import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { ask, connectIfRunning } from '../link/server-link.ts';
import { leaveServer } from '../link/server-process.ts';
import { taskArgument } from './task-argument.ts';

const told: Readonly<Record<string, string>> = {
  'fast-forward': 'Your branch was moved forward to the change.',
  merge: 'The change was merged with a merge commit.',
  'patched-files':
    'There is or was uncommitted work, so only the change itself was put into the files; it is not committed.',
  'already-applied': 'The change is in your checkout already.',
};

/** `nova apply T`: merges a delivered branch into what is checked out. */
export function applyCommand(): Command {
  return new Command('apply')
    .description("Merge a task's branch into what you have checked out")
    .addArgument(taskArgument())
    .option('--json', 'print what was done as JSON')
    .addHelpText(
      'after',
      `
Examples:
  nova apply t4k2
  nova apply latest --json | jq -r .head

Either everything is applied or nothing: a conflict leaves the checkout as it was.
Exit codes: 0; 2 there is no such task, or it delivered nothing; 3 a conflict.`,
    )
    .action(async (id: string, options: { json?: boolean }) => {
      const key = randomUUID();
      const applied = await ask((client) => client.apply(id, { key }));
      const client = await connectIfRunning();
      if (client) await leaveServer(client);
      const line = `${told[applied.how] ?? applied.how} HEAD is ${applied.head.slice(0, 10)}.`;
      process.stdout.write(options.json ? `${JSON.stringify(applied)}\n` : `${line}\n`);
    });
}
