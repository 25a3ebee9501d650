import { randomUUID } from 'node:crypto';
import { taskRequestSchema } from '@nova/core';
import { Command } from 'commander';
import { exitCodeHelp } from '../exit-codes.ts';
import { ask } from '../link/server-link.ts';
import { Progress } from '../terminal/progress.ts';
import { accompany, printDetached, printResult } from './accompany.ts';
import { commonRequest, positive, type TaskOptions, withTaskOptions } from './task-options.ts';

interface FixOptions extends TaskOptions {
  readonly test: string;
  readonly runs?: number;
  readonly testTimeout?: number;
  readonly memory?: number;
  readonly json?: boolean;
}

/** `nova fix`: a failing test in a repository becomes a tested, reviewed branch. */
export function fixCommand(): Command {
  const command = new Command('fix')
    .description('Repair what makes a test fail, and leave a tested, reviewed branch nova/<task>')
    .requiredOption('--test <command>', 'the command that shows the failure, run at the top of the repository');
  return withTaskOptions(command)
    .option('--runs <count>', 'runs of the test command the task may spend (default: 1500)', positive)
    .option('--test-timeout <seconds>', 'wall time of one run of the test command (default: 120)', positive)
    .option(
      '--memory <MiB>',
      'memory that a sandbox may use, at least 256 (default: its share of half this machine, 1024 to 8192)',
      positive,
    )
    .option('--json', 'print the Result as JSON on standard output (with --detach: the task)')
    .addHelpText(
      'after',
      `${exitCodeHelp}
Examples:
  nova fix --repo ~/code/app --test "npm test"
  nova fix --test "python -m pytest tests/test_parse.py"
  nova fix --repo app --test "node --test" --json > result.json
  nova fix --repo app --test "npm test" --detach --priority high --instance forge

Nothing but the new branch changes in the repository; take the change with \`nova apply\`.
Uncommitted and untracked work is copied in, so a failing test need not be committed.
Ctrl-C pauses the task; \`nova resume\` goes on with it.`,
    )
    .action(async (options: FixOptions) => {
      const request = taskRequestSchema.parse({
        kind: 'fix',
        ...commonRequest(options),
        testCommand: options.test,
        budgetRuns: options.runs,
        testTimeoutSeconds: options.testTimeout,
        memoryMebibytes: options.memory,
      });
      const key = randomUUID();
      const task = await ask((client) => client.submit(request, { key }));
      const json = options.json === true;
      if (options.detach) return printDetached(task, json);
      const progress = new Progress(process.stderr, options.quiet === true);
      process.exitCode = await accompany(task.id, {
        progress,
        headline: `task ${task.id} on ${request.repository}`,
        onInterrupt: 'pause',
        finish: printResult(json),
      });
    });
}
