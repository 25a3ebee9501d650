import { lstat, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../workspace/git.ts';
import { fileRole, looksGenerated } from '../workspace/project-files.ts';

/** A tracked text file that a review reads. */
export interface ReviewFile {
  readonly path: string;
  readonly language: 'javascript' | 'typescript' | 'python' | null;
  readonly role: 'source' | 'test' | 'configuration';
  readonly lines: number;
}

/** What a review reads of a tree, and what it passes over. */
export interface ReviewFiles {
  readonly files: readonly ReviewFile[];
  readonly tracked: ReadonlySet<string>;
  /** Paths by the reason for which nobody read them. */
  readonly skipped: ReadonlyMap<string, readonly string[]>;
}

const mostBytes = 1_000_000;
const mostFiles = 20_000;
const binaryProbe = 8000;

const languages: Readonly<Record<string, ReviewFile['language']>> = {
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
  ts: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  tsx: 'typescript',
  py: 'python',
  pyw: 'python',
};

const builtPath =
  /(^|\/)((?:[\w.-]+-)?dist|\.next|\.nuxt|\.output|storybook-static|__pycache__|\.tox|\.eggs|htmlcov)\//;
const lockPath =
  /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|poetry\.lock|uv\.lock|pdm\.lock|Pipfile\.lock|Cargo\.lock|go\.sum|composer\.lock|Gemfile\.lock)$|\.(map|snap|svg)$/;
/** Files that stand in for what goes wrong, and patterns that are no code before they are filled in. */
const samplePath =
  /(^|\/)(fixtures?|__fixtures__|testdata|test-data|test_data|__snapshots__|snapshots)\/|(^|\/)(templates?|skeletons?|boilerplates?)\/.*\.(?:[cm]?jsx?|tsx?|py)$|\{\{|\}\}/i;

/** Reads the tree at a commit that is checked out; the files lie as they are there. With `only`, no other file is opened. */
export async function reviewFiles(
  folder: string,
  commit: string,
  only: ReadonlySet<string> | null,
): Promise<ReviewFiles> {
  const listing = await git(folder, ['ls-tree', '-r', '-z', '--full-tree', commit]);
  const files: ReviewFile[] = [];
  const tracked = new Set<string>();
  const skipped = new Map<string, string[]>();
  for (const entry of listing.toString('utf8').split('\0').filter(Boolean)) {
    const tab = entry.indexOf('\t');
    const path = entry.slice(tab + 1);
    tracked.add(path);
    if (only !== null && !only.has(path)) continue;
    const judged =
      files.length >= mostFiles ? `beyond the first ${mostFiles} files` : await judge(folder, path, entry.slice(0, 6));
    if (typeof judged !== 'string') files.push(judged);
    else if (skipped.get(judged)?.push(path) === undefined) skipped.set(judged, [path]);
  }
  return { files, tracked, skipped };
}

async function judge(folder: string, path: string, mode: string): Promise<ReviewFile | string> {
  if (!mode.startsWith('100')) return 'links and submodules';
  if (path.includes('\uFFFD')) return 'names that are not UTF-8';
  const role = fileRole(path);
  if (role === 'foreign' || builtPath.test(path)) return 'vendored, built or declared only';
  if (lockPath.test(path)) return 'generated or minified';
  if (samplePath.test(path)) return 'test data and templates';
  const place = join(folder, path);
  const stat = await lstat(place).catch(() => null);
  if (stat === null || !stat.isFile()) return 'links and submodules';
  if ((await firstBytes(place)).includes(0)) return 'binary';
  if (stat.size > mostBytes) return 'larger than 1 MB';
  const bytes = await readFile(place);
  const text = textOf(bytes);
  if (text === null) return 'not UTF-8 text';
  if (looksGenerated(text)) return 'generated or minified';
  const language = languages[path.slice(path.lastIndexOf('.') + 1).toLowerCase()] ?? null;
  if (language === 'javascript' && /^[\s/*]*@flow\b/m.test(text.slice(0, 400))) return 'written in Flow';
  return { path, language, role, lines: countLines(text) };
}

async function firstBytes(place: string): Promise<Buffer> {
  await using file = await open(place, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(binaryProbe), 0, binaryProbe, 0);
  return buffer.subarray(0, bytesRead);
}

/** Strict: what is not UTF-8 is no text to us. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function countLines(text: string): number {
  let lines = text === '' || text.endsWith('\n') ? 0 : 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
