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
