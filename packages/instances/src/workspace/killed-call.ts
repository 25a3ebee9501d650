import { readFileSync } from 'node:fs';
import { systemClock } from '@nova/core';
import { z } from 'zod';
import { createWorkspaces } from './workspaces.ts';

// One call in a process of its own, so that tests can kill it; see kills.test.ts.
const call = z
  .object({
    mirrors: z.string(),
    bundle: z.string(),
    method: z.enum(['capture', 'importBundle', 'deliver', 'apply']),
    input: z.unknown(),
  })
  .parse(JSON.parse(process.argv[2] ?? ''));
const workspaces = createWorkspaces({
  mirrors: call.mirrors,
  blobs: { get: async () => readFileSync(call.bundle) },
  clock: systemClock,
});
const method = workspaces[call.method] as (input: unknown, signal: AbortSignal) => Promise<unknown>;
await method(call.input, new AbortController().signal);
