import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const marked = /^<!-- ci -->[ \t]*\n\s*```sh\n([\s\S]*?)^```[ \t]*$/gm;

/** The text of every fenced `sh` block that has the comment `<!-- ci -->` on the line before it, in order. */
export function markedCommands(markdown: string): string[] {
  return [...markdown.matchAll(marked)].map(([, block = '']) => block.replace(/^\$ /gm, '').trim());
}

// Prints one script to run in the checkout: the blocks of README.md, stopping at the first command that fails.
if (import.meta.main) {
  const readme = join(import.meta.dirname, '../README.md');
  const blocks = existsSync(readme) ? markedCommands(readFileSync(readme, 'utf8')) : [];
  if (blocks.length > 0) process.stdout.write(`set -eu\n${blocks.join('\n')}\n`);
}
