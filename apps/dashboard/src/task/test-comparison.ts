import type { TestCase, TestReport } from '@nova/core';

/** How one test did on the base and on the change. */
export interface ComparedTest {
  readonly id: string;
  readonly name: string;
  readonly file: string | null;
  readonly before: TestCase | null;
  readonly after: TestCase | null;
}

/** Puts two runs of the same command side by side: what failed anywhere first, then in the order of the report. */
export function compareTests(before: TestReport | null, after: TestReport | null): readonly ComparedTest[] {
  const tests = new Map<string, ComparedTest>();
  for (const test of before?.tests ?? []) {
    tests.set(test.id, { id: test.id, name: test.name, file: test.file, before: test, after: null });
  }
  for (const test of after?.tests ?? []) {
    const known = tests.get(test.id);
    tests.set(test.id, { id: test.id, name: test.name, file: test.file, before: known?.before ?? null, after: test });
  }
  const weight = ({ before: was, after: is }: ComparedTest): number => {
    if (is?.status === 'failed') return 0;
    return was?.status === 'failed' ? 1 : 2;
  };
  return [...tests.values()].sort((a, b) => weight(a) - weight(b));
}
