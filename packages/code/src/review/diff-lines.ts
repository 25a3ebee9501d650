/** One line of a diff; the number is that of the file the line is in: the new one if added, the old one if removed. */
export interface DiffLine {
  readonly line: number;
  readonly text: string;
}

export interface ChangedLines {
  readonly added: readonly DiffLine[];
  readonly removed: readonly DiffLine[];
}

/** Reads a unified diff of one file, made without context. */
export function changedLines(diff: string): ChangedLines {
  const added: DiffLine[] = [];
  const removed: DiffLine[] = [];
  let oldLine = 0;
  let newLine = 0;
  let inHunk = false;
  for (const text of diff.split('\n')) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(text);
    if (hunk) {
      inHunk = true;
      oldLine = Number(hunk[1]);
      newLine = Number(hunk[2]);
    } else if (!inHunk) continue;
    else if (text.startsWith('+')) added.push({ line: newLine++, text: text.slice(1) });
    else if (text.startsWith('-')) removed.push({ line: oldLine++, text: text.slice(1) });
  }
  return { added, removed };
}
