import { stat } from 'node:fs/promises';
import { maskText, NovaError } from '@nova/core';
import { type InstallOutcome, tailOf } from './install-sandbox.ts';
import type { RegistryAccess } from './registries.ts';

/** Stores bytes as a blob and gives their hash. */
export type StoreLog = (bytes: Buffer) => Promise<string>;

const keptLogBytes = 1024 * 1024;
const shownLines = 15;

/**
 * Stores an install's log, puts its hash into `logs`, and turns a failure into an error that shows the last lines; null
 * when the install succeeded.
 */
export async function installFailed(
  request: { readonly label: string; readonly access: RegistryAccess; readonly next: string },
  outcome: InstallOutcome,
  log: string,
  storeLog: StoreLog,
  logs: string[],
): Promise<NovaError | null> {
  const text = maskText(await tailOf(log, keptLogBytes));
  const hash = await storeLog(Buffer.from(text));
  logs.push(hash);
  if (outcome.end.exitCode === 0 && outcome.stopped === null) return null;
  const size = await stat(log).then(
    (status) => status.size,
    () => 0,
  );
  const lines = text.trimEnd().split('\n').slice(-shownLines).join('\n');
  if (outcome.diskFull || /ENOSPC|no space left on device/i.test(text)) {
    return new NovaError(
      'disk.full',
      `The disk became full while the ${request.label} packages were installed. What was half installed is removed. Free space and run the task again.\n${lines}`,
      { details: { log: hash } },
    );
  }
  const refused = [...outcome.refused.keys()];
  const details = { log: hash, refused, exitCode: outcome.end.exitCode, seconds: outcome.seconds, logBytes: size };
  return new NovaError(
    'environment.install_failed',
    [
      `Installing the ${request.label} packages failed: ${reasonOf(outcome)}. Nothing half installed was kept; the repository is untouched.`,
      ...(refused.length > 0
        ? [`Refused, because no registry of your configuration is there: ${refused.slice(0, 5).join(', ')}.`]
        : []),
      ...(request.access.withCredentials.length > 0 && /\b40[134]\b|unauthori[sz]ed|forbidden/i.test(text)
        ? [
            `You hold credentials for ${request.access.withCredentials.join(', ')}; Nova does not bring them into a sandbox, so private packages must come from your checkout.`,
          ]
        : []),
      `Next: ${request.next}`,
      `The last lines of the log:\n${lines}`,
    ].join('\n'),
    { details },
  );
}

/** npm says when it left out install scripts that nobody has allowed; packages may then lack a built part. */
export async function scriptGaps(log: string): Promise<string[]> {
  const text = await tailOf(log, keptLogBytes);
  const names = [...text.matchAll(/npm warn install-scripts\s+(\S+@\S+) \(/g)].map((match) => match[1]);
  return names.length === 0
    ? []
    : [
        `your npm configuration does not allow the install scripts of ${[...new Set(names)].join(', ')}; they did not run`,
      ];
}

function reasonOf({ end, stopped }: InstallOutcome): string {
  if (stopped === 'time') return 'it took longer than ten minutes';
  if (stopped === 'output') return 'it printed more than 256 MiB';
  if (end.limit === 'memory') return 'it needed more memory than 4 GiB';
  if (end.signal !== null) return `it was ended by ${end.signal}`;
  return `the installer ended with exit code ${end.exitCode}`;
}
