import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { EngineTrouble, installed, parseOutput, runCommand } from './command.ts';
import type { Engine, RuleMeaning } from './engine.ts';

const secret: RuleMeaning = { severity: 'error', category: 'security', same: 'secret' };
const placeSchema = z.object({ line: z.number(), column: z.number() });
const outputSchema = z.array(
  z.object({
    path: z.string(),
    ruleId: z.string(),
    messageId: z.string(),
    message: z.string(),
    loc: z.object({ start: placeSchema, end: placeSchema }),
  }),
);

/** secretlint with its recommended rules, on every text file: tokens and keys by their form. No secret leaves it. */
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
        input: JSON.stringify({ folder: job.folder, paths: job.files.map((file) => file.path) }),
        timeoutMs: job.timeoutMs,
        signal: job.signal,
      });
      const parsed = outputSchema.safeParse(parseOutput(output));
      if (!parsed.success) throw new EngineTrouble('it answered in a form that is not known here');
      return {
        version,
        gaps: [],
        findings: parsed.data.map(({ path, ruleId, messageId, message, loc }) => ({
          rule: `secretlint/${ruleId.replace(/^@secretlint\/secretlint-rule-/, '')}/${messageId}`,
          ...secret,
          path,
          line: loc.start.line,
          column: loc.start.column + 1,
          endLine: loc.end.line,
          endColumn: loc.end.column + 1,
          message: `${sentence(message)} in the repository: whoever can read it can use it. Revoke it, then remove it.`,
        })),
      };
    },
  };
}

/** Only what kind of secret it is: the rest of the message is the secret's length in stars. */
function sentence(message: string): string {
  const kind = message.replace(/[:(*][\s\S]*$/, '').trim();
  return kind.charAt(0).toUpperCase() + kind.slice(1);
}
