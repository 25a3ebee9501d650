import { resolve } from 'node:path';
import type { TestCase } from '@nova/core';
import type { RunRecord } from './records.ts';
import { isForeign } from './tests-from-records.ts';

const valueOptions = new Set([
  '-c',
  '--config',
  '-r',
  '--root',
  '--dir',
  '--project',
  '--environment',
  '--mode',
  '--pool',
]);
/** Options that belong to the runner of many files; a file that is run by itself does without them. */
const runnerOptions = /^--(test|test-concurrency|test-isolation|experimental-test-(coverage|isolation)|watch)(=|$)/;
/** Most tests that are named one by one; beyond, their files are run as a whole. */
const mostNamed = 40;
/** A file by itself starts faster than a runner that starts it; with more files the runner's parallelism wins. */
const mostFilesAlone = 2;

/**
 * Commands that run these tests with less around them, the narrowest first: the single tests in their files run directly,
 * the single tests under the runner, their files as a whole. Empty when the tests have no file or several processes ran
 * them. Narrowing can change what a test does (it may need its neighbours), so the caller must check that a command
 * shows the same failures.
 */
export function focusCommands(runs: readonly RunRecord[], tests: readonly TestCase[], root: string): string[] {
  const files = [...new Set(tests.map((test) => test.file))];
  if (files.length === 0 || files.some((file) => file === null || isForeign(file))) return [];
  const paths = files.map((file) => resolve(root, file as string));
  const names = namePatterns(tests);
  const vitest = runs.filter((run) => run.runner === 'vitest');
  if (vitest.length === 1 && runs.length === 1) {
    const run = vitest[0] as RunRecord;
    const pattern = names && ['-t', `^ ?(?:${names.join('|')})$`];
    return [...(pattern ? [vitestCommand(run, [...pattern, ...paths])] : []), vitestCommand(run, paths)];
  }
  const direct = runs.filter((run) =>
    paths.some((path) => run.argv[0] !== undefined && resolve(run.cwd, run.argv[0]) === path),
  );
  const patterns = names?.map((name) => `--test-name-pattern=^${name}$`) ?? null;
  if (direct.length === paths.length) {
    const commands = (more: readonly string[] | null) =>
      inTurn(direct.map((run) => nodeCommand(run, more ? unnamed(run.execArgv) : run.execArgv, more ?? [], run.argv)));
    return [...(patterns ? [commands(patterns)] : []), commands(null)];
  }
  const whole = runs.filter((run) => run.execArgv.includes('--test'));
  const only = whole[0];
  if (!only || whole.length !== 1) return [];
  const found: string[] = [];
  const alone = unnamed(only.execArgv).filter((word) => !runnerOptions.test(word));
  if (patterns && paths.length <= mostFilesAlone)
    found.push(inTurn(paths.map((path) => nodeCommand(only, alone, patterns, [path]))));
  if (patterns) found.push(nodeCommand(only, unnamed(only.execArgv), patterns, paths));
  return [...found, nodeCommand(only, only.execArgv, [], paths)];
}

/** One regular expression a test, for its names from the outermost; null when there are too many or none to tell apart. */
function namePatterns(tests: readonly TestCase[]): string[] | null {
  if (tests.length > mostNamed || tests.some((test) => test.name === test.file || test.name.trim() === '')) return null;
  // A name may itself hold what joins the names of groups and tests here; runners join them with a space.
  return [...new Set(tests.map((test) => test.name.split(' > ').map(literally).join('(?: > | )')))];
}

function literally(name: string): string {
  return name.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`).replaceAll(/\s/g, String.raw`\s`);
}

/** Options without those that choose tests by name: they would add to the names put there now. */
function unnamed(options: readonly string[]): string[] {
  return options.filter(
    (word, index) => !/^--test-name-pattern(=|$)/.test(word) && options[index - 1] !== '--test-name-pattern',
  );
}

/** All of the commands one after another; red when one of them is. */
function inTurn(commands: readonly string[]): string {
  if (commands.length === 1) return commands[0] ?? '';
  return `nova_status=0; ${commands.map((command) => `(${command}) || nova_status=1`).join('; ')}; exit $nova_status`;
}

function nodeCommand(
  run: RunRecord,
  options: readonly string[],
  more: readonly string[],
  rest: readonly string[],
): string {
  return commandLine(run, [run.execPath, ...options, ...more, ...rest]);
}

function vitestCommand(run: RunRecord, rest: readonly string[]): string {
  const [script = '', ...words] = run.argv;
  const options: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (valueOptions.has(word)) options.push(word, words[++index] ?? '');
    else if (/^(-t|--testNamePattern)$/.test(word)) index++;
    else if (word.startsWith('-') && !/^--(coverage|reporter|watch|testNamePattern=)/.test(word)) options.push(word);
  }
  return commandLine(run, [run.execPath, ...run.execArgv, script, 'run', ...options, ...rest]);
}

function commandLine(run: RunRecord, words: readonly string[]): string {
  const settings = Object.entries(run.environment).map(([name, value]) => `${name}=${shellQuoted(value)}`);
  return `cd ${shellQuoted(run.cwd)} && ${[...settings, ...words.map(shellQuoted)].join(' ')}`;
}

/** One word for `sh`. */
export function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
