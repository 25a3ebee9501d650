import { once } from 'node:events';
import type { Fleet, Machine } from '@nova/client';
import { Command } from 'commander';
import { connect, connectIfRunning, isDisconnection } from '../link/server-link.ts';
import { fleetLines } from '../tasks/fleet-page.ts';
import { size } from '../terminal/amounts.ts';
import { lineColumns } from '../terminal/columns.ts';
import { Keys } from '../terminal/keys.ts';
import { Screen } from '../terminal/screen.ts';

interface TopOptions {
  readonly once?: boolean;
  readonly json?: boolean;
}

const lookEveryMs = 1_000;

/** `nova top`: the whole fleet on one screen. */
export function topCommand(): Command {
  return new Command('top')
    .description('Show the fleet: what runs, waits and ended, on one screen that lives; q quits')
    .option('--once', 'print it once as a plain table, as without a terminal')
    .option('--json', 'print it once as JSON')
    .addHelpText(
      'after',
      `
Examples:
  nova top
  nova top --once
  nova top --json | jq .fleet.states

Keys: q or Ctrl-C quits. Exit codes: 0; 5 the server cannot be reached.`,
    )
    .action(async (options: TopOptions) => {
      const first = await (await connect()).fleet();
      if (options.json) process.stdout.write(`${JSON.stringify(first, null, 2)}\n`);
      else if (options.once || !process.stdout.isTTY || !process.stdin.isTTY) {
        const columns = lineColumns(process.stdout);
        const lines = fleetLines(first.fleet, {
          columns,
          rows: null,
          now: Date.now(),
          notice: machineLine(first.machine),
        });
        process.stdout.write(`${lines.join('\n')}\n`);
      } else await live(first);
    });
}

/** Draws the fleet again and again until the person quits. */
async function live(first: Fleet): Promise<void> {
  using screen = new Screen(process.stdout);
  using keys = new Keys(process.stdin);
  const quitting = new AbortController();
  using _quit = keys.onKey((key) => {
    if (key === 'q' || key === 'interrupt') quitting.abort();
  });
  let current = first;
  let lost = false;
  while (!quitting.signal.aborted) {
    const notice = lost
      ? 'The server does not answer; this is what was last known. Start one: nova up'
      : machineLine(current.machine);
    screen.draw(fleetLines(current.fleet, { columns: screen.columns - 1, rows: screen.rows, now: Date.now(), notice }));
    await pause(quitting.signal);
    const next = await look();
    lost = next === null;
    current = next ?? current;
  }
}

/** The fleet now; null while no server answers. A screen that is left open starts none. */
async function look(): Promise<Fleet | null> {
  try {
    const client = await connectIfRunning();
    return client === null ? null : await client.fleet();
  } catch (thrown) {
    if (isDisconnection(thrown)) return null;
    throw thrown;
  }
}

/** Until the next look: a second, a new size of the terminal, or the end. */
async function pause(quitting: AbortSignal): Promise<void> {
  const over = AbortSignal.any([quitting, AbortSignal.timeout(lookEveryMs)]);
  const ended = once(over, 'abort');
  await Promise.race([ended, once(process.stdout, 'resize', { signal: over })]).catch(() => {});
}

function machineLine(machine: Machine): string {
  const memory = `${size(machine.memoryAvailableBytes)} of ${size(machine.memoryBytes)} memory free`;
  const disk = `${size(machine.diskAvailableBytes)} of ${size(machine.diskBytes)} disk free`;
  return `${memory} · ${disk} · load ${machine.load.toFixed(1)} on ${machine.cores} cores`;
}
