import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Every package of somebody else's that a manifest of ours names, with the versions asked for. */
export function directDependencies(root: string): Map<string, Set<string>> {
  const paths = ['package.json', ...globSync('{packages,apps}/*/package.json', { cwd: root })];
  const manifests = paths.map((path) => JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest);
  const ours = new Set(manifests.map(({ name }) => name));
  const found = new Map<string, Set<string>>();
  for (const { dependencies, devDependencies, optionalDependencies } of manifests) {
    const all = { ...dependencies, ...devDependencies, ...optionalDependencies };
    for (const [name, version] of Object.entries(all)) {
      if (!ours.has(name)) found.set(name, (found.get(name) ?? new Set()).add(version));
    }
  }
  return found;
}

/** The rows of the Markdown tables in a text whose header starts with `firstColumn`, cells without their backticks. */
export function tableRows(text: string, firstColumn: string): string[][] {
  const rows: string[][] = [];
  let inside = false;
  for (const line of text.split('\n')) {
    if (!line.startsWith('|')) {
      inside = false;
      continue;
    }
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', ''));
    if (cells[0] === firstColumn) inside = true;
    else if (inside && !/^:?-+:?$/.test(cells[0] ?? '')) rows.push(cells);
  }
  return rows;
}
