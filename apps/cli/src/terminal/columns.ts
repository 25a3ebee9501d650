import { printable } from '@nova/core';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
// The blocks of Unicode's East Asian Width `W` and `F` that occur in names and messages, and pictures.
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}/u;
const invisible = /^[\p{M}\u200b-\u200d]+$/u;

/** Columns for one line on this stream; a file or a pipe cuts nothing. */
export function lineColumns(stream: NodeJS.WriteStream): number {
  return stream.isTTY ? Math.max(20, stream.columns ?? 80) - 1 : Number.MAX_SAFE_INTEGER;
}

/** Columns that a text takes on a terminal: East Asian and pictures count two, combining marks none. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) columns += columnsOfGrapheme(segment);
  return columns;
}

/** A text from anywhere as one line that takes at most `columns`, cut with an ellipsis. */
export function clip(text: string, columns: number): string {
  const line = oneLine(text);
  if (columnsOf(line) <= columns) return line;
  let taken = 0;
  let cut = '';
  for (const { segment } of graphemes.segment(line)) {
    taken += columnsOfGrapheme(segment);
    if (taken > columns - 1) break;
    cut += segment;
  }
  return columns > 0 ? `${cut}…` : '';
}

/** A text from anywhere as one line that a terminal shows and does not obey. */
export function oneLine(text: string): string {
  return printable(text).replace(/\s+/g, ' ').trim();
}

/** A text from anywhere as a cell of exactly `columns`. */
export function cell(text: string, columns: number, side: 'left' | 'right' = 'left'): string {
  const clipped = clip(text, columns);
  const space = ' '.repeat(columns - columnsOf(clipped));
  return side === 'left' ? clipped + space : space + clipped;
}

function columnsOfGrapheme(grapheme: string): number {
  if (invisible.test(grapheme)) return 0;
  return wide.test(grapheme) ? 2 : 1;
}
