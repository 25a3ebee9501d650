import { lstat, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parsesAsJavaScript } from '../languages/javascript/syntax.ts';
import { createPythonParser, type PythonParser } from '../languages/python/syntax.ts';
import { git } from '../workspace/git.ts';
import { fileRole, isTestPath, looksGenerated } from '../workspace/project-files.ts';

/** A tracked text file that a review reads. */
export interface ReviewFile {
  readonly path: string;
  /** Nobody reads it as code: only secrets are looked for in it. Its language is then null. */
  readonly passedOver: boolean;
  readonly language: 'javascript' | 'typescript' | 'python' | null;
  readonly role: 'source' | 'test' | 'configuration';
  readonly lines: number;
}

/** What a review reads of a tree, and what it passes over. */
export interface ReviewFiles {
  readonly files: readonly ReviewFile[];
  readonly tracked: ReadonlySet<string>;
  /** Paths by the reason for which nobody read them as code. */
  readonly skipped: ReadonlyMap<string, readonly string[]>;
}

const mostBytes = 1_000_000;
const mostSearchedBytes = 5_000_000;
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
/** Folders that by custom hold what stands in for the data of others, also for what goes wrong. */
const testDataPath = /(^|\/)(fixtures?|__fixtures__|testdata|test-data|test_data|__snapshots__|snapshots)\//i;
/** Folders that may hold patterns, and source as well: what is in them decides. */
const templateFolder = /(^|\/)(templates?|skeletons?|boilerplates?)\//i;
/** What no language here has outside of a text, and template languages have. */
const templateMark = /<%[\s\S]*?%>|\{%[\s\S]*?%\}/;
/** A path that has to be filled in itself. */
const unfilledPath = /\{\{|\}\}/;

/** Reads the tree at a commit that is checked out; the files lie as they are there. With `only`, no other file is opened. */
export async function reviewFiles(
  folder: string,
  commit: string,
  only: ReadonlySet<string> | null,
): Promise<ReviewFiles> {
  const listing = await git(folder, ['ls-tree', '-r', '-z', '--full-tree', commit]);
  const read: ReviewFile[] = [];
  const passedOver: ReviewFile[] = [];
  const tracked = new Set<string>();
  const skipped = new Map<string, string[]>();
  const python = createPythonParser();
  for (const entry of listing.toString('utf8').split('\0').filter(Boolean)) {
    const tab = entry.indexOf('\t');
    const path = entry.slice(tab + 1);
    tracked.add(path);
    if (only !== null && !only.has(path)) continue;
    const { file, reason } =
      read.length >= mostFiles || passedOver.length >= mostFiles
        ? { file: null, reason: `beyond the first ${mostFiles} files` }
        : await judge(folder, path, entry.slice(0, 6), python);
    if (file !== null) (file.passedOver ? passedOver : read).push(file);
    if (reason !== null && skipped.get(reason)?.push(path) === undefined) skipped.set(reason, [path]);
  }
  return { files: [...read, ...passedOver], tracked, skipped };
}

/** A file without a reason is read, one with a reason passed over; a reason alone means that nothing is looked for in it. */
interface Judged {
  readonly file: ReviewFile | null;
  readonly reason: string | null;
}

async function judge(folder: string, path: string, mode: string, python: PythonParser): Promise<Judged> {
  const unopened = (reason: string): Judged => ({ file: null, reason });
  if (!mode.startsWith('100')) return unopened('links and submodules');
  if (path.includes('\uFFFD')) return unopened('names that are not UTF-8');
  const place = join(folder, path);
  const stat = await lstat(place).catch(() => null);
  if (stat === null || !stat.isFile()) return unopened('links and submodules');
  if ((await firstBytes(place)).includes(0)) return unopened('binary');
  if (stat.size > mostSearchedBytes) return unopened('larger than 5 MB, for secrets neither');
  const bytes = await readFile(place);
  const text = textOf(bytes);
  const language = languages[path.slice(path.lastIndexOf('.') + 1).toLowerCase()] ?? null;
  const large = stat.size > mostBytes ? 'larger than 1 MB' : null;
  const unread = text === null ? 'not UTF-8 text' : large;
  const reason = byPlace(path) ?? unread ?? (await byContent({ path, text: text ?? '', language }, python));
  return {
    file: {
      path,
      passedOver: reason !== null,
      language: reason === null ? language : null,
      role: roleOf(path),
      lines: countLines(text ?? ''),
    },
    reason,
  };
}

function roleOf(path: string): ReviewFile['role'] {
  const role = fileRole(path);
  if (testDataPath.test(path) || (role === 'foreign' && isTestPath(path))) return 'test';
  return role === 'foreign' ? 'source' : role;
}

function byPlace(path: string): string | null {
  if (fileRole(path) === 'foreign' || builtPath.test(path)) return 'vendored, built or declared only';
  if (lockPath.test(path)) return 'generated or minified';
  if (testDataPath.test(path)) return 'test data';
  return unfilledPath.test(path) ? 'templates' : null;
}

async function byContent(
  { path, text, language }: { path: string; text: string; language: ReviewFile['language'] },
  python: PythonParser,
): Promise<string | null> {
  if (looksGenerated(text)) return 'generated or minified';
  if (language === 'javascript' && /^[\s/*]*@flow\b/m.test(text.slice(0, 400))) return 'written in Flow';
  if (language === null || !(templateFolder.test(path) || templateMark.test(text))) return null;
  const sound = language === 'python' ? await isFilledPython(text, python) : parsesAsJavaScript(path, text);
  return sound ? null : 'templates';
}

/** A name in two pairs of braces parses as a set in a set, which fails whenever it runs, so nobody means one. */
async function isFilledPython(text: string, python: PythonParser): Promise<boolean> {
  const { root, sound } = await python.parse(text);
  const pending = [root];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (node.type === 'set' && node.children.some((child) => child.type === 'set')) return false;
    pending.push(...node.children);
  }
  return sound;
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
