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

// What was measured stays out: the same code gets the same words on every machine.
const messages = {
  exponential:
    'This expression takes exponential time: a few dozen repetitions of a text that it can read in several ways keep it busy, and each more multiplies the time.',
  polynomial:
    'This expression takes polynomial time: twice the text takes it about four times as long or more, and some thousand repetitions keep it busy.',
} as const;

const outputSchema = z.object({
  found: z.array(
    z.object({
      path: z.string(),
      start: z.number(),
      end: z.number(),
      growth: z.enum(['exponential', 'polynomial']),
    }),
  ),
  unknown: z.array(z.object({ path: z.string(), start: z.number() })),
  unread: z.number(),
});
const examplesShown = 3;

/** scslre and a test for ambiguity on every regular expression, and a trial of what they suspect: only what is slow is told. */
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
      const { found, unknown, unread } = parsed.data;
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
          message: `${messages[growth]} Whoever can choose the text can stop the program.`,
        });
      }
      const gaps = unread === 0 ? [] : [`regular expressions of ${countOf(unread, 'file')} were not tried: no time`];
      if (unknown.length > 0) gaps.push(await unknownGap(unknown, job.folder));
      return { version, findings, gaps };
    },
  };
}

async function unknownGap(places: readonly { path: string; start: number }[], folder: string): Promise<string> {
  const shown: string[] = [];
  for (const { path, start } of places.slice(0, examplesShown)) {
    const before = (await readFile(join(folder, path), 'utf8')).slice(0, start);
    shown.push(`${path}:${before.split('\n').length}`);
  }
  const more = places.length > examplesShown ? ', …' : '';
  return `${countOf(places.length, 'regular expression')} could not be judged (too large, or in a notation that is not known here): ${shown.join(', ')}${more}`;
}
