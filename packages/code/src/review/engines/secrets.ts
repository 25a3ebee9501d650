import { fileURLToPath } from 'node:url';
import { countOf } from '@nova/core';
import { z } from 'zod';
import { EngineTrouble, installed, parseOutput, runCommand } from './command.ts';
import type { Engine, RuleMeaning } from './engine.ts';

const secret: RuleMeaning = { severity: 'error', category: 'security', same: 'secret' };
const placeSchema = z.object({ line: z.number(), column: z.number() });
const outputSchema = z.object({
  found: z.array(
    z.object({ path: z.string(), rule: z.string(), kind: z.string(), start: placeSchema, end: placeSchema }),
  ),
  unread: z.number(),
});
/** Keys that pages of the web are made to hold: a mistake where they are not restricted. */
const oftenPublic: ReadonlySet<string> = new Set(['secret/google-api-key']);

/** secretlint with its recommended rules and forms of our own, on every text file. No secret leaves its process. */
export function createSecrets(): Engine {
  return {
    name: 'secretlint',
    scope: 'file',
    reads: () => true,
    meaning: () => secret,
    async run(job) {
      const { version } = installed('@secretlint/core', '');
      const output = await runCommand({
        command: [process.execPath, fileURLToPath(new URL('secrets-worker.ts', import.meta.url))],
        folder: job.folder,
        environment: job.environment,
        // It stops by itself a little before it would be stopped, and says what it has.
        input: JSON.stringify({
          folder: job.folder,
          paths: job.files.map((file) => file.path),
          seconds: (job.timeoutMs * 0.8) / 1000,
        }),
        timeoutMs: job.timeoutMs,
        signal: job.signal,
      });
      const parsed = outputSchema.safeParse(parseOutput(output));
      if (!parsed.success) throw new EngineTrouble('it answered in a form that is not known here');
      const { found, unread } = parsed.data;
      return {
        version,
        gaps: unread === 0 ? [] : [`${countOf(unread, 'file')} not searched for secrets: no time`],
        findings: found.map(({ path, rule, kind, start, end }) => ({
          rule,
          ...secret,
          severity: oftenPublic.has(rule) ? 'warning' : secret.severity,
          path,
          line: start.line,
          column: start.column + 1,
          endLine: end.line,
          endColumn: end.column + 1,
          message: `${kind.charAt(0).toUpperCase()}${kind.slice(1)} in the repository: whoever can read it can use it. Revoke it, then remove it.`,
        })),
      };
    },
  };
}
