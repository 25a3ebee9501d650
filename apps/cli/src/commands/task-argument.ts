import { Argument } from 'commander';

/** The task that a command is about. */
export function taskArgument(): Argument {
  return new Argument('<task>', 'a task id, a unique beginning of one, or latest');
}
