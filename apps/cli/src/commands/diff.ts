import { NovaError, printable } from '@nova/core';
import { Command, InvalidArgumentError } from 'commander';
import { ask } from '../link/server-link.ts';
import { colorDiff } from '../terminal/report.ts';
import { taskArgument } from './task-argument.ts';

/** `nova diff T`: the delivered change, or one of the alternatives. */
export function diffCommand(): Command {
  return new Command('diff')
    .description('Print the change of a task as a unified diff')
    .addArgument(taskArgument())
    .option('--alternative <number>', 'another repair that passed the same tests, from 1', ordinal)
    .option('--json', 'print the change with its explanation as JSON')
    .addHelpText(
      'after',
      `
Examples:
  nova diff t4k2
  nova diff t4k2 --alternative 1
  nova diff t4k2 | git apply

Exit codes: 0; 2 there is no such task, or it delivered nothing.`,
    )
    .action(async (id: string, options: { alternative?: number; json?: boolean }) => {
      const result = await ask((client) => client.result(id));
      if (options.alternative !== undefined) {
        const alternative = result.alternatives[options.alternative - 1];
        if (!alternative) {
          throw new NovaError('usage.invalid', `Task ${result.task} has ${result.alternatives.length} alternative(s).`);
        }
        const { explanation } = alternative.candidate;
        if (options.json) printJson({ explanation, diff: alternative.diff });
        else {
          process.stderr.write(`${printable(explanation)}\n`);
          print(alternative.diff);
        }
        return;
      }
      if (!result.change) {
        throw new NovaError(
          'task.state',
          `Task ${result.task} delivered no change (${result.outcome}): ${result.summary}`,
        );
      }
      if (options.json) printJson(result.change);
      else print(result.change.diff);
    });
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

function print(diff: string): void {
  // Colours only for a person: what goes into a pipe must stay a diff, to the byte.
  process.stdout.write(process.stdout.isTTY ? `${colorDiff(printable(diff))}\n` : diff);
}

function ordinal(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It takes a whole number from 1.');
  return value;
}
