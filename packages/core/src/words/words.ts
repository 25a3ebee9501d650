/** A number with its noun: `1 test`, `2 tests`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const keepsLines = new Set(['\n', '\t']);

/**
 * Takes out what a terminal would obey instead of show: escape sequences and control characters. Names of tests, file names and
 * program output come from repositories and are data.
 */
export function printable(text: string): string {
  return [...text].map((letter) => (isControl(letter) && !keepsLines.has(letter) ? '�' : letter)).join('');
}

function isControl(letter: string): boolean {
  const code = letter.codePointAt(0) ?? 0;
  return (
    code < 0x20 ||
    (code >= 0x7f && code < 0xa0) ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069)
  );
}
