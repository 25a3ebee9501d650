import { randomUUID } from 'node:crypto';
import { type Result, type Severity, sarifOf, severitySchema, taskRequestSchema } from '@nova/core';
import { Command, Option } from 'commander';
import { exitCodeOfResult, exitCodes } from '../exit-codes.ts';
import { ask } from '../link/server-link.ts';
import { Progress } from '../terminal/progress.ts';
import { renderReport } from '../terminal/report.ts';
import { version } from '../version.ts';
import { accompany, printDetached } from './accompany.ts';
import { commonRequest, type TaskOptions, withTaskOptions } from './task-options.ts';

interface ReviewOptions extends TaskOptions {
  readonly since?: string;
  readonly format: 'text' | 'sarif' | 'json';
  readonly failOn: Severity;
}

/** `nova review`: code judged by rules and analysers, all of it or what changed. */
export function reviewCommand(): Command {
  const command = new Command('review').description(
    'Review a repository, or what changed in it, with rules and analysers',
  );
  return withTaskOptions(command)
    .option('--since <ref>', 'only what changed since this commit, branch or tag')
    .addOption(
      new Option('--format <format>', 'what is printed on standard output')
        .choices(['text', 'sarif', 'json'])
        .default('text'),
    )
    .addOption(
      new Option('--fail-on <level>', 'the mildest finding that makes the exit code 4')
        .choices(severitySchema.options)
        .default('warning'),
    )
    .addHelpText(
      'after',
      `
Exit codes:
  0    no finding at or above --fail-on
  2    usage
  3    refused: the repository cannot be reviewed
  4    findings at or above --fail-on
  5    the environment: something is missing or failed on this machine
  130  interrupted with Ctrl-C; the task is paused and can be resumed

Examples:
  nova review --repo ~/code/app
  nova review --since origin/main --fail-on error
  nova review --since HEAD~1 --format sarif > review.sarif

Nothing in the repository changes. Uncommitted and untracked work is reviewed, too.`,
    )
    .action(async (options: ReviewOptions) => {
      const request = taskRequestSchema.parse({ kind: 'review', ...commonRequest(options), since: options.since });
      const key = randomUUID();
      const task = await ask((client) => client.submit(request, { key }));
      if (options.detach) return printDetached(task, options.format === 'json');
      const progress = new Progress(process.stderr, options.quiet === true);
      process.exitCode = await accompany(task.id, {
        progress,
        headline: `task ${task.id} on ${request.repository}`,
        onInterrupt: 'pause',
        finish: (result) => {
          process.stdout.write(printed(result, options.format));
          return exitCodeOfReview(result, options.failOn);
        },
      });
    });
}

function printed(result: Result, format: ReviewOptions['format']): string {
  if (format === 'text') return renderReport(result);
  return `${JSON.stringify(format === 'sarif' ? sarifOf(result, version) : result, null, 2)}\n`;
}

function exitCodeOfReview(result: Result, failOn: Severity): number {
  if (result.outcome !== 'reviewed') return exitCodeOfResult(result);
  const levels = severitySchema.options;
  const bad = result.review.some((finding) => levels.indexOf(finding.severity) >= levels.indexOf(failOn));
  return bad ? exitCodes.gateFailed : exitCodes.delivered;
}
