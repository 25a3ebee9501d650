import { randomUUID } from 'node:crypto';
import type { Client, TaskSummary } from '@nova/client';
import { countOf, NovaError, type TaskState } from '@nova/core';
import { Command } from 'commander';
import { connectIfRunning, ownDataFolder } from '../link/server-link.ts';
import { stopServer } from '../link/server-process.ts';
import { untilState } from '../link/until-state.ts';
import { patiently } from '../terminal/patience.ts';

interface DownOptions {
  readonly cancel?: boolean;
  readonly json?: boolean;
}

const underWay: readonly TaskState[] = ['queued', 'running', 'pausing', 'cancelling'];

/** `nova down`: stops the server and its host. */
export function downCommand(): Command {
  return new Command('down')
    .description('Stop the server; tasks under way go on with the next one')
    .option('--cancel', 'end the tasks under way first; what they found is kept in their Results')
    .option('--json', 'print what was stopped as JSON')
    .addHelpText(
      'after',
      `
Examples:
  nova down
  nova down --cancel

Paused tasks stay paused. What a task runs at this moment waits half a minute for the next server, then ends and runs again
later. Exit codes: 0, also when no server runs; 5 it does not end.`,
    )
    .action(async (options: DownOptions) => {
      const client = await connectIfRunning();
      if (client === null) {
        process.stdout.write(options.json ? '{ "stopped": false, "tasks": [] }\n' : 'No server runs.\n');
        return;
      }
      const tasks = await tasksUnderWay(client);
      if (options.cancel) await cancelAll(client, tasks);
      await patiently('stopping the server', stopServer(client, ownDataFolder()));
      const ids = tasks.map((task) => task.id);
      process.stdout.write(
        options.json
          ? `${JSON.stringify({ stopped: true, tasks: ids }, null, 2)}\n`
          : said(ids, options.cancel === true),
      );
    });
}

async function tasksUnderWay(client: Client): Promise<readonly TaskSummary[]> {
  const { fleet } = await client.fleet();
  return fleet.open.filter((task) => underWay.includes(task.state));
}

async function cancelAll(client: Client, tasks: readonly TaskSummary[]): Promise<void> {
  const reason = 'the server is stopped with nova down --cancel';
  const asked = await Promise.all(tasks.map((task) => client.cancel(task.id, { reason, key: randomUUID() })));
  for (const task of asked) {
    if ((await untilState(task, ['finished'], `ending task ${task.id}`)) === null) {
      throw new NovaError('task.cancelled', 'Interrupted: the server runs on, and the tasks are being cancelled.');
    }
  }
}

function said(ids: readonly string[], cancelled: boolean): string {
  if (ids.length === 0) return 'The server was stopped. No task was under way.\n';
  const tasks = `${countOf(ids.length, 'task')} (${ids.join(', ')})`;
  return cancelled
    ? `The server was stopped. Cancelled before: ${tasks}.\n`
    : `The server was stopped. With the next one, ${tasks} will go on: nova up, or any other command, starts it.\n`;
}
