import { randomUUID } from 'node:crypto';
import type { TaskSummary } from '@nova/client';
import { printable } from '@nova/core';
import { Command } from 'commander';
import { exitCodes } from '../exit-codes.ts';
import { ask } from '../link/server-link.ts';
import { untilState } from '../link/until-state.ts';
import { taskArgument } from './task-argument.ts';

interface PauseOptions {
  readonly now?: boolean;
  readonly reason: string;
  readonly json?: boolean;
}

/** `nova pause T`: stands still at the next journal boundary; nothing is lost and no step will run twice. */
export function pauseCommand(): Command {
  return new Command('pause')
    .description('Pause a task before its next step; what runs now comes to its end first')
    .addArgument(taskArgument())
    .option('--now', 'end what runs instead of waiting for it; that step runs again when the task goes on')
    .option('--reason <text>', 'why, for whoever looks at the task', 'a person asked for it')
    .option('--json', 'print the task as JSON')
    .addHelpText(
      'after',
      `
Examples:
  nova pause t4k2
  nova pause latest --now
  nova pause t4k2 --reason "the machine is needed"

Waits until the task stands still. Ctrl-C only stops the waiting. Go on with \`nova resume\`.
Exit codes: 0; 2 there is no such task, or it has ended; 130 after Ctrl-C.`,
    )
    .action(async (id: string, options: PauseOptions) => {
      const { reason, now } = options;
      const key = randomUUID();
      const asked = await ask((client) =>
        now ? client.interrupt(id, { reason, key }) : client.pause(id, { reason, key }),
      );
      const task = await untilState(asked, ['paused', 'finished'], 'bringing what runs to its end');
      if (task === null) {
        process.stderr.write(`Stopped waiting; task ${asked.id} pauses when what runs has ended.\n`);
        process.exitCode = exitCodes.interrupted;
        return;
      }
      process.stdout.write(options.json ? `${JSON.stringify(task, null, 2)}\n` : said(task));
    });
}

function said(task: TaskSummary): string {
  if (task.state === 'finished') return `Task ${task.id} ended before it could be paused: ${task.outcome}.\n`;
  const stage = task.stage === null ? '' : ` in stage ${task.stage}`;
  return printable(`Task ${task.id} is paused${stage}. Go on with: nova resume ${task.id}\n`);
}
