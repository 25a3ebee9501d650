import { createContext, Script } from 'node:vm';
import { JS, NFA, Words } from 'refa';
import { analyse } from 'scslre';

/** A regular expression that takes too long on some text, as measured. */
export interface Backtracking {
  readonly growth: 'exponential' | 'polynomial';
  /** How many characters were enough, and how long they took at least. */
  readonly characters: number;
  readonly milliseconds: number;
}

const longestPattern = 2000;
const longestPrefix = 40;
/** In milliseconds of work: a few dozen characters should take none, some thousand should not take this. */
const enoughMs = { exponential: 100, polynomial: 1000 } as const;
/** A busy machine takes longer than the work does, so the work is measured and the wait is longer. */
const patienceMs = 5000;
/** All ways to attack are tried with the first length, and the slowest of them with the others. */
const lengths = {
  exponential: [20, 32, 44],
  polynomial: [2000, 10_000],
} as const;
const mostAttacks = 4;
const suffixes = ['\u0000', '!', '\n', ''] as const;
const run = new Script('expression.test(text)');
const place: { expression?: RegExp; text?: string } = createContext({});

/**
 * Looks for a text on which the expression backtracks without end: scslre names the quantifiers and the character, and only
 * what then really takes a second is told. Null when there is none, or when the expression is not understood.
 */
export function findBacktracking(source: string, flags: string): Backtracking | null {
  // Fewer than two repetitions cannot trade characters with each other.
  if (source.length > longestPattern || (source.match(/[*+]|\{\d+,\}/g) ?? []).length < 2) return null;
  try {
    const { reports } = analyse({ source, flags }, { reportTypes: { Move: false }, maxReports: 4 });
    if (reports.length === 0) return null;
    const expression = new RegExp(source, flags.replace(/[gy]/g, ''));
    const starts = shortestMatches(source, flags);
    for (const { exponential, character } of reports) {
      const growth = exponential ? 'exponential' : 'polynomial';
      const [first, ...longer] = lengths[growth];
      const slowest = [...attacks(starts, character.pick, suffixes)]
        .map((attack) => ({ attack, milliseconds: measure(expression, attack(first)) }))
        .sort((a, b) => b.milliseconds - a.milliseconds)
        .slice(0, mostAttacks);
      for (const { attack } of slowest) {
        for (const characters of longer) {
          const milliseconds = measure(expression, attack(characters));
          if (milliseconds >= enoughMs[growth]) return { growth, characters, milliseconds };
        }
      }
    }
    return null;
  } catch {
    return null;
  }
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

type Attack = (length: number) => string;

function* attacks(starts: readonly string[], character: string, ends: readonly string[]): Generator<Attack> {
  for (const start of starts) {
    for (let at = start.length; at >= 0; at -= 1) {
      for (const end of ends) {
        yield (length) => `${start.slice(0, at)}${character.repeat(length)}${end}`;
        yield (length) => `${start.slice(0, at)}${character.repeat(length)}${start.slice(at)}${end}`;
      }
    }
  }
}

function measure(expression: RegExp, text: string): number {
  Object.assign(place, { expression, text });
  const begun = process.cpuUsage();
  try {
    run.runInContext(place, { timeout: patienceMs });
  } catch {
    // It was stopped; what it took until then counts.
  }
  const { user } = process.cpuUsage(begun);
  return user / 1000;
}
