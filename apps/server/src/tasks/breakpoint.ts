import { existsSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NovaError } from '@nova/core';
import type { JournalBoundary } from '@nova/messaging';

/**
 * Holds the server at one named journal position until somebody outside lets it go, so that a kill can be placed exactly
 * there. `NOVA_BREAKPOINT` is `<position>:<started|finished>:<before|after>`; in the folder `NOVA_BREAKPOINT_FOLDER` the file
 * `reached` appears when the position is reached, and the file `go` lets everything pass.
 */
export function breakpoint(
  env: Readonly<Record<string, string | undefined>>,
): ((boundary: JournalBoundary) => Promise<void>) | null {
  const place = env['NOVA_BREAKPOINT'];
  const folder = env['NOVA_BREAKPOINT_FOLDER'];
  if (!place || !folder) return null;
  if (!/^\d+:(started|finished):(before|after)$/.test(place)) {
    throw new NovaError(
      'usage.invalid',
      `NOVA_BREAKPOINT is ${place}; it takes <position>:<started|finished>:<before|after>.`,
    );
  }
  return async (boundary) => {
    if (`${boundary.position}:${boundary.entry}:${boundary.when}` !== place) return;
    const go = join(folder, 'go');
    if (existsSync(go)) return;
    const released = new Promise<void>((resolve) => {
      const watcher = watch(folder, () => {
        if (!existsSync(go)) return;
        watcher.close();
        resolve();
      });
    });
    writeFileSync(join(folder, 'reached'), boundary.callId);
    await released;
  };
}
