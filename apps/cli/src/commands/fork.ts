import { randomUUID } from 'node:crypto';
import { foldReplay, NovaError, printable } from '@nova/core';
import { Command } from 'commander';
import { recordedEvents } from '../link/recorded-events.ts';
import { ask } from '../link/server-link.ts';
import { findStep } from '../replay/find-step.ts';
import { Progress } from '../terminal/progress.ts';
import { accompany, printDetached, printResult } from './accompany.ts';
import { taskArgument } from './task-argument.ts';

interface ForkOptions {
  readonly at: string;
  readonly detach?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `nova fork T --at STEP`: a new task that begins after a recorded step of another. */
export function forkCommand(): Command {
  return new Command('fork')
    .description('Start a new task from a step of a recorded one; what came before is taken over, not run again')
    .addArgument(taskArgument())
    .requiredOption('--at <step>', 'the last step to take over: its number or its call id, as nova replay prints them')
    .option('--detach', 'start it and leave; nova watch shows it')
    .option('--json', 'print the Result as JSON on standard output (with --detach: the task)')
    .option('--quiet', 'no progress on standard error')
    .addHelpText(
      'after',
      `
Examples:
  nova fork t4k2 --at 7
  nova fork t4k2 --at 1/planning/tests.run/1 --detach

The recorded task stays as it is. Ends as \`nova fix\` or \`nova review\` would have; Ctrl-C pauses the new task.`,
    )
    .action(async (id: string, options: ForkOptions) => {
      const origin = await ask((client) => client.task(id));
      const step = findStep(foldReplay(await recordedEvents(origin.id)), origin.id, options.at);
      if (step.endedAt === null) {
        throw new NovaError(
          'usage.invalid',
          `Step ${step.number} of task ${origin.id} has no recorded outcome to start from; take one before it. Nothing was started.`,
        );
      }
      const key = randomUUID();
      const { callId } = step;
      const task = await ask((client) => client.fork(origin.id, { callId, key }));
      const json = options.json === true;
      if (options.detach) return printDetached(task, json);
      const progress = new Progress(process.stderr, options.quiet === true);
      process.exitCode = await accompany(task.id, {
        progress,
        headline: printable(`task ${task.id}, from step ${step.number} of ${origin.id}: ${step.intent}`),
        onInterrupt: 'pause',
        finish: printResult(json),
      });
    });
}
