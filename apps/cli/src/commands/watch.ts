import { Command } from 'commander';
import { ask } from '../link/server-link.ts';
import { Progress } from '../terminal/progress.ts';
import { accompany, printResult } from './accompany.ts';
import { taskArgument } from './task-argument.ts';

interface WatchOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `nova watch T`: a task from its beginning to its end, as it happens. */
export function watchCommand(): Command {
  return new Command('watch')
    .description('Watch a task until it has ended or stands still')
    .addArgument(taskArgument())
    .option('--json', 'print the Result as JSON on standard output')
    .option('--quiet', 'no progress on standard error')
    .addHelpText(
      'after',
      `
Examples:
  nova watch t4k2
  nova watch latest --quiet --json | jq .outcome

Ends as \`nova fix\` or \`nova review\` would have. Ctrl-C only stops the watching: the task goes on, and the
exit code is 130, as it is when the task pauses or somebody stops the server.`,
    )
    .action(async (id: string, options: WatchOptions) => {
      const progress = new Progress(process.stderr, options.quiet === true);
      const task = await ask((client) => client.task(id));
      const finish = printResult(options.json === true);
      process.exitCode = await accompany(task.id, {
        progress,
        headline: `task ${task.id} on ${task.request.repository}`,
        onInterrupt: 'leave',
        finish,
      });
    });
}
