import type { FileFacts } from '../facts.ts';
import type { SyntaxNode } from '../syntax.ts';
import { type Draft, draft, replace, shown } from './template.ts';

/** Flags, anchors, quantifiers, escapes and classes of a regular expression literal. */
export function* regularExpressions(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const regex =
    node.type === 'Literal' ? (node['regex'] as { pattern?: unknown; flags?: unknown } | undefined) : undefined;
  if (!regex || typeof regex.pattern !== 'string' || typeof regex.flags !== 'string') return;
  const { pattern, flags } = regex;
  const seen = new Set([`/${pattern}/${flags}`]);
  const make = function* (
    template: string,
    prior: number,
    why: string,
    source: string,
    withFlags = flags as string,
  ): Iterable<Draft> {
    const text = `/${source}/${withFlags}`;
    if (source === '' || seen.has(text)) return;
    seen.add(text);
    yield draft(template, prior, `${why} in ${shown(facts.textOf(node))}.`, replace(node, text));
  };
  for (const flag of 'gimuysd') {
    const weight = { g: 0.5, i: 0.4, m: 0.2, u: 0.25, s: 0.2, y: 0.06, d: 0.01 }[flag] ?? 0.05;
    if (!flags.includes(flag))
      yield* make('regex.flag', weight, `The flag \`${flag}\` is missing`, pattern, flags + flag);
    else yield* make('regex.flag', weight * 0.7, `The flag \`${flag}\` is too much`, pattern, flags.replace(flag, ''));
  }
  yield* make(
    'regex.anchor',
    0.3,
    'Something may stand before and after',
    `^(?:${pattern})$`.replace(/^\^\(\?:([^|]*)\)\$$/, '^$1$'),
  );
  if (!pattern.startsWith('^'))
    yield* make(
      'regex.anchor',
      0.35,
      'Something may stand before',
      pattern.includes('|') ? `^(?:${pattern})` : `^${pattern}`,
    );
  else yield* make('regex.anchor', 0.2, 'The match need not begin the text', pattern.slice(1));
  if (!pattern.endsWith('$'))
    yield* make(
      'regex.anchor',
      0.35,
      'Something may stand after',
      pattern.includes('|') ? `(?:${pattern})$` : `${pattern}$`,
    );
  else yield* make('regex.anchor', 0.2, 'The match need not end the text', pattern.slice(0, -1));
  for (const piece of pieces(pattern)) {
    const put = (text: string) => pattern.slice(0, piece.start) + text + pattern.slice(piece.end);
    const rest = pattern.slice(piece.end);
    const quantifier = /^([*+?]|\{\d+(?:,\d*)?\})(\??)/.exec(rest);
    if (quantifier) {
      const quantified = (text: string) => pattern.slice(0, piece.end) + text + rest.slice(quantifier[0].length);
      const lazy = quantifier[2] ?? '';
      for (const other of ['*', '+', '?', '']) {
        if (other !== quantifier[1])
          yield* make(
            'regex.quantifier',
            other === '' ? 0.15 : 0.35,
            'A part may stand another number of times',
            quantified(other === '' ? '' : other + lazy),
          );
      }
      yield* make(
        'regex.lazy',
        0.3,
        'A part takes too much or too little',
        quantified((quantifier[1] ?? '') + (lazy === '' ? '?' : '')),
      );
      const range = /^\{(\d+)(,?)(\d*)\}$/.exec(quantifier[1] ?? '');
      if (range) {
        const [low, comma, high] = [Number(range[1]), range[2] ?? '', range[3] ?? ''];
        for (const step of [-1, 1]) {
          if (low + step >= 0)
            yield* make('regex.count', 0.3, 'A count is one off', quantified(`{${low + step}${comma}${high}}`));
          if (high !== '')
            yield* make('regex.count', 0.3, 'A count is one off', quantified(`{${low},${Number(high) + step}}`));
        }
        yield* make('regex.count', 0.2, 'More may follow', quantified(`{${low},}`));
      }
    } else {
      for (const other of ['?', '*', '+'])
        yield* make('regex.quantifier', 0.14, 'A part may stand another number of times', put(piece.text + other));
    }
    if (piece.text === '.') yield* make('regex.dot', 0.5, 'The dot stands for any character', put('\\.'));
    if (piece.text === '\\.') yield* make('regex.dot', 0.15, 'Any character is meant', put('.'));
    if (piece.text.startsWith('[') && piece.text.endsWith(']')) yield* classes(piece.text, put, make, facts);
    const swapped = shorthand[piece.text];
    for (const other of swapped ?? [])
      yield* make('regex.class', 0.25, 'Another class of characters is meant', put(other));
    yield* make('regex.drop', 0.06, 'A part is too much', put(''));
  }
}

