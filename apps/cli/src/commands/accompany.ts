import { randomUUID } from 'node:crypto';
import type { Client } from '@nova/client';
import { isErrorCode } from '@nova/core';
import { exitCodeOf, exitCodeOfResult, exitCodes } from '../exit-codes.ts';
import { type Ending, follow } from '../link/follow.ts';
import { leaveServer } from '../link/leave.ts';
import { connect } from '../link/server-link.ts';
import type { Progress } from '../terminal/progress.ts';
import { renderReport } from '../terminal/report.ts';

/**
 * Stays with a task until it ends or pauses, prints what came of it and resolves with the exit code. Ctrl-C pauses the
 * task and leaves no process behind; a second one leaves at once.
 */
export async function accompany(client: Client, task: string, progress: Progress, json: boolean): Promise<number> {
  let interrupted = false;
  const interrupt = () => {
    if (interrupted) process.exit(exitCodes.interrupted);
    interrupted = true;
    progress.say('Pausing: ending what runs, keeping what was found …');
    connect()
      .then((current) => current.interrupt(task, { reason: 'interrupted with Ctrl-C', key: randomUUID() }))
      .catch((thrown: unknown) => progress.say(`The task could not be paused: ${String(thrown)}`));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  let ending: Ending;
  try {
    ending = await follow(client, task, 0, progress);
  } finally {
    progress.end();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
  await leaveServer(client);
  if (ending.state === 'finished') {
    process.stdout.write(json ? `${JSON.stringify(ending.result, null, 2)}\n` : renderReport(ending.result));
    return exitCodeOfResult(ending.result);
  }
  process.stderr.write(
    `Task ${task} is paused: ${ending.reason}\nWhat was found is kept. Go on with: nova resume ${task}\n`,
  );
  if (interrupted) return exitCodes.interrupted;
  const [code = ''] = ending.reason.split(':', 1);
  return isErrorCode(code) ? exitCodeOf[code] : exitCodes.interrupted;
}
