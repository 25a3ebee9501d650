import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { NovaError } from '@nova/core';
import { type Command, InvalidArgumentError, Option } from 'commander';

/** What every command that hands in a task takes. */
export interface TaskOptions {
  readonly repo: string;
  readonly sandbox: string;
  readonly budget?: number;
  readonly priority: string;
  readonly instance?: string;
  readonly detach?: boolean;
  readonly quiet?: boolean;
}

/** The options by the names that a task request has for them. */
export const optionNames: Readonly<Record<string, string>> = {
  repository: '--repo',
  testCommand: '--test',
  since: '--since',
  budgetSeconds: '--budget',
  budgetRuns: '--runs',
  testTimeoutSeconds: '--test-timeout',
  memoryMebibytes: '--memory',
  instance: '--instance',
};

/** Adds the options that every kind of task has. */
export function withTaskOptions(command: Command): Command {
  return command
    .option('--repo <folder>', 'the git repository', '.')
    .addOption(
      new Option('--sandbox <driver>', 'what isolates the work; none isolates nothing')
        .choices(['bubblewrap', 'none'])
        .default('bubblewrap'),
    )
    .option('--budget <seconds>', 'wall time for the whole task (default: 900)', positive)
    .addOption(
      new Option('--priority <level>', 'which waiting task goes first')
        .choices(['low', 'normal', 'high'])
        .default('normal'),
    )
    .option('--instance <name>', 'the instance that carries it, one task at a time (default: one is made for it)')
    .option('--detach', 'hand it in and leave; nova watch shows it')
    .option('--quiet', 'no progress on standard error');
}

/** The parts of a task request that every kind has. */
export function commonRequest(options: TaskOptions): Readonly<Record<string, unknown>> {
  return {
    repository: repositoryPath(options.repo),
    sandbox: options.sandbox,
    budgetSeconds: options.budget,
    priority: options.priority,
    instance: options.instance,
  };
}

/** Parses a number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It takes a number above 0.');
  return value;
}

function repositoryPath(given: string): string {
  try {
    return realpathSync(resolve(given));
  } catch (cause) {
    throw new NovaError(
      'repository.missing',
      `There is no folder ${resolve(given)}. Name a git repository with --repo.`,
      { cause },
    );
  }
}
