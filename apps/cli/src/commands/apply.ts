import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { leaveServer } from '../link/leave.ts';
import { connect } from '../link/server-link.ts';

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
    .argument('<task>', 'a task id, a unique beginning of one, or latest')
    .option('--json', 'print what was done as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  nova apply t4k2\n\nEither everything is applied or nothing: a conflict leaves the checkout as it was.',
    )
    .action(async (id: string, options: { json?: boolean }) => {
      const client = await connect();
      const applied = await client.apply(id, { key: randomUUID() });
      await leaveServer(client);
      const line = `${told[applied.how] ?? applied.how} HEAD is ${applied.head.slice(0, 10)}.`;
      process.stdout.write(options.json ? `${JSON.stringify(applied)}\n` : `${line}\n`);
    });
}
