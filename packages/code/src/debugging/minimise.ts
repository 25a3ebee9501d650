import type { Candidate, TextEdit } from '@nova/core';
import type { TestBench } from '../evidence/test-run.ts';
import type { LanguageModule } from '../languages/language.ts';
import type { WorkingTree } from '../workspace/working-tree.ts';
import { type BaseMeasure, type EvaluateRequest, judgeCandidate } from './evaluate.ts';

/**
 * A smaller candidate that the tests accept as well: edits are left out one at a time as long as the rest stays
 * plausible, then each is narrowed to the characters that differ. Ends with a 1-minimal set of edits.
 */
export async function minimise(
  candidate: Candidate,
  base: BaseMeasure,
  request: EvaluateRequest,
  tree: WorkingTree,
  bench: TestBench,
  languages: readonly LanguageModule[],
): Promise<{ candidate: Candidate; runs: number }> {
  let edits = [...candidate.edits];
  let runs = 0;
  for (let index = 0; edits.length > 1 && index < edits.length; ) {
    const fewer = edits.filter((_, at) => at !== index);
    const verdict = await judgeCandidate({ id: candidate.id, edits: fewer }, base, request, tree, bench, languages);
    runs += verdict.runs;
    if (verdict.outcome === 'plausible') edits = fewer;
    else index++;
  }
  const narrowed: TextEdit[] = [];
  for (const edit of edits) narrowed.push(narrow(edit, (await tree.read(edit.path)) ?? ''));
  return { candidate: { ...candidate, edits: narrowed }, runs };
}

/** The same replacement without the characters that it leaves as they are. */
function narrow(edit: TextEdit, text: string): TextEdit {
  const before = text.slice(edit.start, edit.end);
  let start = 0;
  const most = Math.min(before.length, edit.text.length);
  while (start < most && before[start] === edit.text[start]) start++;
  let end = 0;
  while (end < most - start && before[before.length - 1 - end] === edit.text[edit.text.length - 1 - end]) end++;
  return {
    path: edit.path,
    start: edit.start + start,
    end: edit.end - end,
    text: edit.text.slice(start, edit.text.length - end),
  };
}
