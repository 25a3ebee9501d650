import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { directDependencies, tableRows } from './manifests.ts';

const document = 'DEPENDENCIES.md';
/** Licences under which a package may be used and shipped here; one of an `OR` is enough. */
const permissive = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'MPL-2.0',
]);

interface Lock {
  readonly packages: Readonly<Record<string, { readonly license?: string }>>;
}

/**
 * DEPENDENCIES.md names every direct dependency with the licence that its own manifest declares (npm copies it into
 * the lockfile, where packages for other platforms have theirs too), and nothing else; versions are exact.
 */
export function checkDependencies(root: string): string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const rows = new Map(
    tableRows(readFileSync(join(root, document), 'utf8'), 'package').map(([name = '', licence = '']) => [
      name,
      licence,
    ]),
  );
  const direct = directDependencies(root);
  const problems = [...rows.keys()]
    .filter((name) => !direct.has(name))
    .map((name) => `${document}: ${name} is no direct dependency (any more); remove its row`);
  for (const [name, versions] of direct) {
    const licence = lock.packages[`node_modules/${name}`]?.license ?? 'none declared';
    const row = rows.get(name);
    if (row === undefined)
      problems.push(`${document}: add a row for ${name} (${licence}): why it, and what else was looked at`);
    else if (row !== licence) problems.push(`${document}: ${name} declares ${licence}, the row says ${row}`);
    if (
      !licence
        .replace(/[()]/g, '')
        .split(' OR ')
        .some((one) => permissive.has(one))
    ) {
      problems.push(`${name}: its licence, ${licence}, is not one that we ship under; choose another package`);
    }
    if (versions.size > 1)
      problems.push(`${name}: the manifests ask for ${[...versions].join(' and ')}; use one version`);
    for (const version of versions) {
      if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) problems.push(`${name}: ${version} is not an exact version`);
    }
  }
  return problems;
}
