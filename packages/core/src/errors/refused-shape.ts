import type { z } from 'zod';

/** What of somebody's input was refused, in one line: each place with what is wrong there. */
export function refusedShape(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .map((sentence) => sentence.replace(/\.$/, ''))
    .join('; ');
}
