import { foldReplay, NovaError, printable, type ReplayedMoment } from '@nova/core';
import { Command, Option } from 'commander';
import { exitCodes } from '../exit-codes.ts';
import { recordedEvents } from '../link/recorded-events.ts';
import { ask } from '../link/server-link.ts';
import { findStep, stepsOf } from '../replay/find-step.ts';
import { playByKeys, playBySpeed } from '../replay/play.ts';
import { readStep } from '../replay/read-step.ts';
import { momentLines, replayFoot } from '../replay/render.ts';
import { lineColumns } from '../terminal/columns.ts';
import { Keys } from '../terminal/keys.ts';
import { patiently } from '../terminal/patience.ts';
import { taskArgument } from './task-argument.ts';
import { positive } from './task-options.ts';

interface ReplayOptions {
  readonly step?: boolean;
  readonly speed?: number;
  readonly show?: string;
  readonly json?: boolean;
}

/** `nova replay T`: the recorded task again, step by step, with nothing executed. */
export function replayCommand(): Command {
  return new Command('replay')
    .description('Step through a recorded task: its stages, calls, durations and outcomes; nothing is executed')
    .addArgument(taskArgument())
    .addOption(new Option('--step', 'one step at each Enter; a shows the rest, q quits').conflicts(['speed', 'json']))
    .addOption(
      new Option('--speed <factor>', 'in its own time, so many times faster; Enter skips a wait, q quits')
        .argParser(positive)
        .conflicts('json'),
    )
    .addOption(
      new Option('--show <step>', 'what one step was given and what it answered, as JSON').conflicts(['step', 'speed']),
    )
    .option('--json', 'print all moments as JSON')
    .addHelpText(
      'after',
      `
Examples:
  nova replay t4k2
  nova replay latest --step
  nova replay t4k2 --speed 10
  nova replay t4k2 --show 4
  nova replay t4k2 --json | jq '.[] | select(.kind == "call")'

A step is one call; its number and its id are what \`nova fork\` and \`nova logs\` take.
Exit codes: 0, also when you quit with q; 2 there is no such task or step; 130 after Ctrl-C.`,
    )
    .action(async (id: string, options: ReplayOptions) => {
      const terminal = process.stdin.isTTY && process.stdout.isTTY;
      if (options.step && !terminal) {
        throw new NovaError(
          'usage.invalid',
          '--step needs a terminal with a keyboard. Without one: --speed, or neither.',
        );
      }
      const task = await ask((client) => client.task(id));
      const moments = foldReplay(await patiently('reading what is recorded', recordedEvents(task.id)));
      if (options.show !== undefined) {
        const recorded = await readStep(findStep(moments, task.id, options.show));
        // The characters that a terminal would obey are escaped in JSON, but for those above ASCII.
        process.stdout.write(printable(`${JSON.stringify(recorded, null, 2)}\n`));
        return;
      }
      if (options.json) {
        process.stdout.write(`${JSON.stringify(moments, null, 2)}\n`);
        return;
      }
      const page = { columns: lineColumns(process.stdout), origin: task.submittedAt };
      const show = (shown: readonly ReplayedMoment[]) => {
        for (const line of shown.flatMap((moment) => momentLines(moment, page))) process.stdout.write(`${line}\n`);
      };
      if (options.step || options.speed !== undefined) {
        using keys = terminal ? new Keys(process.stdin) : null;
        const end =
          options.speed !== undefined || keys === null
            ? await playBySpeed(moments, options.speed ?? 1, keys, show)
            : await playByKeys(moments, keys, show);
        if (end === 'interrupted') process.exitCode = exitCodes.interrupted;
        if (end !== 'played') return;
      } else show(moments);
      process.stdout.write(`\n${replayFoot(task.id, stepsOf(moments).length, task.state === 'finished')}\n`);
    });
}
