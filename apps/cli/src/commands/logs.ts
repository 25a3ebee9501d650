import { once } from 'node:events';
import { styleText } from 'node:util';
import type { WatchItem } from '@nova/client';
import { eventData, foldReplay, type RecordedEvent } from '@nova/core';
import { Command, Option } from 'commander';
import { exitCodes } from '../exit-codes.ts';
import { follow } from '../link/follow.ts';
import { recordedEvents } from '../link/recorded-events.ts';
import { ask } from '../link/server-link.ts';
import { findStep, stepsOf } from '../replay/find-step.ts';
import { CallOutput } from '../tasks/call-output.ts';
import { oneLine } from '../terminal/columns.ts';
import { taskArgument } from './task-argument.ts';

interface LogsOptions {
  readonly call?: string;
  readonly follow?: boolean;
  readonly raw?: boolean;
  readonly json?: boolean;
}

/** `nova logs T`: what the commands of a task's calls printed. */
export function logsCommand(): Command {
  return new Command('logs')
    .description("Print the output of a task's calls")
    .addArgument(taskArgument())
    .option('--call <step>', 'only this step: its number or its call id, as nova replay prints them')
    .option('--follow', 'go on until the task has ended or stands still')
    .addOption(
      new Option('--raw', 'the bytes as they were printed, without headings; a terminal obeys them').conflicts('json'),
    )
    .option('--json', 'a JSON object with callId and text for each piece, one a line')
    .addHelpText(
      'after',
      `
Examples:
  nova logs t4k2
  nova logs latest --follow
  nova logs t4k2 --call 4 --raw > tests.log

Exit codes: 0; 2 there is no such task or step; 130 after Ctrl-C, which only stops the printing.`,
    )
    .action(async (id: string, options: LogsOptions) => {
      const task = await ask((client) => client.task(id));
      const events: RecordedEvent[] = [...(await recordedEvents(task.id))];
      const only = options.call === undefined ? null : findStep(foldReplay(events), task.id, options.call).callId;
      const output = new CallOutput(task.id, {
        form: options.raw ? 'raw' : options.json ? 'json' : 'text',
        heading: (callId) => headingOf(events, callId),
        write: writeOut,
      });
      if (options.follow) {
        process.exitCode = await followOutput(task.id, only, output, events);
        return;
      }
      for (const call of stepsOf(foldReplay(events))) {
        if (only === null || call.callId === only) await output.drain(call.callId, true);
      }
      if (output.bytes === 0) process.stderr.write('Nothing was printed.\n');
    });
}

/** Prints what comes until the task stands still; gives the exit code. */
async function followOutput(
  task: string,
  only: string | null,
  output: CallOutput,
  events: RecordedEvent[],
): Promise<number> {
  const leaving = new AbortController();
  const leave = () => leaving.abort();
  process.once('SIGINT', leave);
  process.once('SIGTERM', leave);
  const known = events.at(-1)?.position ?? 0;
  try {
    const ending = await follow(
      task,
      async (item) => {
        if (item.kind === 'event' && item.event.position > known) events.push(item.event);
        const ended = item.kind === 'event' ? eventData(item.event, 'nova.journal.finished')?.callId : undefined;
        const callId = ended ?? printingCall(item);
        if (callId !== undefined && (only === null || only === callId)) await output.drain(callId, ended !== undefined);
      },
      leaving.signal,
    );
    return ending.state === 'left' || ending.state === 'stopped' ? exitCodes.interrupted : exitCodes.delivered;
  } finally {
    process.off('SIGINT', leave);
    process.off('SIGTERM', leave);
  }
}

/** The call that may have printed: one that says so, and one that began, perhaps long before anybody followed it. */
function printingCall(item: WatchItem): string | undefined {
  if (item.kind === 'activity') return item.outputBytes ? item.callId : undefined;
  return eventData(item.event, 'nova.journal.started')?.callId;
}

function headingOf(events: readonly RecordedEvent[], callId: string): string {
  const call = stepsOf(foldReplay(events)).find((step) => step.callId === callId);
  const text = call ? `── ${call.number} ${oneLine(call.intent)}  ${oneLine(callId)}` : `── ${oneLine(callId)}`;
  return styleText('bold', text);
}

/** Waits for a slow reader, so that a large output does not pile up here. */
async function writeOut(bytes: Uint8Array | string): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
}
