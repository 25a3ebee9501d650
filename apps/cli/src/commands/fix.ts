import { randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { NovaError, taskRequestSchema } from '@nova/core';
import { Command, InvalidArgumentError, Option } from 'commander';
import { exitCodeHelp } from '../exit-codes.ts';
import { connect } from '../link/server-link.ts';
import { Progress } from '../terminal/progress.ts';
import { accompany } from './accompany.ts';

interface FixOptions {
  readonly repo: string;
  readonly test: string;
  readonly sandbox: string;
  readonly budget?: number;
  readonly runs?: number;
  readonly testTimeout?: number;
  readonly memory?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `nova fix`: a failing test in a repository becomes a tested, reviewed branch. */
export function fixCommand(): Command {
  return new Command('fix')
    .description('Repair what makes a test fail, and leave a tested, reviewed branch nova/<task>')
    .requiredOption('--test <command>', 'the command that shows the failure, run at the top of the repository')
    .option('--repo <folder>', 'the git repository', '.')
    .addOption(
      new Option('--sandbox <driver>', 'what isolates the work; none isolates nothing')
        .choices(['bubblewrap', 'none'])
        .default('bubblewrap'),
    )
    .option('--budget <seconds>', 'wall time for the whole task (default: 900)', positive)
    .option('--runs <count>', 'runs of the test command the task may spend (default: 1500)', positive)
    .option('--test-timeout <seconds>', 'wall time of one run of the test command (default: 120)', positive)
    .option(
      '--memory <MiB>',
      'memory that a sandbox may use, at least 256 (default: its share of half this machine, 1024 to 8192)',
      positive,
    )
    .option('--json', 'print the Result as JSON on standard output')
    .option('--quiet', 'no progress on standard error')
    .addHelpText(
      'after',
      `${exitCodeHelp}
Examples:
  nova fix --repo ~/code/app --test "npm test"
  nova fix --test "python -m pytest tests/test_parse.py"
  nova fix --repo app --test "node --test" --json > result.json

Nothing but the new branch changes in the repository; take the change with \`nova apply\`.
Uncommitted and untracked work is copied in, so a failing test need not be committed.
Ctrl-C pauses the task; \`nova resume\` goes on with it.`,
    )
    .action(async (options: FixOptions) => {
      const request = taskRequestSchema.parse({
        kind: 'fix',
        repository: repositoryPath(options.repo),
        testCommand: options.test,
        sandbox: options.sandbox,
        budgetSeconds: options.budget,
        budgetRuns: options.runs,
        testTimeoutSeconds: options.testTimeout,
        memoryMebibytes: options.memory,
      });
      const progress = new Progress(process.stderr, options.quiet === true);
      const client = await connect();
      const task = await client.submit(request, { key: randomUUID() });
      progress.say(`task ${task.id} on ${request.repository}`);
      process.exitCode = await accompany(client, task.id, progress, options.json === true);
    });
}

function repositoryPath(given: string): string {
  try {
    return realpathSync(resolve(given));
  } catch (cause) {
    throw new NovaError(
      'repository.missing',
      `There is no folder ${resolve(given)}. Name a git repository with --repo.`,
      {
        cause,
      },
    );
  }
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It takes a number above 0.');
  return value;
}
