import { basename, relative } from 'node:path';
import type { TestCase } from '@nova/core';

/** How a process that ran tests was started. */
export interface RunFacts {
  readonly process: string;
  readonly runner: 'pytest' | 'unittest';
  readonly executable: string;
  readonly argv: readonly string[];
  /** The original command line; empty before Python 3.10. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** pytest: the arguments it was given, those of them that name files, and the folder it was started in. */
  readonly options: readonly string[];
  readonly named: readonly string[];
  readonly folder: string;
  readonly xdist: boolean;
  readonly cov: boolean;
}

/** A reported test with what its runner calls it: a pytest node id with an absolute path, or a dotted unittest name. */
export interface TestFacts {
  readonly process: string;
  readonly runner: 'pytest' | 'unittest';
  readonly node: string | null;
  readonly case: TestCase;
}

/** Most arguments of a command line that stay well below what a kernel takes. */
const longestCommand = 60_000;

/** A command for these tests alone, or null when it is not sure that it would run the same tests in the same way. */
export function focusCommand(
  tests: readonly TestCase[],
  known: ReadonlyMap<string, TestFacts>,
  runs: ReadonlyMap<string, RunFacts>,
  root: string,
): string | null {
  const facts = tests.map((test) => known.get(test.id));
  const first = facts[0];
  if (!first) return null;
  const run = runs.get(first.process);
  if (!run?.executable) return null;
  const nodes: string[] = [];
  for (const fact of facts) {
    if (!fact?.node) return null;
    const itsRun = runs.get(fact.process);
    if (fact.process !== first.process && !(itsRun && sameStart(itsRun, run))) return null;
    nodes.push(fact.node);
  }
  const words = run.runner === 'pytest' ? pytestWords(run, nodes) : unittestWords(run, nodes);
  if (!words) return null;
  const folder = relative(root, run.folder);
  if (folder.startsWith('..')) return null;
  const command = words.map(shellQuote).join(' ');
  if (command.length > longestCommand) return null;
  return folder === '' ? command : `cd ${shellQuote(folder)} && ${command}`;
}

function sameStart(a: RunFacts, b: RunFacts): boolean {
  return JSON.stringify({ ...a, process: '' }) === JSON.stringify({ ...b, process: '' });
}

function pytestWords(run: RunFacts, nodes: readonly string[]): string[] | null {
  const program = run.argv[0] ?? '';
  let start: string[];
  if (/[\\/]pytest[\\/]__main__\.py$/.test(program)) start = [run.executable, '-m', 'pytest'];
  else if (/^(?:pytest|py\.test)$/.test(basename(program))) start = [run.executable, program];
  else return null;
  const kept = keptOptions(run);
  if (!kept) return null;
  const places = [...new Set(nodes)].map((node) => {
    const [file = '', ...rest] = node.split('::');
    return [relative(run.folder, file) || '.', ...rest].join('::');
  });
  return [
    ...start,
    ...kept,
    ...(run.xdist ? ['-n0'] : []),
    ...(run.cov ? ['--no-cov'] : []),
    '-q',
    '-p',
    'no:cacheprovider',
    ...places,
  ];
}

/** Options that choose tests or their order, or only cost time. */
const droppedOption =
  /^(?:-x|-q+|-v+|-s|--exitfirst|--maxfail=.*|--lf|--last-failed|--ff|--failed-first|--nf|--sw|--stepwise|--cov(?:=.*)?|--cov-[a-z-]+(?:=.*)?|--no-cov|-n=?(?:\d+|auto|logical)|--numprocesses=.*|--durations=.*|--junit-?xml=.*|--deselect=.*|--ignore=.*|--tb=.*|--color=.*|-r[a-zA-Z]+|--cache-clear)$/;
const droppedWithValue = /^(?:-k|-m|-n|--numprocesses|--maxfail|--durations|--junit-?xml|--deselect|--ignore|--tb)$/;

function keptOptions(run: RunFacts): string[] | null {
  const named = [...run.named];
  const kept: string[] = [];
  for (let index = 0; index < run.options.length; index += 1) {
    const option = run.options[index] ?? '';
    const place = named.indexOf(option);
    if (place >= 0) named.splice(place, 1);
    else if (droppedWithValue.test(option)) index += 1;
    else if (option === '--cov' || droppedOption.test(option)) continue;
    else kept.push(option);
  }
  return kept;
}

function unittestWords(run: RunFacts, nodes: readonly string[]): string[] | null {
  const program = run.argv[0] ?? '';
  const places = [...new Set(nodes)];
  // `python -m unittest` writes its own name for itself into argv.
  const byModule = /python\S* -m unittest$/.test(program) || /[\\/]unittest[\\/]__main__\.py$/.test(program);
  if (byModule) {
    const discovering = run.argv[1] === 'discover' || run.argv.slice(1).every((part) => part.startsWith('-'));
    // Discovery puts its start folder on the path, so a dotted name from elsewhere need not be importable.
    if (discovering && run.argv.length > 1) {
      const folder = startFolder(run.argv.slice(run.argv[1] === 'discover' ? 2 : 1));
      if (folder === null) return null;
      if (folder !== '.') {
        const code = `import sys; sys.path.insert(0, ${JSON.stringify(folder)}); import unittest; unittest.main(module=None)`;
        return [run.executable, '-c', code, ...places];
      }
    }
    return [run.executable, '-m', 'unittest', ...places];
  }
  if (program.endsWith('.py') && places.every((place) => place.startsWith('__main__.'))) {
    return [run.executable, program, ...places.map((place) => place.slice('__main__.'.length))];
  }
  return null;
}

/** The folder that `unittest discover` puts on the path; null when its arguments are not understood. */
function startFolder(parts: readonly string[]): string | null {
  let start = '.';
  let top: string | null = null;
  const positional: string[] = [];
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index] ?? '';
    const value = parts[index + 1] ?? '';
    if (part === '-s' || part === '--start-directory') {
      start = value;
      index += 1;
    } else if (part === '-t' || part === '--top-level-directory') {
      top = value;
      index += 1;
    } else if (part === '-p' || part === '--pattern' || part === '-k') index += 1;
    else if (part.startsWith('--start-directory=')) start = part.slice('--start-directory='.length);
    else if (part.startsWith('--top-level-directory=')) top = part.slice('--top-level-directory='.length);
    else if (!part.startsWith('-')) positional.push(part);
    else if (!/^(?:-[vqfbc]+|--verbose|--quiet|--failfast|--buffer|--catch|--locals|--pattern=.*)$/.test(part))
      return null;
  }
  return top ?? positional[2] ?? positional[0] ?? start;
}

/** A word as a POSIX shell reads it back unchanged. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
