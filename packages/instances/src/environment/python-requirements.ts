import { posix } from 'node:path';
import { z } from 'zod';
import { parseJson } from './host-tools.ts';

/** Requirements files of a commit, read as pip reads them, as far as they may be used. */
export interface RequirementsFiles {
  /** Lines to install, options and continuations resolved; hashes stay on their line. */
  readonly lines: readonly string[];
  readonly constraints: readonly string[];
  /** Every file read, for the key. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly gaps: readonly string[];
}

type Read = (path: string) => Promise<Buffer | null>;

const atTop =
  /^(?:requirements(?:[-_.](?:dev|develop|development|test|tests|testing))?|(?:dev|test|tests|testing)[-_.]requirements)\.(?:txt|in)$/i;
const inFolder = /^requirements\/(?:base|main|common|dev|develop|development|test|tests|testing|requirements)\.txt$/i;

/** Names of requirements files that a test run needs, for a commit with these paths. */
export function requirementsFileNames(paths: readonly string[]): string[] {
  return paths.filter(
    (path) =>
      (atTop.test(path) || inFolder.test(path)) &&
      // A compiled `.txt` is the lock of its `.in`.
      !(path.endsWith('.in') && paths.includes(`${path.slice(0, -3)}.txt`)),
  );
}

/** Reads requirements files with what they include. */
export async function readRequirements(names: readonly string[], read: Read): Promise<RequirementsFiles> {
  const lines: string[] = [];
  const constraints: string[] = [];
  const files = new Map<string, Buffer>();
  const gaps = new Set<string>();
  const follow = async (path: string, into: string[]): Promise<void> => {
    if (files.has(path)) return;
    const bytes = await read(path);
    if (bytes === null) {
      gaps.add(`${path} is named by a requirements file but is not in the commit`);
      return;
    }
    files.set(path, bytes);
    for (const line of logicalLines(bytes.toString('utf8'))) {
      const option = /^(-r|--requirement|-c|--constraint)[\s=]*(\S+)$/.exec(line);
      if (option?.[2] !== undefined) {
        const target = posix.normalize(posix.join(posix.dirname(path), option[2]));
        if (target.startsWith('..')) gaps.add(`${option[2]}, named by ${path}, lies outside the repository`);
        else await follow(target, option[1]?.includes('c') ? constraints : into);
      } else if (/^(?:-e|--editable)[\s=]|^\.{0,2}\//.test(line) || line === '.' || /^\.\[/.test(line)) {
        if (!/^(?:-e|--editable)?[\s=]*\.(?:\[.*\])?$/.test(line)) {
          gaps.add(`"${line}" in ${path} was not installed: only packages from a registry are`);
        }
      } else if (line.startsWith('-')) {
        gaps.add(
          `the option "${line.split(/[\s=]/)[0]}" in ${path} was left out: only your own pip configuration decides`,
        );
      } else into.push(line);
    }
  };
  for (const name of names) await follow(name, lines);
  return { lines: [...new Set(lines)], constraints: [...new Set(constraints)], files, gaps: [...gaps] };
}

const pipfileLock = z.object({
  default: z.record(z.string(), z.unknown()).default({}),
  develop: z.record(z.string(), z.unknown()).default({}),
});
const pipfileEntry = z.looseObject({
  version: z.string().optional(),
  hashes: z.array(z.string()).default([]),
  extras: z.array(z.string()).default([]),
  markers: z.string().optional(),
});

/** Turns Pipenv's lock into requirement lines with hashes; null when it is none. */
export function readPipfileLock(bytes: Buffer): { lines: string[]; gaps: string[] } | null {
  const parsed = pipfileLock.safeParse(parseJson(bytes.toString('utf8')));
  if (!parsed.success) return null;
  const lines: string[] = [];
  const gaps: string[] = [];
  for (const [name, raw] of Object.entries({ ...parsed.data.develop, ...parsed.data.default })) {
    const entry = pipfileEntry.safeParse(raw);
    if (!entry.success || entry.data.version === undefined) {
      gaps.push(`${name} in Pipfile.lock was not installed: only packages from a registry are`);
      continue;
    }
    const { version, hashes, extras, markers } = entry.data;
    const requirement = `${name}${extras.length > 0 ? `[${extras.join(',')}]` : ''}${version}`;
    lines.push(
      [requirement, ...(markers ? [`; ${markers}`] : []), ...hashes.map((hash) => `--hash=${hash}`)].join(' '),
    );
  }
  return { lines, gaps };
}

/** True when pip would install the same versions of what is named, whenever it runs. */
export function isPinned(line: string): boolean {
  const requirement = withoutHashes(line).split(';')[0] ?? '';
  return /^[A-Za-z0-9._-]+(?:\[[^\]]*\])?\s*===?\s*[^\s*,<>!~]+\s*$/.test(requirement);
}

/** The requirement of a line, without the options pip allows behind it. */
export function withoutHashes(line: string): string {
  return line.replace(/\s--(?:hash|config-settings|global-option)[=\s]\S+/g, '').trim();
}

/** The normal name of the package a line asks for; null when it names none. */
export function requirementName(line: string): string | null {
  const match = /^([A-Za-z0-9][A-Za-z0-9._-]*)/.exec(line);
  return match?.[1] === undefined ? null : match[1].toLowerCase().replace(/[-_.]+/g, '-');
}

function logicalLines(text: string): string[] {
  return text
    .replace(/^\uFEFF/, '')
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}
