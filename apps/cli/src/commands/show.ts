import type { TaskSummary } from '@nova/client';
import { printable } from '@nova/core';
import { Command } from 'commander';
import { ask } from '../link/server-link.ts';
import { renderReport } from '../terminal/report.ts';
import { taskArgument } from './task-argument.ts';

/** `nova show T`: the report of a task, or where it stands. */
export function showCommand(): Command {
  return new Command('show')
    .description('Print the report of a task, or where it stands')
    .addArgument(taskArgument())
    .option('--json', 'print the Result (or the state) as JSON')
    .addHelpText(
      'after',
      `
Examples:
  nova show t4k2
  nova show t4k2 --json | jq .gate

Exit codes: 0; 2 there is no such task.`,
    )
    .action(async (id: string, options: { json?: boolean }) => {
      const task = await ask((client) => client.task(id));
      if (task.state === 'finished') {
        const result = await ask((client) => client.result(task.id));
        process.stdout.write(
          options.json ? `${JSON.stringify(result, null, 2)}\n` : renderReport(result, task.appliedAt),
        );
        return;
      }
      process.stdout.write(options.json ? `${JSON.stringify(task, null, 2)}\n` : stands(task));
    });
}

function stands(task: TaskSummary): string {
  const reason = task.reason === null ? '' : `\n${task.reason}`;
  const next = task.state === 'paused' ? `Go on with: nova resume ${task.id}` : `See it with: nova watch ${task.id}`;
  return printable(`task ${task.id} is ${task.state}, stage ${task.stage ?? 'none yet'}${reason}\n${next}\n`);
}
