import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { collect, type FileResult } from './testing/collect.ts';
import { discover, type MissingEngine, missingEngines, type TestFile } from './testing/discover.ts';
import { addToRecord, everyTest, type Outcome } from './testing/record.ts';

const help = `bin/test [part of a path ...] [options]

Runs every test whose file's path contains one of the given parts; all of them without one. Files called
*.engine.test.ts run when their engine is there; else they are listed as skipped.

  --engines      bring missing engines up first (scripts/engines.sh up)
  --name REGEX   only tests whose name matches
  --verbose      show what every file printed and said of its run, not only those that failed
  --json         print one JSON document {passed, failed, skipped, tests} instead of text
  --root FOLDER  another checkout than this one
  --patience S   seconds that one file may take before its processes are ended and it counts as failed (default 900)

With NOVA_CI=1 a skipped engine test is a failure. Exit codes: 0 all passed, 1 a failure or nothing ran, 2 usage.
`;

interface Options {
  readonly root: string;
  readonly filters: readonly string[];
  readonly engines: boolean;
  readonly name?: string;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly patienceMilliseconds: number;
  /** Skipped engine tests are failures: the machine is one that must have the engines. */
  readonly strict: boolean;
}

function readOptions(): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      engines: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      name: { type: 'string' },
      root: { type: 'string', default: join(import.meta.dirname, '..') },
      patience: { type: 'string', default: '900' },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    process.exit(0);
  }
  const { root, engines, json, name, verbose } = values;
  const patience = Number(values.patience);
  if (!(patience > 0)) throw usage(`--patience takes a number of seconds, not ${values.patience}.`);
  return {
    root,
    filters: positionals,
    engines,
    json,
    verbose,
    patienceMilliseconds: patience * 1000,
    strict: process.env['NOVA_CI'] === '1',
    ...(name === undefined ? {} : { name }),
  };
}

class Tally {
  readonly tests: { file: string; test: string; outcome: Outcome }[] = [];

  add(file: string, test: string, outcome: Outcome): void {
    this.tests.push({ file, test, outcome });
  }

  count(outcome: Outcome): number {
    return this.tests.filter((test) => test.outcome === outcome).length;
  }

  line(): string {
    return `${this.count('passed')} passed, ${this.count('failed')} failed, ${this.count('skipped')} skipped`;
  }
}

function summary(result: FileResult): string {
  const outcomes = Object.entries(result.outcomes);
  const sign = result.failures.length > 0 ? 'FAILED' : 'ok';
  const text = [`${sign} ${result.path}: ${outcomes.length} tests, ${(result.milliseconds / 1000).toFixed(1)} s`];
  for (const [test, outcome] of outcomes) if (outcome === 'skipped') text.push(`  skipped: ${test}`);
  return text.join('\n');
}

/** All that is known of a file's failures. */
function explanation(result: FileResult): string {
  const text = [`\nFAILED ${result.path}`];
  for (const { test, place, error } of result.failures) text.push(`\n  ${test}\n  at ${place}`, indent(error));
  const printed = result.printed;
  if (printed) text.push('\n  printed:', indent(printed));
  return `${text.join('\n')}\n`;
}

/** Each failed test in one line, for the end of a long output. */
function reminders({ path, failures }: FileResult): readonly string[] {
  return failures.map(({ test, error }) => `FAILED ${path}: ${test}: ${error.trim().split('\n', 1)[0] ?? ''}`);
}

function indent(text: string): string {
  return text.trimEnd().replace(/^/gm, '    ');
}

/** Each engine file that cannot run, with the engines that it lacks. */
function withoutEngines(files: readonly TestFile[], missing: readonly MissingEngine[]): Map<string, MissingEngine[]> {
  const lacking = new Map<string, MissingEngine[]>();
  for (const { path, engines } of files) {
    const lacks = missing.filter(({ engine }) => engines.includes(engine));
    if (lacks.length > 0) lacking.set(path, lacks);
  }
  return lacking;
}

async function main(options: Options): Promise<number> {
  const say = (text: string): void => {
    if (!options.json) process.stdout.write(`${text}\n`);
  };
  const files = discover(options.root, options.filters);
  const wanted = [...new Set(files.flatMap(({ engines }) => engines))];
  const lacking = withoutEngines(files, missingEngines(options.root, wanted, options.engines ? 'up' : 'status'));
  const ready = files.map(({ path }) => path).filter((path) => !lacking.has(path));
  const tally = new Tally();
  const record = new Map<string, Record<string, Outcome>>();
  const failed: FileResult[] = [];
  // Each file's own process is one; this one only waits.
  const concurrency = availableParallelism();
  const { patienceMilliseconds } = options;
  for await (const result of collect(options.root, ready, {
    concurrency,
    patienceMilliseconds,
    ...pickName(options),
  })) {
    record.set(result.path, result.outcomes);
    say(summary(result));
    if (options.verbose && result.printed.trim() !== '') say(indent(result.printed));
    if (result.failures.length > 0) failed.push(result);
    for (const [test, outcome] of Object.entries(result.outcomes)) {
      const barred = outcome === 'skipped' && options.strict && result.path.endsWith('.engine.test.ts');
      tally.add(result.path, test, barred ? 'failed' : outcome);
      if (barred) say(`  counted as failed, because NOVA_CI=1 says that its engine must be here: ${test}`);
    }
  }
  for (const result of failed) say(explanation(result));
  for (const [path, lacks] of lacking) {
    record.set(path, { [everyTest]: 'skipped' });
    tally.add(path, everyTest, options.strict ? 'failed' : 'skipped');
    for (const { engine, advice } of lacks)
      say(`${options.strict ? 'FAILED' : 'skipped'} ${path}: needs ${engine}: ${advice}`);
  }
  for (const line of failed.flatMap(reminders)) say(line);
  if (options.name === undefined) addToRecord(options.root, record, new Date());
  const nothing = tally.count('passed') + tally.count('failed') === 0;
  if (nothing) say(files.length === 0 ? 'No test file matches.' : 'No test ran.');
  const { tests } = tally;
  if (options.json) {
    const counts = { passed: tally.count('passed'), failed: tally.count('failed'), skipped: tally.count('skipped') };
    process.stdout.write(`${JSON.stringify({ ...counts, tests })}\n`);
  }
  say(tally.line());
  return nothing || tally.count('failed') > 0 ? 1 : 0;
}

function usage(message: string): Error {
  return Object.assign(new TypeError(message), { code: 'usage' });
}

function pickName({ name }: Options): { name?: string } {
  return name === undefined ? {} : { name };
}

try {
  process.exitCode = await main(readOptions());
  // A file that was ended for hanging may still be awaited somewhere; nothing of it matters any more.
  process.exit();
} catch (error) {
  if (!(error instanceof TypeError && 'code' in error)) throw error;
  process.stderr.write(`${error.message}\n\n${help}`);
  process.exitCode = 2;
}
