import { isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A place that a failure's text names, in the order named: the innermost call first. */
interface Frame {
  readonly path: string;
  readonly line: number;
}

const patterns = [
  // V8 with a name: the place stands in parentheses and may hold spaces.
  /\(((?:file:\/\/)?\/[^():\n]*?\.[A-Za-z]{1,4}):(\d+)(?::\d+)?\)/g,
  // V8: "at name (file:///a/b.js:3:4)", "at /a/b.js:3:4", "❯ src/a.ts:3:4"
  /(?:\s|^|@)((?:file:\/\/)?[^\s():"'][^():"'\n]*?\.[A-Za-z]{1,4}):(\d+)(?::\d+)?/gm,
  // CPython: File "/a/b.py", line 3
  /File "([^"\n]+)", line (\d+)/g,
];

/** Project files named in a stack or message, relative to the repository; others are left out. */
export function framesIn(text: string, root: string, isProjectFile: (path: string) => boolean): Frame[] {
  const frames: (Frame & { at: number })[] = [];
  for (const pattern of patterns) {
    for (const match of text.matchAll(pattern)) {
      const path = projectRelative(match[1] ?? '', root);
      if (path !== null && isProjectFile(path)) frames.push({ path, line: Number(match[2]), at: match.index });
    }
  }
  frames.sort((a, b) => a.at - b.at);
  // Python prints the innermost call last.
  if (/Traceback \(most recent call last\)|^\s+File "/m.test(text)) frames.reverse();
  return frames.map(({ path, line }) => ({ path, line }));
}

function projectRelative(named: string, root: string): string | null {
  try {
    const path = named.startsWith('file:') ? fileURLToPath(named) : named;
    const inside = relative(root, resolve(root, path.trim()));
    return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? null : inside.split('\\').join('/');
  } catch {
    return null;
  }
}
