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

/** What an install did differently from what was asked for, in words; `scripted` are the packages that have install scripts. */
export async function installGaps(log: string, scripted: readonly string[]): Promise<string[]> {
  const text = await tailOf(log, keptLogBytes);
  const gaps: string[] = [];
  // What npm warns of depends on its version; that a script ran is said by all of them.
  const ran = new Set([...text.matchAll(/^npm info run (\S+) (?:pre|post)?install /gm)].map((match) => match[1]));
  const left = [...new Set(scripted)].filter((name) => !ran.has(name));
  if (left.length > 0) {
    const names = left.map((name) => name.slice(0, name.lastIndexOf('@'))).join(' ');
    gaps.push(
      `the install scripts of ${left.join(', ')} did not run: an npm configuration (ignore-scripts) or the repository's allowScripts forbids them. ` +
        `If the tests need what they make, run \`npm ci && npm rebuild --ignore-scripts=false ${names}\` in the checkout; Nova then uses its node_modules`,
    );
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
