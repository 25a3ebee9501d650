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
const enoughMs = 1000;
const exponentialLengths = [24, 32, 44] as const;
const polynomialLengths = [10_000] as const;
const suffixes = ['\u0000', '!', '\n', ''] as const;
const run = new Script('expression.test(text)');

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
      for (const characters of exponential ? exponentialLengths : polynomialLengths) {
        for (const text of attacks(starts, character.pick, characters)) {
          const milliseconds = measure(expression, text);
          if (milliseconds >= enoughMs) return { growth, characters, milliseconds };
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

function* attacks(starts: readonly string[], character: string, length: number): Generator<string> {
  const repeated = character.repeat(length);
  for (const start of starts) {
    for (let at = start.length; at >= 0; at -= 1) {
      for (const suffix of suffixes) {
        yield `${start.slice(0, at)}${repeated}${suffix}`;
        yield `${start.slice(0, at)}${repeated}${start.slice(at)}${suffix}`;
      }
    }
  }
}

function measure(expression: RegExp, text: string): number {
  const begun = performance.now();
  try {
    run.runInContext(createContext({ expression, text }), { timeout: enoughMs });
  } catch {
    return enoughMs;
  }
  return performance.now() - begun;
}
