import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { directDependencies, tableRows } from './manifests.ts';
import { specificationNames } from './specification-names.ts';

const document = 'docs/reference/deviations.md';
const states = new Set(['used', 'replaced', 'not yet']);
const packageName = /^npm:((?:@[^/@\s]+\/)?[^@\s]+)(?:@(\S+))?$/;

/**
 * The table of deviations.md against the manifests: everything that the specification names has one row; a package
 * that a row calls used or replacing is declared in exactly that version; one that is `not yet` is not declared.
 */
export function checkDeviations(root: string): string[] {
  const rows = tableRows(readFileSync(join(root, document), 'utf8'), 'name');
  const direct = directDependencies(root);
  const problems: string[] = [];
  const named = rows.map(([name = '']) => name);
  for (const name of specificationNames) {
    const count = named.filter((one) => one === name).length;
    if (count !== 1)
      problems.push(`${document}: ${count === 0 ? 'no row' : `${count} rows`} for ${name}; it needs one`);
  }
  for (const [name = '', , state = '', packages = '', reason = ''] of rows) {
    const say = (what: string): number => problems.push(`${document}: ${name}: ${what}`);
    if (!states.has(state)) say(`the status is ${[...states].join(', ')}; not "${state}"`);
    if (!reason) say('the reason is missing');
    if (state === 'not yet' && !/\b[A-Z]\d+\b/.test(reason)) say('name the requirement that will bring it');
    for (const entry of packages.split(/[\s,]+/).filter((word) => word.startsWith('npm:'))) {
      const [, dependency = '', version] = packageName.exec(entry) ?? [];
      const versions = direct.get(dependency);
      if (state === 'not yet' ? versions : !versions) {
        say(versions ? `${dependency} is declared now; say how it is used` : `no manifest declares ${dependency}`);
      } else if (versions && version && !versions.has(version)) {
        say(`the manifests have ${dependency} ${[...versions].join(', ')}; the row says ${version}`);
      } else if (versions && !version) say(`write the version: npm:${dependency}@${[...versions].join(', ')}`);
    }
  }
  return problems;
}
