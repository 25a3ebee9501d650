import { Command } from 'commander';
import { connect } from '../link/server-link.ts';
import { renderReport } from '../terminal/report.ts';

/** `nova show T`: the report of a task, or where it stands. */
export function showCommand(): Command {
  return new Command('show')
    .description('Print the report of a task, or where it stands')
    .argument('<task>', 'a task id, a unique beginning of one, or latest')
    .option('--json', 'print the Result (or the state) as JSON')
    .addHelpText('after', '\nExamples:\n  nova show t4k2\n  nova show t4k2 --json | jq .gate')
    .action(async (id: string, options: { json?: boolean }) => {
      const client = await connect();
      const task = await client.task(id);
      if (task.state === 'finished') {
        const result = await client.result(task.id);
        process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : renderReport(result));
        return;
      }
      if (options.json) {
        process.stdout.write(`${JSON.stringify(task, null, 2)}\n`);
        return;
      }
      const reason = task.reason === null ? '' : `\n${task.reason}`;
      const next = task.state === 'paused' ? `\nGo on with: nova resume ${task.id}` : '';
      process.stdout.write(`task ${task.id} is ${task.state}, stage ${task.stage ?? 'none yet'}${reason}${next}\n`);
    });
}
