import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodeTest, type MissingImport, type TestReport } from '@nova/core';
import { git } from '../workspace/git.ts';
import { fileRole } from '../workspace/project-files.ts';
import type { WorkingTree } from '../workspace/working-tree.ts';
import { type ImportError, importErrorOf, lastImportError } from './import-errors.ts';

/**
 * The failing tests of a run that could not be loaded for want of something which no edit of the repository's source can
 * bring: a module that is not installed, a folder the language does not look into, a file that a build makes. A wrong name
 * inside the repository is a bug like any other and is not among them.
 */
export async function missingImports(report: TestReport, output: Buffer, tree: WorkingTree): Promise<MissingImport[]> {
  const found: MissingImport[] = [];
  for (const test of report.tests) {
    if (test.status !== 'failed' || report.timedOut) continue;
    const error =
      test.id === exitCodeTest
        ? lastImportError(output.toString('utf8'))
        : test.failure
          ? (importErrorOf(test.failure) ?? loadError(test, test.failure.stack))
          : null;
    if (error === null) continue;
    const reason = await new Imports(tree).reason(error);
    if (reason !== null) found.push({ test: test.id, ...reason });
  }
  return found;
}

/** A file that did not load has no message of its own: what its process printed says why. */
function loadError(test: TestReport['tests'][number], stack: string): ImportError | null {
  return test.file !== null && test.name === test.file ? lastImportError(stack) : null;
}

type Reason = Omit<MissingImport, 'test'>;
type Facts = Omit<Reason, 'why'>;

class Imports {
  readonly #tree: WorkingTree;

  constructor(tree: WorkingTree) {
    this.#tree = tree;
  }

  /** Why no edit of the source can help; null when one could. */
  async reason(error: ImportError): Promise<Reason | null> {
    const importer = this.#inside(error.importer);
    const role = importer === null ? null : fileRole(importer);
    const base: Facts = { language: error.language, module: error.module, name: error.name, importer, found: [] };
    return error.language === 'python'
      ? this.#python(error, role, base)
      : this.#javascript(error, importer, role, base);
  }

