import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';

const places = '{packages,apps,scripts,bench,test,vscodium,bin}/**';
const mostLines = 400;
const bannedFolders = new Set([
  'utils',
  'util',
  'helpers',
  'helper',
  'manager',
  'managers',
  'common',
  'misc',
  'shared',
]);
const aside = (path: string): boolean => /(^|\/)(node_modules|fixtures|histories|dist)$/.test(path);

/** Files that are two files. */
export function checkLength(root: string): string[] {
  return globSync(`${places}/*.{ts,tsx,mjs,cjs,sh,css}`, { cwd: root, exclude: aside })
    .map((path) => ({ path, lines: readFileSync(join(root, path), 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > mostLines)
    .map(({ path, lines }) => `${path}: ${lines} lines; ${mostLines} at most. Split it by what its parts are for.`);
}

/** Folders named for a kind of file, and files not named in kebab-case. */
export function checkNames(root: string): string[] {
  const problems = new Set<string>();
  for (const path of globSync(`${places}/*.*`, { cwd: root, exclude: aside })) {
    const folders = dirname(path).split(sep);
    const at = folders.findIndex((folder) => bannedFolders.has(folder));
    if (at >= 0) {
      const folder = folders.slice(0, at + 1).join('/');
      problems.add(
        `${folder}/: a folder is named for a capability. Name it for what its files do, or move them to their user.`,
      );
    }
    if (/\.tsx?$/.test(path) && !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*\.tsx?$/.test(basename(path))) {
      problems.add(`${path}: file names are kebab-case`);
    }
  }
  return [...problems];
}