type Make = (template: string, prior: number, why: string, source: string) => Iterable<Draft>;

const shorthand: Record<string, readonly string[]> = {
  '\\d': ['\\w', '\\D', '[\\d.]', '[\\d-]'],
  '\\D': ['\\d', '\\W'],
  '\\w': ['[\\w-]', '\\W', '\\d', '\\S', '[\\w.]', '[\\w$]'],
  '\\W': ['\\w', '\\s', '[^\\w-]'],
  '\\s': ['\\S', '[\\s_-]', ' ', '[ \\t]'],
  '\\S': ['\\s', '\\w'],
  '.': ['[\\s\\S]', '[^\\n]', '\\S'],
  '\\b': ['\\B', '(?:^|\\s)'],
  ' ': ['\\s', '\\s*', '\\s+'],
};

function* classes(text: string, put: (text: string) => string, make: Make, facts: FileFacts): Iterable<Draft> {
  const negated = text.startsWith('[^');
  const inside = text.slice(negated ? 2 : 1, -1);
  yield* make('regex.class', 0.2, 'The class is the wrong way round', put(negated ? `[${inside}]` : `[^${inside}]`));
  const additions = new Map<string, number>();
  for (const [piece, prior] of [
    ['A-Z', 0.3],
    ['a-z', 0.3],
    ['0-9', 0.3],
    ['_', 0.25],
    ['-', 0.25],
    ['.', 0.2],
    ['\\s', 0.2],
    [' ', 0.12],
    ['$', 0.1],
    ['+', 0.12],
    ['/', 0.1],
    ['\\\\', 0.06],
    [':', 0.08],
    ["'", 0.06],
    ['"', 0.06],
    ['@', 0.06],
    ['~', 0.06],
    ['\\u0080-\\uffff', 0.06],
  ] as const) {
    additions.set(piece, prior);
  }
  for (const value of [...facts.expected, ...facts.strings.slice(0, 15)]) {
    for (const character of value.slice(1, -1)) {
      if (/[^\w\s\\]/u.test(character) && character.length === 1)
        additions.set(/[\]^-]/.test(character) ? `\\${character}` : character, 0.22);
    }
  }
  for (const [piece, prior] of additions) {
    if (inside.includes(piece))
      yield* make('regex.class', prior * 0.6, 'A character is too much in a class', put(text.replace(piece, '')));
    else if (piece === '-')
      yield* make('regex.class', prior, 'A character is missing in a class', put(`${text.slice(0, -1)}-]`));
    else
      yield* make(
        'regex.class',
        prior,
        'A character is missing in a class',
        put(`${text.slice(0, negated ? 2 : 1)}${piece}${text.slice(negated ? 2 : 1)}`),
      );
  }
}

/** The atoms of a pattern: characters, escapes, classes; groups are passed through. */
function pieces(pattern: string): { start: number; end: number; text: string }[] {
  const found: { start: number; end: number; text: string }[] = [];
  const atom =
    /\\(?:u\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|[pP]\{[^}]*\}|k<[^>]*>|.)|\[(?:\\.|[^\]\\])*\]|\(\?(?:[:=!]|<[=!]|<\w+>)|\{\d+(?:,\d*)?\}|[\s\S]/gy;
  for (const match of pattern.matchAll(atom)) {
    const text = match[0];
    if (/^([()|*+?^$]|\(\?.*|\{\d.*\})$/.test(text)) {
      if (text !== ')') continue;
    }
    found.push({ start: match.index, end: match.index + text.length, text });
    if (found.length > 60) break;
  }
  return found;
}
