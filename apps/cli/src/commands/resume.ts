import { randomUUID } from 'node:crypto';
import { Command, Option } from 'commander';
import { ask } from '../link/server-link.ts';
import { Progress } from '../terminal/progress.ts';
import { accompany, printDetached, printResult } from './accompany.ts';
import { taskArgument } from './task-argument.ts';

interface ResumeOptions {
  readonly settle?: 'done' | 'again';
  readonly call?: string;
  readonly detach?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `nova resume T`: goes on with a paused or interrupted task. */
export function resumeCommand(): Command {
  return new Command('resume')
    .description('Go on with a paused or interrupted task; nothing that is known runs twice')
    .addArgument(taskArgument())
    .addOption(
      new Option('--settle <how>', 'what happened to the call whose outcome is unknown').choices(['done', 'again']),
    )
    .option('--call <id>', 'the call that --settle is about')
    .option('--detach', 'let it go on and leave; nova watch shows it')
    .option('--json', 'print the Result as JSON on standard output (with --detach: the task)')
    .option('--quiet', 'no progress on standard error')
    .addHelpText(
      'after',
      `
Examples:
  nova resume t4k2
  nova resume t4k2 --detach
  nova resume t4k2 --settle again --call t4k2…/1/delivery/branch.deliver/1

Ends as \`nova fix\` or \`nova review\` would have. Ctrl-C pauses the task again.`,
    )
    .action(async (id: string, options: ResumeOptions, command: Command) => {
      if ((options.settle === undefined) !== (options.call === undefined)) {
        command.error('error: --settle and --call go together');
      }
      const settle = options.settle && options.call ? { callId: options.call, how: options.settle } : null;
      const key = randomUUID();
      const json = options.json === true;
      const task = await ask(async (client) => {
        const found = await client.task(id);
        return found.state === 'finished' ? found : client.resume(found.id, { settle, key });
      });
      if (options.detach) return printDetached(task, json);
      const progress = new Progress(process.stderr, options.quiet === true);
      process.exitCode = await accompany(task.id, {
        progress,
        headline: `task ${task.id} on ${task.request.repository}`,
        onInterrupt: 'pause',
        finish: printResult(json),
      });
    });
}
