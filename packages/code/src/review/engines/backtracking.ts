import { JS, NFA, Words } from 'refa';
import { analyse } from 'scslre';
import { findAmbiguities } from './ambiguity.ts';
import { type Attack, type Growth, measureGrowth } from './growth.ts';

/** Whether some text keeps a regular expression busy; `unknown` for one that could not be judged. */
export type Backtracking = Growth | 'none' | 'unknown';

const longestPattern = 2000;
const longestPrefix = 40;
const suffixes = ['\u0000', '!', '\n', ''] as const;

/**
 * Looks for a text on which the expression backtracks without end. What repeats one character is named by scslre, what a repetition can
 * read in two ways by `findAmbiguities`; both only suspect, and only what then really takes long is told.
 */
export function findBacktracking(source: string, flags: string): Backtracking {
  if (!/[*+{]/.test(source)) return 'none';
  if (source.length > longestPattern) return 'unknown';
  const expression = inAnyCase(() => new RegExp(source, flags.replace(/[gy]/g, '')));
  if (expression === null) return 'unknown';
  const suspected = [ambiguousTexts, repeatedCharacters].map((suspect) => inAnyCase(() => suspect(source, flags)));
  const growth = measureGrowth(
    expression,
    suspected.flatMap((attacks) => attacks ?? []),
  );
  return growth ?? (suspected.includes(null) ? 'unknown' : 'none');
}

/** Null where it throws: what it was asked of is no expression of JavaScript's, or one that it does not know or finds too large. */
function inAnyCase<Answer>(ask: () => Answer): Answer | null {
  try {
    return ask();
  } catch {
    return null;
  }
}

function ambiguousTexts(source: string, flags: string): Attack[] {
  return findAmbiguities(source, flags).flatMap(({ start, pump }) =>
    suffixes.map(
      (end): Attack =>
        (repetitions) =>
          `${start}${pump.repeat(repetitions)}${end}`,
    ),
  );
}

function repeatedCharacters(source: string, flags: string): Attack[] {
  const { reports } = analyse({ source, flags }, { reportTypes: { Move: false }, maxReports: 4 });
  if (reports.length === 0) return [];
  const starts = shortestMatches(source, flags);
  const characters = [...new Set(reports.map(({ character }) => character.pick))];
  return characters.flatMap((character) => [...attacks(starts, character)]);
}

/** Texts that the expression accepts, to lead the repeated character to where it does harm. */
function shortestMatches(source: string, flags: string): string[] {
  const parser = JS.Parser.fromLiteral({ source, flags });
  const { expression, maxCharacter } = parser.parse({ assertions: 'disable', backreferences: 'disable' });
  const found = [''];
  for (const word of NFA.fromRegex(expression, { maxCharacter }).words()) {
    found.push(Words.fromUnicodeToString(word).slice(0, longestPrefix));
    if (found.length > 2) break;
  }
  return [...new Set(found)];
}

function* attacks(starts: readonly string[], character: string): Generator<Attack> {
  for (const start of starts) {
    for (let at = start.length; at >= 0; at -= 1) {
      for (const end of suffixes) {
        yield (length) => `${start.slice(0, at)}${character.repeat(length)}${end}`;
        yield (length) => `${start.slice(0, at)}${character.repeat(length)}${start.slice(at)}${end}`;
      }
    }
  }
}
