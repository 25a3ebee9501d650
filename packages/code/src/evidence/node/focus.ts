import { resolve } from 'node:path';
import type { TestCase } from '@nova/core';
import type { RunRecord } from './records.ts';

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

/**
 * A command that runs only the files of these tests, the way the recorded run ran them; null when the tests have no
 * file or several processes ran them. The caller must check that it shows the same failures.
 */
export function focusCommand(runs: readonly RunRecord[], tests: readonly TestCase[], root: string): string | null {
  const files = [...new Set(tests.map((test) => test.file))];
  if (files.length === 0 || files.some((file) => file === null)) return null;
  const paths = files.map((file) => resolve(root, file as string));
  const vitest = runs.filter((run) => run.runner === 'vitest');
  if (vitest.length === 1 && runs.length === 1) return vitestCommand(vitest[0] as RunRecord, paths);
  const direct = runs.filter((run) =>
    paths.some((path) => run.argv[0] !== undefined && resolve(run.cwd, run.argv[0]) === path),
  );
  if (direct.length === paths.length) return direct.map((run) => nodeCommand(run, run.argv)).join(' && ');
  const whole = runs.filter((run) => run.execArgv.includes('--test'));
  const only = whole[0];
  return only && whole.length === 1 ? nodeCommand(only, paths) : null;
}

function nodeCommand(run: RunRecord, rest: readonly string[]): string {
  return commandLine(run, [run.execPath, ...run.execArgv, ...rest]);
}

function vitestCommand(run: RunRecord, paths: readonly string[]): string {
  const [script = '', ...words] = run.argv;
  const options: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (valueOptions.has(word)) options.push(word, words[++index] ?? '');
    else if (word.startsWith('-') && !/^--(coverage|reporter|watch)/.test(word)) options.push(word);
  }
  return commandLine(run, [run.execPath, ...run.execArgv, script, 'run', ...options, ...paths]);
}

function commandLine(run: RunRecord, words: readonly string[]): string {
  const settings = Object.entries(run.environment).map(([name, value]) => `${name}=${shellQuoted(value)}`);
  return `cd ${shellQuoted(run.cwd)} && ${[...settings, ...words.map(shellQuoted)].join(' ')}`;
}

/** One word for `sh`. */
export function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
