import { stripVTControlCharacters } from 'node:util';

/** What a language's own loader said it could not find. */
export interface ImportError {
  readonly language: 'python' | 'javascript';
  /** The module as it was named, or `name` of `module` where the module is there and lacks the name. */
  readonly module: string;
  readonly name: string | null;
  /** The file that wanted it, as printed; null when none was named: the command itself. */
  readonly importer: string | null;
  readonly line: number | null;
  /** Where a module that lacks a name lies, as printed. */
  readonly location: string | null;
}

interface Pattern {
  readonly language: ImportError['language'];
  readonly error: RegExp;
}

/** The forms in which loaders say it; named groups are the parts of an `ImportError`. */
const patterns: readonly Pattern[] = [
  { language: 'python', error: /^(?:E\s+)?ModuleNotFoundError: No module named '(?<module>[\w.]+)'/ },
  {
    language: 'python',
    error:
      /^(?:E\s+)?ImportError: cannot import name '(?<name>\w+)' from '(?<module>[\w.]+)'(?: \((?<location>[^)]+)\))?/,
  },
  // `python -m` of a module that is not there.
  { language: 'python', error: /^\S*python[\w./-]*: No module named '?(?<module>[\w.]+)'?/ },
  {
    language: 'javascript',
    error:
      /^(?:Error(?: \[\w+\])?: |(?:● )?)?Cannot find (?:module|package) '(?<module>[^'\n]+)'(?: (?:imported )?from '?(?<importer>[^'\n]+?)'?$)?/,
  },
  {
    language: 'javascript',
    error: /^(?:Error: )?Failed to resolve import "(?<module>[^"\n]+)" from "(?<importer>[^"\n]+)"/,
  },
];

/** The import error that a failure consists of; null when it is of another kind. */
export function importErrorOf(failure: { readonly message: string; readonly stack: string }): ImportError | null {
  const message = stripVTControlCharacters(failure.message).trim();
  const stack = stripVTControlCharacters(failure.stack);
  const found = errorAt(message, `${message}\n${stack}`);
  // Who writes a loader throws such errors too: then the innermost frame is not the language's own.
  return found !== null && (found.language === 'python' || !isThrownByProject(stack)) ? found : null;
}

/** The import error with which a command's output ends, whatever build tools say after it; null when it ends otherwise. */
export function lastImportError(output: string): ImportError | null {
  const lines = stripVTControlCharacters(output).split(/\r?\n/);
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index] ?? '';
    const found = errorAt(line, [...lines.slice(index), '', ...lines.slice(Math.max(0, index - 60), index)].join('\n'));
    if (found !== null) return isThrownByProject(lines.slice(index).join('\n')) ? null : found;
    // What went wrong last is something else.
    if (/^(?:E\s+)?(?:Uncaught )?[\w.]*(?:Error|Exception|Failure)\b[^:\n]{0,40}:/.test(line)) return null;
  }
  return null;
}

function errorAt(text: string, around: string): ImportError | null {
  for (const { language, error } of patterns) {
    const groups = error.exec(text.split('\n', 1)[0] ?? '')?.groups;
    if (groups === undefined) continue;
    const place = language === 'python' ? pythonImporter(around) : nodeImporter(around);
    return {
      language,
      module: groups['module'] ?? '',
      name: groups['name'] ?? null,
      importer: groups['importer'] ?? place?.path ?? null,
      line: groups['importer'] === undefined ? (place?.line ?? null) : null,
      location: groups['location'] ?? null,
    };
  }
  return null;
}

/** Python prints the innermost call last; the loader's own frames are not the importer. */
function pythonImporter(text: string): { path: string; line: number } | null {
  const frames = [...text.matchAll(/^\s*File "([^"\n]+)", line (\d+)|^([^\s:][^:\n]*\.py):(\d+): in /gm)]
    .map((match) => ({ path: match[1] ?? match[3] ?? '', line: Number(match[2] ?? match[4]) }))
    .filter(
      ({ path }) => !/^<frozen|[\\/]importlib[\\/]|[\\/](?:unittest|_pytest|pluggy)[\\/]|[\\/]runpy\.py$/.test(path),
    );
  return frames.at(-1) ?? null;
}

function nodeImporter(text: string): { path: string; line: null } | null {
  const required = /^Require stack:\s*\n\s*(?:- )?([^\n]+)/m.exec(text)?.[1];
  return required === undefined ? null : { path: required.trim(), line: null };
}

function isThrownByProject(stack: string): boolean {
  const frame = /^\s+at (?:.*\()?((?:file:\/\/|node:|\/)[^()\n]*)/m.exec(stack)?.[1];
  return frame !== undefined && !/^node:|[\\/]node_modules[\\/]/.test(frame);
}
