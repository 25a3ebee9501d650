import { randomUUID } from 'node:crypto';
import { Command, Option } from 'commander';
import { connect } from '../link/server-link.ts';
import { Progress } from '../terminal/progress.ts';
import { accompany } from './accompany.ts';

interface ResumeOptions {
  readonly settle?: 'done' | 'again';
  readonly call?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `nova resume T`: goes on with a paused or interrupted task. */
export function resumeCommand(): Command {
  return new Command('resume')
    .description('Go on with a paused or interrupted task; nothing that is known runs twice')
    .argument('<task>', 'a task id, a unique beginning of one, or latest')
    .addOption(
      new Option('--settle <how>', 'what happened to the call whose outcome is unknown').choices(['done', 'again']),
    )
    .option('--call <id>', 'the call that --settle is about')
    .option('--json', 'print the Result as JSON on standard output')
    .option('--quiet', 'no progress on standard error')
    .addHelpText(
      'after',
      '\nExamples:\n  nova resume t4k2\n  nova resume t4k2 --settle again --call t4k2…/1/delivery/branch.deliver/1',
    )
    .action(async (id: string, options: ResumeOptions, command: Command) => {
      if ((options.settle === undefined) !== (options.call === undefined)) {
        command.error('error: --settle and --call go together');
      }
      const client = await connect();
      const task = await client.task(id);
      const settle = options.settle && options.call ? { callId: options.call, how: options.settle } : null;
      if (task.state !== 'finished') await client.resume(task.id, { settle, key: randomUUID() });
      const progress = new Progress(process.stderr, options.quiet === true);
      process.exitCode = await accompany(client, task.id, progress, options.json === true);
    });
}
