import { randomUUID } from 'node:crypto';
import type { TaskSummary } from '@nova/client';
import { isErrorCode, printable, type Result } from '@nova/core';
import { exitCodeOf, exitCodeOfResult, exitCodes } from '../exit-codes.ts';
import { follow } from '../link/follow.ts';
import { ask, connectIfRunning } from '../link/server-link.ts';
import { leaveServer } from '../link/server-process.ts';
import { asksForJson } from '../terminal/asks-for-json.ts';
import type { Progress } from '../terminal/progress.ts';
import { renderReport } from '../terminal/report.ts';

/** How a command stays with a task. */
export interface Company {
  readonly progress: Progress;
  /** The first line, for a person. */
  readonly headline: string;
  /** What Ctrl-C does: `pause` ends what runs and keeps what was found, `leave` only stops the watching. */
  readonly onInterrupt: 'pause' | 'leave';
  /** Prints what came of it and gives the exit code. */
  readonly finish: (result: Result) => number;
}

/**
 * Stays with a task until it ends or stands still, and resolves with the exit code. No process of Nova is left that nobody
 * needs; a second Ctrl-C leaves at once.
 */
export async function accompany(task: string, { progress, headline, onInterrupt, finish }: Company): Promise<number> {
  const leaving = new AbortController();
  let interrupted = false;
  const interrupt = () => {
    if (interrupted) process.exit(exitCodes.interrupted);
    interrupted = true;
    if (onInterrupt === 'leave') {
      leaving.abort();
      return;
    }
    progress.say('Pausing: ending what runs, keeping what was found …');
    const key = randomUUID();
    ask((client) => client.interrupt(task, { reason: 'interrupted with Ctrl-C', key })).catch((thrown: unknown) =>
      progress.say(`The task could not be paused: ${String(thrown)}`),
    );
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  progress.say(printable(headline));
  const ending = await follow(task, (item) => progress.show(item), leaving.signal).finally(() => {
    progress.end();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  });
  if (ending.state === 'left') {
    process.stderr.write(`Stopped watching; task ${task} goes on. See it again with: nova watch ${task}\n`);
    return exitCodes.interrupted;
  }
  if (ending.state === 'stopped') {
    process.stderr.write(
      `The server was stopped. What was recorded is kept, and task ${task} goes on with the next one.\n` +
        `Start one and see it with: nova watch ${task}\n`,
    );
    return exitCodes.interrupted;
  }
  const client = await connectIfRunning();
  if (client) await leaveServer(client);
  if (ending.state === 'finished') return finish(ending.result);
  process.stderr.write(
    `Task ${task} is paused: ${printable(ending.reason)}\nWhat was found is kept. Go on with: nova resume ${task}\n`,
  );
  const [code = ''] = ending.reason.split(':', 1);
  if (asksForJson()) {
    const error = { code: isErrorCode(code) ? code : 'task.paused', message: ending.reason, details: { task } };
    process.stdout.write(`${JSON.stringify({ error })}\n`);
  }
  if (interrupted) return exitCodes.interrupted;
  return isErrorCode(code) ? exitCodeOf[code] : exitCodes.interrupted;
}

/** Prints the Result as a report or as JSON, and gives its exit code. */
export function printResult(json: boolean): (result: Result) => number {
  return (result) => {
    process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : renderReport(result));
    return exitCodeOfResult(result);
  };
}

/** What a command that does not wait says of its task. */
export function printDetached(task: TaskSummary, json: boolean): void {
  const said =
    task.state === 'finished'
      ? `task ${task.id} has ended: ${task.outcome}. Its report: nova show ${task.id}`
      : `task ${task.id} goes on by itself. See it with: nova watch ${task.id}`;
  process.stdout.write(json ? `${JSON.stringify(task, null, 2)}\n` : `${said}\n`);
}
