import { NovaError } from '../errors/nova-error.ts';
import type { TextEdit } from '../vocabulary/repair.ts';

/**
 * Applies the edits of one file to its text, or refuses as a whole: `tool.input` when two edits overlap or one
 * reaches past the end. Insertions at the same place keep their order.
 */
export function applyEdits(text: string, edits: readonly Omit<TextEdit, 'path'>[]): string {
  const ordered = edits
    .map((edit, index) => ({ ...edit, index }))
    .sort((a, b) => a.start - b.start || a.index - b.index);
  let result = '';
  let position = 0;
  for (const edit of ordered) {
    if (edit.start < position || edit.end < edit.start || edit.end > text.length) {
      throw new NovaError(
        'tool.input',
        `An edit of ${edit.start}..${edit.end} overlaps another or lies outside the file.`,
      );
    }
    result += text.slice(position, edit.start) + edit.text;
    position = edit.end;
  }
  return result + text.slice(position);
}

/** The edits grouped by the file they change, in order of first mention. */
export function editsByPath(edits: readonly TextEdit[]): Map<string, TextEdit[]> {
  const groups = new Map<string, TextEdit[]>();
  for (const edit of edits) {
    const group = groups.get(edit.path);
    if (group) group.push(edit);
    else groups.set(edit.path, [edit]);
  }
  return groups;
}
