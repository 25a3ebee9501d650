import { useMemo } from 'react';
import { highlightLines, markRange, type Piece } from './highlight.ts';
import { type DiffHunk, type DiffLine, differingRanges, type FileDiff, parseDiff, sideBySide } from './parse-diff.ts';

/** How a diff is laid out. */
export type DiffLayout = 'split' | 'unified';

/** A unified diff, file by file, with syntax colours and the letters marked that differ within a line. */
export function DiffView({ diff, layout }: { readonly diff: string; readonly layout: DiffLayout }) {
  const files = useMemo(() => parseDiff(diff), [diff]);
  return (
    <div className="diff">
      {files.map((file) => (
        <FileView key={file.path} file={file} layout={layout} />
      ))}
    </div>
  );
}

const kinds: Readonly<Record<FileDiff['kind'], string>> = {
  changed: '',
  added: 'new file',
  removed: 'removed file',
  renamed: 'renamed',
  binary: 'binary, not shown',
};

function FileView({ file, layout }: { readonly file: FileDiff; readonly layout: DiffLayout }) {
  return (
    <section className="panel" aria-label={file.path}>
      <header>
        <h2 className="break">
          <code>{file.formerPath === null ? file.path : `${file.formerPath} → ${file.path}`}</code>
        </h2>
        <span className="small quiet">{kinds[file.kind]}</span>
        <span className="diff-counts small">
          <span className="diff-added">+{file.added}</span> <span className="diff-removed">−{file.removed}</span>
        </span>
      </header>
      {file.hunks.map((hunk) => (
        <HunkView key={`${hunk.before}/${hunk.after}`} hunk={hunk} path={file.path} layout={layout} />
      ))}
    </section>
  );
}

interface HunkProps {
  readonly hunk: DiffHunk;
  readonly path: string;
  readonly layout: DiffLayout;
}

type Colours = ReadonlyMap<DiffLine, readonly Piece[]>;
type Marks = ReadonlyMap<DiffLine, readonly [number, number]>;

function HunkView({ hunk, path, layout }: HunkProps) {
  const colours = useMemo(() => coloursOf(hunk, path), [hunk, path]);
  const pairs = useMemo(() => sideBySide(hunk.lines), [hunk]);
  const marks = useMemo(() => marksOf(hunk), [hunk]);
  const render = (line: DiffLine) => <Code line={line} colours={colours} marks={marks} />;
  return (
    <table className="diff-table" data-layout={layout}>
      <caption className="small faint">
        {`Line ${hunk.after}`}
        {hunk.heading !== '' && (
          <>
            {' '}
            in <code>{hunk.heading.trim()}</code>
          </>
        )}
      </caption>
      <tbody>
        {layout === 'unified' &&
          hunk.lines.map((line) => (
            <tr key={`${line.before}/${line.after}`} data-kind={line.kind}>
              <td className="line-number">{line.before}</td>
              <td className="line-number">{line.after}</td>
              <td className="line-text">{render(line)}</td>
            </tr>
          ))}
        {layout === 'split' &&
          pairs.map(({ before, after }) => (
            <tr key={`${before?.before}/${after?.after}`}>
              <Side line={before} number={before?.before ?? null} render={render} />
              <Side line={after} number={after?.after ?? null} render={render} />
            </tr>
          ))}
      </tbody>
    </table>
  );
}

interface SideProps {
  readonly line: DiffLine | null;
  readonly number: number | null;
  readonly render: (line: DiffLine) => React.ReactNode;
}

function Side({ line, number, render }: SideProps) {
  const kind = line?.kind ?? 'none';
  return (
    <>
      <td className="line-number" data-kind={kind}>
        {number}
      </td>
      <td className="line-text" data-kind={kind}>
        {line && render(line)}
      </td>
    </>
  );
}

const signs: Readonly<Record<DiffLine['kind'], string>> = { same: ' ', removed: '−', added: '+' };
const spoken: Readonly<Record<DiffLine['kind'], string>> = { same: '', removed: 'removed: ', added: 'added: ' };

function Code({ line, colours, marks }: { readonly line: DiffLine; readonly colours: Colours; readonly marks: Marks }) {
  const pieces = markRange(colours.get(line) ?? [{ text: line.text, name: null }], marks.get(line) ?? [0, 0]);
  let at = 0;
  return (
    <>
      <span className="line-sign" aria-hidden="true">
        {signs[line.kind]}
      </span>
      <code>
        {line.kind !== 'same' && <span className="hidden-text">{spoken[line.kind]}</span>}
        {pieces.map(({ text, name, marked }) => {
          at += text.length;
          return (
            <span
              key={at}
              {...(name === null ? {} : { 'data-code': name })}
              {...(marked ? { className: 'marked' } : {})}
            >
              {text}
            </span>
          );
        })}
        {line.unended && <span className="faint"> (no line break at the end)</span>}
      </code>
    </>
  );
}

/** Each side is coloured as a whole, so that a comment or a string over several lines keeps its colour. */
function coloursOf(hunk: DiffHunk, path: string): Colours {
  const colours = new Map<DiffLine, readonly Piece[]>();
  for (const left of ['added', 'removed'] as const) {
    const side = hunk.lines.filter((line) => line.kind !== left);
    const pieces = highlightLines(
      side.map((line) => line.text),
      path,
    );
    side.forEach((line, index) => {
      colours.set(line, pieces[index] ?? []);
    });
  }
  return colours;
}

/** More of a line than this changed: then marking letters says nothing. */
const mostMarked = 0.7;

function marksOf(hunk: DiffHunk): Marks {
  const marks = new Map<DiffLine, readonly [number, number]>();
  for (const { before, after } of sideBySide(hunk.lines)) {
    if (!before || !after || before === after) continue;
    const ranges = differingRanges(before.text, after.text);
    const longest = Math.max(before.text.trim().length, after.text.trim().length, 1);
    const changed = Math.max(ranges.before[1] - ranges.before[0], ranges.after[1] - ranges.after[0]);
    if (changed / longest > mostMarked) continue;
    marks.set(before, ranges.before);
    marks.set(after, ranges.after);
  }
  return marks;
}
