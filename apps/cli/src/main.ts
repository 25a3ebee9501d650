import { printable, refusedShape, toNovaError } from '@nova/core';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { applyCommand } from './commands/apply.ts';
import { cancelCommand } from './commands/cancel.ts';
import { diffCommand } from './commands/diff.ts';
import { doctorCommand } from './commands/doctor.ts';
import { downCommand } from './commands/down.ts';
import { fixCommand } from './commands/fix.ts';
import { forkCommand } from './commands/fork.ts';
import { logsCommand } from './commands/logs.ts';
import { pauseCommand } from './commands/pause.ts';
import { replayCommand } from './commands/replay.ts';
import { resumeCommand } from './commands/resume.ts';
import { reviewCommand } from './commands/review.ts';
import { showCommand } from './commands/show.ts';
import { optionNames } from './commands/task-options.ts';
import { tasksCommand } from './commands/tasks.ts';
import { topCommand } from './commands/top.ts';
import { upCommand } from './commands/up.ts';
import { watchCommand } from './commands/watch.ts';
import { exitCodeHelp, exitCodeOf, exitCodes } from './exit-codes.ts';
import { asksForJson } from './terminal/asks-for-json.ts';
import { version } from './version.ts';

const program = new Command('nova')
  .description(
    'A fleet of AI software engineers on your own Linux machine: hand it a task, get a tested, reviewed branch',
  )
  .version(version)
  .addHelpText(
    'after',
    `${exitCodeHelp}
Environment:
  NOVA_HOME   the data folder (default: nova in the XDG data folder)
  NO_COLOR    no colours; there are none either where the output is not a terminal

Examples:
  nova fix --repo ~/code/app --test "npm test"
  nova review --repo ~/code/app --since main
  nova up
  nova top
  nova doctor`,
  );

const groups = {
  'Hand in a task': [fixCommand(), reviewCommand(), forkCommand()],
  'See what it does': [watchCommand(), topCommand(), tasksCommand(), logsCommand(), replayCommand()],
  'Steer it': [pauseCommand(), resumeCommand(), cancelCommand()],
  'Take what came of it': [showCommand(), diffCommand(), applyCommand()],
  'The server and this machine': [upCommand(), downCommand(), doctorCommand()],
};
for (const [heading, commands] of Object.entries(groups)) {
  for (const command of commands) program.addCommand(command.helpGroup(`${heading}:`));
}
for (const command of [program, ...program.commands]) command.exitOverride().showHelpAfterError('(--help shows how)');

// A reader that closes the pipe early, such as `head`, is not a fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`What should have been printed could not be written: ${error.message}\n`);
  process.exit(exitCodes.environment);
});

try {
  await program.parseAsync();
} catch (thrown) {
  process.exitCode = exitCodeFor(thrown);
}

function exitCodeFor(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : exitCodes.usage;
  if (thrown instanceof z.ZodError) {
    process.stderr.write(`error: ${printable(refusedShape(thrown, optionNames))}\n`);
    return exitCodes.usage;
  }
  const error = toNovaError(thrown);
  process.stderr.write(`${error.code}: ${printable(error.message)}\n`);
  if (asksForJson()) process.stdout.write(`${JSON.stringify({ error: error.toRecord() })}\n`);
  if (error.code === 'internal' && error.stack) process.stderr.write(`${error.stack}\n`);
  return exitCodeOf[error.code];
}
