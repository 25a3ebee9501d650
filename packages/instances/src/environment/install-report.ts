import { stat } from 'node:fs/promises';
import { maskText, NovaError } from '@nova/core';
import { type InstallOutcome, tailOf } from './install-sandbox.ts';
import { peerConflictMark } from './npm-install.ts';
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

/** What an install did differently from what was asked for, in words. */
export async function installGaps(log: string): Promise<string[]> {
  const text = await tailOf(log, keptLogBytes);
  const names = [...text.matchAll(/npm warn install-scripts\s+(\S+@\S+) \(/g)].map((match) => match[1]);
  const gaps: string[] = [];
  if (names.length > 0) {
    const which = [...new Set(names)].join(', ');
    gaps.push(`your npm configuration does not allow the install scripts of ${which}; they did not run`);
  }
  if (text.includes(peerConflictMark)) {
    gaps.push('the declared peer dependencies contradict each other; npm installed without enforcing them');
  }
  return gaps;
}

function reasonOf({ end, stopped }: InstallOutcome): string {
  if (stopped === 'time') return 'it took longer than ten minutes';
  if (stopped === 'output') return 'it printed more than 256 MiB';
  if (end.limit === 'memory') return 'it needed more memory than 4 GiB';
  if (end.signal !== null) return `it was ended by ${end.signal}`;
  return `the installer ended with exit code ${end.exitCode}`;
}
