import { styleText } from 'node:util';
import { cell, clip } from './columns.ts';

/** One column of a table about rows of a kind. */
export interface Column<Row> {
  readonly title: string;
  /** Columns of the terminal it takes; null: what the others leave, for the last one. */
  readonly width: number | null;
  readonly side?: 'left' | 'right';
  /** It is left out where the terminal is narrower than this. */
  readonly from?: number;
  readonly text: (row: Row) => string;
  readonly style?: (row: Row) => Style | null;
}

type Style = Parameters<typeof styleText>[0];

/** Rows as lines that fit a terminal of so many columns; the first line has the titles. */
export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[], available: number): string[] {
  const shown = columns.filter((column) => (column.from ?? 0) <= available);
  const taken = shown.reduce((sum, column) => sum + (column.width ?? 0), 2 * (shown.length - 1));
  const rest = Math.max(0, available - taken);
  const line = (text: (column: Column<Row>) => string, style: (column: Column<Row>) => Style | null) =>
    shown
      .map((column) => {
        const filled =
          column.width === null ? clip(text(column), rest) : cell(text(column), column.width, column.side ?? 'left');
        const wanted = style(column);
        return wanted === null ? filled : styleText(wanted, filled);
      })
      .join('  ');
  return [
    line(
      (column) => column.title,
      () => 'dim',
    ),
    ...rows.map((row) =>
      line(
        (column) => column.text(row),
        (column) => column.style?.(row) ?? null,
      ),
    ),
  ].map((text) => text.trimEnd());
}
