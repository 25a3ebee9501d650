import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countOf } from '@nova/core';
import { z } from 'zod';
import { EngineTrouble, installed, parseOutput, runCommand } from './command.ts';
import type { Engine, RuleMeaning } from './engine.ts';

const meanings = {
  exponential: { severity: 'error', category: 'security', same: 'backtracking' },
  polynomial: { severity: 'warning', category: 'security', same: 'backtracking' },
} as const satisfies Record<string, RuleMeaning>;

const enough = { exponential: 'a few dozen', polynomial: 'some thousand' } as const;

const outputSchema = z.object({
  found: z.array(
    z.object({
      path: z.string(),
      start: z.number(),
      end: z.number(),
      growth: z.enum(['exponential', 'polynomial']),
    }),
  ),
  unread: z.number(),
});

/** scslre on every regular expression, and a measurement of what it suspects: only what really takes a second is told. */
export function createRegexps(): Engine {
  return {
    name: 'scslre',
    scope: 'file',
    reads: (file) => file.language !== null,
    meaning: (rule) => (rule === 'polynomial' ? meanings.polynomial : meanings.exponential),
    async run(job) {
      const { version } = installed('scslre', '');
      const files = job.files.map(({ path, language }) => ({ path, language }));
      const output = await runCommand({
        command: [process.execPath, fileURLToPath(new URL('backtracking-worker.ts', import.meta.url))],
        folder: job.folder,
        environment: job.environment,
        // It stops by itself a little before it would be stopped, and says what it has.
        input: JSON.stringify({ folder: job.folder, files, seconds: (job.timeoutMs * 0.8) / 1000 }),
        timeoutMs: job.timeoutMs,
        signal: job.signal,
      });
      const parsed = outputSchema.safeParse(parseOutput(output));
      if (!parsed.success) throw new EngineTrouble('it answered in a form that is not known here');
      const { found, unread } = parsed.data;
      const findings = [];
      for (const { path, start, end, growth } of found) {
        const text = await readFile(join(job.folder, path), 'utf8');
        const before = text.slice(0, start).split('\n');
        const inside = text.slice(0, end).split('\n');
        findings.push({
          rule: `scslre/${growth}`,
          severity: meanings[growth].severity,
          category: meanings[growth].category,
          path,
          line: before.length,
          column: (before.at(-1)?.length ?? 0) + 1,
          endLine: inside.length,
          endColumn: (inside.at(-1)?.length ?? 0) + 1,
          // What was measured stays out: the same code gets the same words on every machine.
          message: `This expression takes ${growth} time: ${enough[growth]} repeated characters were tried and kept it busy. Whoever can choose the text can stop the program.`,
        });
      }
      const gaps = unread === 0 ? [] : [`regular expressions of ${countOf(unread, 'file')} were not tried: no time`];
      return { version, findings, gaps };
    },
  };
}
