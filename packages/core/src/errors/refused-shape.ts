import type { z } from 'zod';

/**
 * What of somebody's input was refused, in one line: each place with what is wrong there. `names` says how a person knows a
 * place that is called otherwise in the input.
 */
export function refusedShape(error: z.ZodError, names: Readonly<Record<string, string>> = {}): string {
  return error.issues
    .map(({ path, message }) => {
      const place = path.join('.');
      return place === '' ? message : `${names[place] ?? place}: ${message}`;
    })
    .map((sentence) => sentence.replace(/\.$/, ''))
    .join('; ');
}
