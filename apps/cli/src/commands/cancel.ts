import { randomUUID } from 'node:crypto';
import { printable } from '@nova/core';
import { Command } from 'commander';
import { exitCodes } from '../exit-codes.ts';
import { ask } from '../link/server-link.ts';
import { untilState } from '../link/until-state.ts';
import { taskArgument } from './task-argument.ts';

/** `nova cancel T`: ends a task and every process of it; what was found is in its Result. */
export function cancelCommand(): Command {
  return new Command('cancel')
    .description('End a task and everything it runs; what was found is kept in its Result')
    .addArgument(taskArgument())
    .option('--reason <text>', 'why, for whoever looks at the task', 'a person asked for it')
    .option('--json', 'print the Result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  nova cancel t4k2
  nova cancel latest --reason "fixed by hand"

A cancelled task cannot be resumed; start from one of its steps with \`nova fork\`. Ctrl-C only stops the waiting.
Exit codes: 0; 2 there is no such task, or it has ended; 130 after Ctrl-C.`,
    )
    .action(async (id: string, options: { reason: string; json?: boolean }) => {
      const key = randomUUID();
      const asked = await ask((client) => client.cancel(id, { reason: options.reason, key }));
      const task = await untilState(asked, ['finished'], 'ending what runs');
      if (task === null) {
        process.stderr.write(`Stopped waiting; task ${asked.id} is being cancelled all the same.\n`);
        process.exitCode = exitCodes.interrupted;
        return;
      }
      const result = await ask((client) => client.result(task.id));
      process.stdout.write(
        options.json
          ? `${JSON.stringify(result, null, 2)}\n`
          : printable(
              `Task ${task.id} ended: ${result.outcome}. ${result.summary}\nSee what was found: nova show ${task.id}\n`,
            ),
      );
    });
}
