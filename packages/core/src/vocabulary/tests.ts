import { z } from 'zod';

/** One test as its runner reported it. `id` is stable across runs: `<file>::<full name>`. */
export const testCaseSchema = z.object({
  id: z.string(),
  /** Path relative to the repository, with forward slashes; null when the runner did not say. */
  file: z.string().nullable(),
  name: z.string(),
  status: z.enum(['passed', 'failed', 'skipped']),
  durationMs: z.number(),
  failure: z.object({ message: z.string(), stack: z.string() }).optional(),
});
export type TestCase = z.infer<typeof testCaseSchema>;

export const testRunnerSchema = z.enum(['node:test', 'vitest', 'pytest', 'unittest', 'command']);
export type TestRunner = z.infer<typeof testRunnerSchema>;

/** What one execution of a test command showed. `counted` is false when no runner reported its tests. */
export const testReportSchema = z.object({
  runner: testRunnerSchema,
  counted: z.boolean(),
  /** Null when a signal ended the command. */
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  timedOut: z.boolean(),
  durationMs: z.number(),
  tests: z.array(testCaseSchema),
  /** The last part of what the command printed, at most 16 KiB. */
  outputTail: z.string(),
  outputBytes: z.number(),
});
export type TestReport = z.infer<typeof testReportSchema>;

/** Why a failing test could not be loaded, where no edit of the repository's source can change that. */
export const missingImportSchema = z.object({
  /** Id of the failing test. */
  test: z.string(),
  language: z.enum(['python', 'javascript']),
  module: z.string(),
  /** Set when the module is there and lacks this name. */
  name: z.string().nullable(),
  /** The file that imports it, relative to the repository; null when it lies elsewhere or the command itself wants it. */
  importer: z.string().nullable(),
  /**
   * `not-installed`: nothing of that name is here. `declared`: the manifest names it, yet it is not installed. `path`: it is in
   * the repository, where the language does not look. `version`: what is installed lacks the name. `not-built`: a build makes it.
   */
  why: z.enum(['not-installed', 'declared', 'path', 'version', 'not-built']),
  /** Folders to look into for `path`, the file for `not-built`; relative to the repository. */
  found: z.array(z.string()),
});
export type MissingImport = z.infer<typeof missingImportSchema>;

/** Ids of the tests that failed, in report order. */
export function failingTests(report: TestReport): string[] {
  return report.tests.filter((test) => test.status === 'failed').map((test) => test.id);
}

/** True when the command succeeded and, where tests were counted, none failed and at least one passed. */
export function isGreen(report: TestReport): boolean {
  if (report.timedOut || report.exitCode !== 0) return false;
  if (!report.counted) return true;
  return failingTests(report).length === 0 && report.tests.some((test) => test.status === 'passed');
}

/** What the failure of a test says that had begun when its command was stopped, or when its process ended. */
export const unfinished = 'It had begun and did not end.';

/** True for a test that had begun and did not end. */
export function isUnfinished({ status, failure }: TestCase): boolean {
  return status === 'failed' && failure?.message === unfinished;
}

/** Id of the pseudo-test that stands for a command's own success. */
export const exitCodeTest = 'command::exit code';

/**
 * True when a test that failed on the base is repaired. A failure to load or a failing group has no test of its own
 * once it is repaired; then the tests below it must be there, at least one passing and none failing.
 */
export function isRepaired(id: string, before: TestCase | undefined, report: TestReport): boolean {
  if (id === exitCodeTest) return report.exitCode === 0 && !report.timedOut;
  const now = report.tests.find((test) => test.id === id);
  if (now) return now.status === 'passed';
  if (!report.counted) return false;
  if (before?.file === null && before.name === 'unhandled error') return !report.timedOut && report.exitCode === 0;
  // How the probes name a file that did not load: by itself, or by the step that failed.
  const wholeFile =
    before !== undefined && before.file !== null && [before.file, '(collection)', '(import)'].includes(before.name);
  const below = report.tests.filter((test) =>
    wholeFile ? test.file === before.file && test.id !== id : test.id.startsWith(`${id} > `),
  );
  return below.some((test) => test.status === 'passed') && below.every((test) => test.status !== 'failed');
}
