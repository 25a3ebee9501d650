import type { TaskQuery, TaskSummary } from '@nova/client';
import { taskStateSchema } from '@nova/core';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ask } from '../link/server-link.ts';
import { taskColumns } from '../tasks/task-columns.ts';
import { lineColumns } from '../terminal/columns.ts';
import { tableLines } from '../terminal/table.ts';

interface TasksOptions extends Pick<TaskQuery, 'state' | 'kind' | 'text'> {
  readonly limit: number;
  readonly json?: boolean;
}

const pageSize = 200;

/** `nova tasks`: what was handed in, newest first. */
export function tasksCommand(): Command {
  return new Command('tasks')
    .description('List the tasks, newest first')
    .addOption(new Option('--state <state>', 'only those in this state').choices(taskStateSchema.options))
    .addOption(new Option('--kind <kind>', 'only those of this kind').choices(['fix', 'review']))
    .option('--text <part>', 'only those whose id, repository, test command or instance contains this')
    .option('--limit <count>', 'how many at most', count, 50)
    .option('--json', 'print them as JSON')
    .addHelpText(
      'after',
      `
Examples:
  nova tasks
  nova tasks --state running
  nova tasks --kind review --limit 5
  nova tasks --json | jq -r ".[].id"

Exit codes: 0, also when there is none; 2 usage; 5 the server cannot be reached.`,
    )
    .action(async (options: TasksOptions) => {
      const { tasks, total } = await listed(options);
      if (options.json) process.stdout.write(`${JSON.stringify(tasks, null, 2)}\n`);
      else if (tasks.length === 0) process.stdout.write(`${nothing(options)}\n`);
      else {
        process.stdout.write(`${tableLines(taskColumns(Date.now()), tasks, lineColumns(process.stdout)).join('\n')}\n`);
      }
      if (total > tasks.length) process.stderr.write(`${tasks.length} of ${total} shown; --limit shows more.\n`);
    });
}

async function listed({ state, kind, text, limit }: TasksOptions): Promise<{ tasks: TaskSummary[]; total: number }> {
  const tasks: TaskSummary[] = [];
  for (let cursor: string | undefined; ; ) {
    const wanted = { limit: Math.min(pageSize, limit - tasks.length), ...(cursor === undefined ? {} : { cursor }) };
    const filter = { ...(state && { state }), ...(kind && { kind }), ...(text && { text }) };
    const page = await ask((client) => client.tasks({ ...filter, ...wanted }));
    tasks.push(...page.tasks);
    if (page.next === null || tasks.length >= limit) return { tasks, total: page.total };
    cursor = page.next;
  }
}

function nothing({ state, kind, text }: TasksOptions): string {
  if (state || kind || text) return 'No task is like that. `nova tasks` lists them all.';
  return 'No task yet. Start one: nova fix --repo <folder> --test "<command>"';
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It takes a whole number from 1.');
  return value;
}
