/** One line of a file's change; numbers are null on the side where the line is not. */
export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
  readonly before: number | null;
  readonly after: number | null;
  /** True for the last line of a file that has no line break at its end. */
  readonly unended: boolean;
}

/** Lines that belong together, with what the diff says of their surroundings. */
export interface DiffHunk {
  readonly before: number;
  readonly after: number;
  readonly heading: string;
  readonly lines: readonly DiffLine[];
}

/** The change of one file. */
export interface FileDiff {
  readonly path: string;
  readonly formerPath: string | null;
  readonly kind: 'changed' | 'added' | 'removed' | 'renamed' | 'binary';
  readonly hunks: readonly DiffHunk[];
  readonly added: number;
  readonly removed: number;
}

const hunkHead = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/;

/** Reads a unified diff as git prints it. What is not part of one is left out. */
export function parseDiff(diff: string): readonly FileDiff[] {
  const lines = diff.split('\n');
  const starts = lines.flatMap((line, index) => (line.startsWith('diff --git ') ? [index] : []));
  return starts.map((start, index) => parseFile(lines.slice(start, starts[index + 1] ?? lines.length)));
}

function parseFile(lines: readonly string[]): FileDiff {
  const head = lines.findIndex((line) => line.startsWith('@@ '));
  const before = head < 0 ? lines : lines.slice(0, head);
  const named = (prefix: string) => before.find((line) => line.startsWith(prefix))?.slice(prefix.length);
  const both = /^diff --git (?:"?a\/)(.*?)"? "?b\/(.*?)"?$/.exec(lines[0] ?? '');
  const oldPath = pathOf(named('--- ')) ?? named('rename from ') ?? both?.[1] ?? '';
  const newPath = pathOf(named('+++ ')) ?? named('rename to ') ?? both?.[2] ?? oldPath;
  const hunks = head < 0 ? [] : parseHunks(lines.slice(head));
  const all = hunks.flatMap((hunk) => hunk.lines);
  const has = (prefix: string) => before.some((line) => line.startsWith(prefix));
  const kind =
    has('Binary files ') || has('GIT binary patch')
      ? 'binary'
      : has('new file')
        ? 'added'
        : has('deleted file')
          ? 'removed'
          : oldPath === newPath
            ? 'changed'
            : 'renamed';
  return {
    path: kind === 'removed' ? oldPath : newPath,
    formerPath: kind === 'renamed' ? oldPath : null,
    kind,
    hunks,
    added: all.filter((line) => line.kind === 'added').length,
    removed: all.filter((line) => line.kind === 'removed').length,
  };
}

function pathOf(name: string | undefined): string | undefined {
  if (name === undefined || name === '/dev/null') return undefined;
  return name
    .replace(/^"|"$/g, '')
    .replace(/^[ab]\//, '')
    .replace(/\t.*$/, '');
}

/** Counts lines by the hunk's own head, so that a removed line that begins with `-- ` is not taken for a file's name. */
function parseHunks(lines: readonly string[]): readonly DiffHunk[] {
  const hunks: DiffHunk[] = [];
  let index = 0;
  while (index < lines.length) {
    const match = hunkHead.exec(lines[index] ?? '');
    index += 1;
    if (!match) continue;
    const [, oldStart, oldCount = '1', newStart, newCount = '1', heading = ''] = match;
    const hunk = { before: Number(oldStart), after: Number(newStart), heading, lines: [] as DiffLine[] };
    let { before, after } = hunk;
    const oldEnd = before + Number(oldCount);
    const newEnd = after + Number(newCount);
    while (index < lines.length && (before < oldEnd || after < newEnd || lines[index]?.startsWith('\\'))) {
      const line = lines[index] ?? '';
      const text = line.slice(1);
      const last = hunk.lines.at(-1);
      if (line.startsWith('\\') && last) hunk.lines[hunk.lines.length - 1] = { ...last, unended: true };
      else if (line.startsWith('-'))
        hunk.lines.push({ kind: 'removed', text, before: before++, after: null, unended: false });
      else if (line.startsWith('+'))
        hunk.lines.push({ kind: 'added', text, before: null, after: after++, unended: false });
      else hunk.lines.push({ kind: 'same', text, before: before++, after: after++, unended: false });
      index += 1;
    }
    hunks.push(hunk);
  }
  return hunks;
}

/** A row of a diff that is shown side by side. */
export interface DiffPair {
  readonly before: DiffLine | null;
  readonly after: DiffLine | null;
}

/** Puts removed lines beside the added ones that stand in their place. */
export function sideBySide(lines: readonly DiffLine[]): readonly DiffPair[] {
  const pairs: DiffPair[] = [];
  let removed: DiffLine[] = [];
  let added: DiffLine[] = [];
  const flush = () => {
    for (let row = 0; row < Math.max(removed.length, added.length); row += 1) {
      pairs.push({ before: removed[row] ?? null, after: added[row] ?? null });
    }
    removed = [];
    added = [];
  };
  for (const line of lines) {
    if (line.kind === 'removed') {
      if (added.length > 0) flush();
      removed.push(line);
    } else if (line.kind === 'added') added.push(line);
    else {
      flush();
      pairs.push({ before: line, after: line });
    }
  }
  flush();
  return pairs;
}

/** Where two lines differ: the range of each that is not in the other. */
export function differingRanges(before: string, after: string): { before: [number, number]; after: [number, number] } {
  let start = 0;
  const shorter = Math.min(before.length, after.length);
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  return { before: [start, before.length - end], after: [start, after.length - end] };
}