  async #python(error: ImportError, role: string | null, base: Facts): Promise<Reason | null> {
    if (!(await this.#isImport(error))) return null;
    if (error.name !== null) {
      const own = error.location === null || this.#inside(error.location) !== null;
      return own || role === 'source' ? null : { ...base, why: 'version' };
    }
    const tracked = await this.#tree.tracked();
    const below = error.module.replaceAll('.', '/');
    const found = placesOf(below, tracked);
    if (found.length > 0) return role === 'source' ? null : { ...base, why: 'path', found };
    const top = below.split('/')[0] ?? below;
    if (placesOf(top, tracked).length > 0) return null;
    if (role === 'source' && isMisspelt(top, await this.#pythonModules(tracked))) return null;
    return { ...base, why: 'not-installed' };
  }

  async #javascript(
    error: ImportError,
    importer: string | null,
    role: string | null,
    base: Facts,
  ): Promise<Reason | null> {
    const { module } = error;
    const tracked = await this.#tree.tracked();
    if (/^(?:\.{1,2}(?:\/|$)|\/|file:)/.test(module)) {
      const from = importer === null ? this.#tree.folder : dirname(join(this.#tree.folder, importer));
      const path = this.#inside(module.startsWith('.') ? resolve(from, module) : module);
      if (path === null || role === 'source' || fileRole(path) === 'foreign') return null;
      return (await this.#isIgnored(path)) ? { ...base, module: path, why: 'not-built', found: [path] } : null;
    }
    if (/^(?:#|~|@\/|node:|data:|https?:)/.test(module)) return null;
    const name = module.split('/', module.startsWith('@') ? 2 : 1).join('/');
    const manifests = await this.#manifests(tracked);
    if (manifests.names.has(name) || tracked.some((path) => path.startsWith(`${name}/`))) return null;
    if (role === 'source' && !manifests.declared.has(name)) {
      if (isMisspelt(name, new Set([...manifests.declared, ...builtinModules]))) return null;
    }
    return { ...base, module: name, why: manifests.declared.has(name) ? 'declared' : 'not-installed' };
  }

  /** A path as printed, relative to the repository; null when it lies elsewhere or is another person's. */
  #inside(printed: string | null): string | null {
    if (printed === null) return null;
    try {
      const path = printed.startsWith('file:') ? fileURLToPath(printed) : printed;
      const inside = relative(this.#tree.folder, resolve(this.#tree.folder, path));
      return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? null : inside;
    } catch {
      return null;
    }
  }

  /** True unless the innermost line raised the error itself, or computed the name: then code decides what is looked for. */
  async #isImport({ importer, line }: ImportError): Promise<boolean> {
    if (importer === null || line === null) return true;
    const text = await readFile(resolve(this.#tree.folder, importer), 'utf8').catch(() => null);
    if (text === null) return true;
    const statement = text.split('\n')[line - 1] ?? '';
    if (/^\s*(?:from\s+\S+\s+import|import)\b|[;:]\s*(?:from\s+\S+\s+)?import\s/.test(statement)) return true;
    const role = this.#inside(importer);
    return role !== null && fileRole(role) === 'test' && /\bimport_module\(|\b__import__\(/.test(statement);
  }

  /** Modules that the repository imports, and the standard library's that are imported most. */
  async #pythonModules(tracked: readonly string[]): Promise<Set<string>> {
    const names = new Set(commonPythonModules);
    for (const path of tracked.filter((one) => one.endsWith('.py')).slice(0, 500)) {
      const text = (await this.#tree.read(path)) ?? '';
      for (const match of text.matchAll(/^\s*(?:from|import)\s+(\w+)/gm)) names.add(match[1] ?? '');
    }
    return names;
  }

  async #manifests(tracked: readonly string[]): Promise<{ names: Set<string>; declared: Set<string> }> {
    const names = new Set<string>();
    const declared = new Set<string>();
    for (const path of tracked.filter((one) => /(^|\/)package\.json$/.test(one)).slice(0, 200)) {
      const manifest = parseObject((await this.#tree.read(path)) ?? '');
      if (typeof manifest['name'] === 'string') names.add(manifest['name']);
      for (const field of ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies']) {
        for (const name of Object.keys(objectOf(manifest[field]))) declared.add(name);
      }
    }
    return { names, declared };
  }

  async #isIgnored(path: string): Promise<boolean> {
    const said = await git(this.#tree.folder, ['check-ignore', '--', path], { acceptable: [1] });
    return said.length > 0;
  }
}

/** Folders, relative to the repository, from which Python would find this module; '.' is its top. */
function placesOf(below: string, tracked: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of tracked) {
    if (!path.endsWith('.py') || fileRole(path) === 'foreign') continue;
    const [asFile, asFolder] = [`/${path}`.indexOf(`/${below}.py`), `/${path}`.indexOf(`/${below}/`)];
    const at = asFolder >= 0 ? asFolder : asFile;
    if (at < 0) continue;
    const folder = path.slice(0, Math.max(0, at - 1));
    folders.add(folder === '' ? '.' : folder);
  }
  return [...folders].sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).slice(0, 3);
}

const commonPythonModules =
  'abc argparse array ast asyncio base64 bisect calendar collections contextlib copy csv ctypes dataclasses datetime decimal difflib email enum fnmatch fractions functools getpass glob gzip hashlib heapq hmac html http importlib inspect io ipaddress itertools json keyword locale logging math mimetypes multiprocessing numbers operator os pathlib pickle platform pprint queue random re secrets select shlex shutil signal socket sqlite3 ssl stat statistics string struct subprocess sys tempfile textwrap threading time timeit tokenize traceback types typing unicodedata unittest urllib uuid warnings weakref xml zipfile zlib'.split(
    ' ',
  );

/** True when another known name is so near that this one is probably a slip of the pen. */
function isMisspelt(name: string, known: ReadonlySet<string>): boolean {
  const allowed = name.length < 5 ? 1 : 2;
  return [...known].some((other) => other !== name && distance(name, other) <= allowed);
}

/** Levenshtein's distance, with a swap of neighbours counted as one: optimal string alignment. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const least = Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
      next.push(swapped ? Math.min(least, (before[j - 2] ?? 0) + 1) : least);
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return objectOf(JSON.parse(text.replace(/^\uFEFF/, '')));
  } catch {
    return {};
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
