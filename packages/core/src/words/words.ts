/** A number with its noun: `1 test`, `2 tests`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const verdicts: Readonly<Record<string, string>> = {
  plausible: 'passed',
  'still-failing': 'left the failure',
  regresses: 'broke another test',
  'does-not-parse': 'did not parse',
  'timed-out': 'did not end in time',
  'not-run': 'not run',
};

/** What came of a tried candidate, in words: `left the failure`. */
export function verdictWords(outcome: string): string {
  return verdicts[outcome] ?? outcome;
}

const keepsLines = new Set(['\n', '\t']);

/**
 * Takes out what a terminal or a page would obey instead of show: escape sequences, control characters, and what turns the
 * direction of writing. Names of tests, file names and
 * program output come from repositories and are data.
 */
export function printable(text: string): string {
  return [...text].map((letter) => (isControl(letter) && !keepsLines.has(letter) ? '�' : letter)).join('');
}

/** `printable` for every text in plain JSON: all that came out of a repository at once, before anything of it is shown. */
export function printableValue<Value>(value: Value): Value;
export function printableValue(value: unknown): unknown {
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value)) return value.map((one) => printableValue(one as unknown));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [printable(key), printableValue(inner)]));
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
