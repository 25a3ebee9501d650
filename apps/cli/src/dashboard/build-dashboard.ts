import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { printable } from '@nova/core';
import { patiently } from '../terminal/patience.ts';

const installation = fileURLToPath(new URL('../../../../', import.meta.url));
/** What the built dashboard is made of. */
const sources = ['apps/dashboard', 'packages/core/src', 'packages/client/src'];
const notSources = /^(dist|node_modules)/;

/**
 * Builds the dashboard when it is missing or older than its sources; resolves with true when there is one. Without one the
 * server works all the same, and standard error says what is missing. `root` is the checkout.
 */
export async function buildDashboard(root = installation): Promise<boolean> {
  const folder = join(root, 'apps/dashboard');
  const built = join(folder, 'dist/index.html');
  if (!existsSync(join(folder, 'build.ts'))) {
    process.stderr.write('This installation has no dashboard; the server runs without it.\n');
    return false;
  }
  if (existsSync(built) && statSync(built).mtimeMs >= newest(sources.map((source) => join(root, source)))) return true;
  process.stderr.write('Building the dashboard, once for this version …\n');
  const failure = await patiently('building the dashboard', build(folder));
  if (failure === null) return true;
  const kept = existsSync(built);
  process.stderr.write(
    `The dashboard could not be built; the server runs ${kept ? 'with the one of before' : 'without it'}. ` +
      `Try by hand: npm run build --workspace apps/dashboard\n${printable(failure)}\n`,
  );
  return kept;
}

/** Null when it was built, else the last of what was printed. */
function build(folder: string): Promise<string | null> {
  const child = spawn(process.execPath, ['build.ts'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-2000);
    });
  }
  return new Promise((resolve) => {
    child.once('error', (cause) => resolve(cause.message));
    child.once('close', (code) => resolve(code === 0 ? null : printed.trim()));
  });
}

/** When the newest file below these folders was changed, in milliseconds since the epoch. */
function newest(folders: readonly string[]): number {
  let latest = 0;
  for (const top of folders) {
    for (const entry of readdirSync(top, { withFileTypes: true })) {
      const path = join(top, entry.name);
      if (notSources.test(entry.name)) continue;
      latest = Math.max(latest, entry.isDirectory() ? newest([path]) : statSync(path).mtimeMs);
    }
  }
  return latest;
}
