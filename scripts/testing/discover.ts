import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const patterns = ['packages', 'apps', 'test', 'scripts'].map((folder) => `${folder}/**/*.test.ts`);
const engineComment = /^\/\/ Engines: (.+)$/m;

/** One test file, relative to the checkout, with the engines without which it cannot run. */
export interface TestFile {
  readonly path: string;
  readonly engines: readonly string[];
}

/** An engine that is down, and the line that gets it. */
export interface MissingEngine {
  readonly engine: string;
  readonly advice: string;
}

/** Every test file whose path contains one of the filters; all of them without a filter. */
export function discover(root: string, filters: readonly string[]): TestFile[] {
  return globSync(patterns, {
    cwd: root,
    exclude: (path) => /(^|\/)(node_modules|fixtures)$/.test(path),
  })
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter.replace(/^\.\//, ''))))
    .sort()
    .map((path) => ({ path, engines: enginesOf(root, path) }));
}

/** `x.engine.test.ts` needs bubblewrap unless a line `// Engines: name, name` says otherwise. */
function enginesOf(root: string, path: string): string[] {
  if (!path.endsWith('.engine.test.ts')) return [];
  const line = engineComment.exec(readFileSync(join(root, path), 'utf8'))?.[1];
  return line ? line.split(',').map((name) => name.trim()) : ['bubblewrap'];
}

/** Asks `scripts/engines.sh` which of these engines are down; `up` first tries to bring them up. */
export function missingEngines(root: string, names: readonly string[], action: 'status' | 'up'): MissingEngine[] {
  if (names.length === 0) return [];
  const answer = spawnSync(join(root, 'scripts/engines.sh'), [action, ...names], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (answer.status !== 0 && answer.status !== 1) throw new Error(`scripts/engines.sh ${action} failed`);
  return answer.stdout
    .trim()
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([, state]) => state !== 'up')
    .map(([engine = '', , advice = '']) => ({ engine, advice }));
}
