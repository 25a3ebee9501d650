import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPythonParser } from '../../languages/python/syntax.ts';
import { type Backtracking, findBacktracking } from './backtracking.ts';
import { javaScriptExpressions, pythonExpressions } from './expressions.ts';

/** Reads `{ folder, files, seconds }`, prints the expressions that take too long and those that could not be judged. A process of its own: see `regexps.ts`. */
const { folder, files, seconds } = JSON.parse(readFileSync(0, 'utf8')) as {
  folder: string;
  files: { path: string; language: string }[];
  seconds: number;
};
const deadline = performance.now() + seconds * 1000;
const parser = createPythonParser();
const known = new Map<string, Backtracking>();
const found: unknown[] = [];
const unknown: { path: string; start: number }[] = [];
let unread = 0;
for (const { path, language } of files) {
  if (performance.now() > deadline) {
    unread += 1;
    continue;
  }
  const text = readFileSync(join(folder, path), 'utf8');
  const expressions = language === 'python' ? await pythonExpressions(text, parser) : javaScriptExpressions(path, text);
  for (const { source, flags, start, end } of expressions) {
    const key = `${flags}/${source}`;
    const growth = known.get(key) ?? findBacktracking(source, flags);
    known.set(key, growth);
    if (growth === 'unknown') unknown.push({ path, start });
    else if (growth !== 'none') found.push({ path, start, end, growth });
  }
}
process.stdout.write(JSON.stringify({ found, unknown, unread }));
