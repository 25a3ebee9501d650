import { readFileSync } from 'node:fs';
import type { Client, ServerState } from '@nova/client';
import { NovaError, toNovaError } from '@nova/core';
import { Command, InvalidArgumentError } from 'commander';
import { buildDashboard } from '../dashboard/build-dashboard.ts';
import { connectIfRunning, ownDataFolder, untilAnswering } from '../link/server-link.ts';
import { stopServer } from '../link/server-process.ts';
import { patiently } from '../terminal/patience.ts';

interface UpOptions {
  readonly port: number;
  readonly json?: boolean;
}

const usualPort = 4177;
const mostTries = 5;

/** `nova up`: a server that stays, with the dashboard. */
export function upCommand(): Command {
  return new Command('up')
    .description('Start a server that stays, and print the address of its dashboard')
    .option('--port <number>', 'where the dashboard is, on this machine only; 0 takes any free one', port, usualPort)
    .option('--json', 'print the address as JSON')
    .addHelpText(
      'after',
      `
Examples:
  nova up
  nova up --port 0 --json | jq -r .login

Who opens the printed link is let in; others need the token in the data folder. Stop it with \`nova down\`.
For a new token remove the file \`token\` of the data folder, then \`nova down\` and \`nova up\`: links and browsers that were let
in before are not any more.
Exit codes: 0, also when one runs already; 2 usage; 5 the port is taken, or something is missing on this machine.`,
    )
    .action(async (options: UpOptions, command: Command) => {
      const running = await connectIfRunning();
      const before = running && (await running.state());
      if (before?.url && command.getOptionValueSource('port') === 'cli') refuseOtherPort(before.url, options.port);
      const dashboard = before?.url ? null : await buildDashboard();
      const { url, pid } = before?.url ? before : await start(running, options.port);
      const login = `${url}/login?token=${token()}`;
      if (options.json) {
        process.stdout.write(
          `${JSON.stringify({ url, login, pid, already: before?.url === url, dashboard }, null, 2)}\n`,
        );
        return;
      }
      const how = before?.url ? 'A server runs already' : 'The server runs';
      const page =
        dashboard === false
          ? `It has no dashboard; its API asks for the token in ${ownDataFolder().token}.\n`
          : `Open its dashboard with this link, which is yours alone:\n\n  ${login}\n\n`;
      process.stdout.write(`${how} at ${url} (process ${pid}).\n${page}It stays until: nova down\n`);
    });
}

/** Starts the server, in the place of one that was started on the side. */
async function start(aside: Client | null, wanted: number): Promise<ServerState & { readonly url: string }> {
  const folder = ownDataFolder();
  let beside = aside;
  for (let tries = 1; tries <= mostTries; tries += 1) {
    if (beside) await patiently('a server that was started on the side hands over', stopServer(beside, folder));
    const client = await patiently('starting the server', untilAnswering(folder, wanted));
    const state = await client.state();
    if (state.url !== null) return { ...state, url: state.url };
    // Another command was quicker and started one on the side.
    beside = client;
  }
  throw new NovaError(
    'ledger.locked',
    'Other commands keep starting servers on the side. Nothing is lost; run `nova up` again when they have ended.',
  );
}

/** A server has one port for as long as it runs; who names another one must not believe that it was taken. */
function refuseOtherPort(url: string, wanted: number): void {
  if (wanted === 0 || Number(new URL(url).port) === wanted) return;
  throw new NovaError(
    'listen.in_use',
    `The server of this data folder runs already, at ${url}. Nothing was changed. To move it: nova down, then nova up --port ${wanted}`,
  );
}

/** What the server asks of everyone who comes over TCP; it made it before it answered. */
function token(): string {
  const path = ownDataFolder().token;
  try {
    return encodeURIComponent(readFileSync(path, 'utf8').trim());
  } catch (cause) {
    throw new NovaError(
      'auth.required',
      `The file of the token, ${path}, cannot be read (${toNovaError(cause).message}). The server runs on and asks for the token that it knows. Make a new one: remove what is left of the file, nova down, nova up.`,
      { cause },
    );
  }
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new InvalidArgumentError('It takes a whole number from 0 to 65535.');
  }
  return value;
}
