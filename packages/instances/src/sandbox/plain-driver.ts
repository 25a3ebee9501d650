import { isolationSchema } from '@nova/core';
import type { SandboxDriver } from './driver.ts';
import { Launcher, sandboxMarker } from './launch.ts';

/**
 * Processes without walls. Mounts are ignored; limits hold where the kernel lets this user set them. It owns its process tree as
 * every driver does, and says in every result that nothing is isolated. `records` is a folder of its own.
 */
export function createPlainDriver(options: { readonly records: string }): SandboxDriver {
  const launcher = new Launcher(options.records);
  return {
    name: 'none',
    traits: { isolates: false },
    unavailable: async () => null,
    start: (request) =>
      launcher.launch(request, (marker) => ({
        command: request.command,
        workingFolder: request.workingFolder,
        environment: { ...request.environment, [sandboxMarker]: marker },
        reportsChild: false,
        isolation: (group) => ({
          driver: 'none',
          isolated: false,
          network: 'host',
          memory: group.memory,
          processes: group.processes,
          missing: [
            'nothing is isolated: the code under test can read, change and reach all that this user can',
            ...group.missing,
          ],
        }),
      })),
    adopt: (id) => launcher.adopt(id, (value) => isolationSchema.safeParse(value).data ?? null),
  };
}
