import { basename } from 'node:path';
import type { TaskSummary } from '@nova/client';
import { printable } from '@nova/core';
import { Command } from 'commander';
import { connect } from '../link/server-link.ts';

/** `nova tasks`: what was handed in, newest first. */
export function tasksCommand(): Command {
  return new Command('tasks')
    .description('List the tasks, newest first')
    .option('--json', 'print them as JSON')
    .addHelpText('after', '\nExamples:\n  nova tasks\n  nova tasks --json | jq -r ".[].id"')
    .action(async (options: { json?: boolean }) => {
      const { tasks } = await (await connect()).tasks({ limit: 200 });
      if (options.json) process.stdout.write(`${JSON.stringify(tasks, null, 2)}\n`);
      else if (tasks.length === 0)
        process.stdout.write('No task yet. Start one: nova fix --repo <folder> --test "<command>"\n');
      else process.stdout.write(`${tasks.map(row).join('\n')}\n`);
    });
}

/** What the task is about, in its own words. */
function subject({ request }: TaskSummary): string {
  if (request.kind === 'fix') return request.testCommand;
  return request.since === null ? 'review' : `review since ${request.since}`;
}

function row(task: TaskSummary): string {
  const state = task.outcome ?? (task.stage ? `${task.state} (${task.stage})` : task.state);
  const applied = task.appliedAt === null ? '' : '  applied';
  const when = task.submittedAt.slice(0, 16).replace('T', ' ');
  return printable(
    `${task.id}  ${when}  ${state.padEnd(18)}  ${basename(task.request.repository)}  ${subject(task)}${applied}`,
  );
}
