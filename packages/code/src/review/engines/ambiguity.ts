import { JS, type Node, type NoParent } from 'refa';
import { type Alternatives, fewRounds, Positions, pick, type Quantifier, TooLarge } from './positions.ts';

/** A text that a repetition can read in more than one way, and one that leads there. */
export interface Ambiguity {
  readonly start: string;
  readonly pump: string;
}

const mostSteps = 2_000_000;
const mostStart = 2000;
const mostAmbiguities = 6;
/** How many of the repetitions after one may share a text with it. */
const nearby = 3;

/**
 * The repetitions of an expression that can come from a place back to it by two ways with the same text: the criterion for
 * exponential ambiguity of Weber and Seidl (1991), as used for backtracking by Weideman and others (2016). Assertions and
 * backreferences are taken for passed and long counts for no limit, so what is returned has to be tried. Throws `TooLarge`, and what
 * the parser throws of an expression that it does not know.
 */
export function findAmbiguities(source: string, flags: string): Ambiguity[] {
  const parser = JS.Parser.fromLiteral({ source, flags });
  const { expression } = parser.parse({ simplify: false, backreferences: 'unknown' });
  const found = new Map<string, Ambiguity>();
  const steps = { left: mostSteps };
  const look = (start: string, body: Alternatives, isWorth: (pump: string) => boolean) => {
    for (const { entry, pump } of waysRound(new Positions(body), steps)) {
      if (isWorth(pump)) found.set(`${start}${entry}\n${pump}`, { start: `${start}${entry}`, pump });
    }
  };
  const all = [...repetitions(expression)];
  for (const one of all) look(wordBefore(one), one.alternatives, () => true);
  // Two that can read the same share a long text in as many ways as it has places; one character repeated is scslre's business.
  for (const [index, one] of all.entries()) {
    for (const other of all.slice(index + 1, index + 1 + nearby)) {
      look(wordBefore(one), [...one.alternatives, ...other.alternatives], (pump) => new Set(pump).size > 1);
    }
  }
  return [...found.values()];
}

/** The outermost repetitions without a narrow limit; what is inside of them is looked at together with them. */
function* repetitions(node: Node): Generator<Quantifier> {
  if (node.type === 'Quantifier' && node.max >= fewRounds) {
    yield node;
    return;
  }
  if (node.type === 'Concatenation') for (const element of node.elements) yield* repetitions(element);
  else if ('alternatives' in node) for (const alternative of node.alternatives) yield* repetitions(alternative);
}

/** A short text that leads from the start of the expression to a part of it. */
function wordBefore(node: Node): string {
  const { parent } = node;
  if (parent === null) return '';
  if (parent.type !== 'Concatenation') return wordBefore(parent);
  const before = parent.elements.slice(0, parent.elements.indexOf(node as (typeof parent.elements)[number]));
  const word = `${wordBefore(parent)}${before.map(shortestWord).join('')}`;
  if (word.length > mostStart) throw new TooLarge('a text that leads to a repetition is too long');
  return word;
}

function shortestWord(node: NoParent<Node>): string {
  switch (node.type) {
    case 'CharacterClass':
      return node.characters.isEmpty ? '' : pick(node.characters);
    case 'Concatenation':
      return node.elements.map(shortestWord).join('');
    case 'Assertion':
    case 'Unknown':
      return '';
    default: {
      const [first = '', ...others] = node.alternatives.map(shortestWord);
      const word = others.reduce((shortest, other) => (other.length < shortest.length ? other : shortest), first);
      const times = node.type === 'Quantifier' ? node.min : 1;
      if (word.length * times > mostStart) throw new TooLarge('a text that leads to a repetition is too long');
      return word.repeat(times);
    }
  }
}

/** How a pair of places is reached from a pair of equal ones, or leads to it. */
interface Reached {
  readonly text: string;
  readonly diagonal: number;
}

/**
 * All places of a repetition can be reached from each other. So two ways with one text lead from a place back to it exactly if
 * a pair of different places is reached from a pair of equal ones, and such a pair from it.
 */
function* waysRound(positions: Positions, steps: { left: number }): Generator<{ entry: string; pump: string }> {
  const count = positions.sets.length;
  const all = Array.from({ length: count }, (_, position) => position).filter((at) => !positions.set(at).isEmpty);
  const before = positions.sets.map(() => [] as number[]);
  for (const from of all) for (const to of positions.next[from]?.keys() ?? []) before[to]?.push(from);
  const candidates: { from: number; to: number; text: string }[] = [];
  for (const from of all) {
    for (const [to, ways] of positions.next[from] ?? []) {
      if (ways > 1 && !positions.set(to).isEmpty) candidates.push({ from, to, text: pick(positions.set(to)) });
    }
  }
  const shared = sharedCharacters(positions, steps);
  const key = (one: number, other: number) => one * count + other;
  const walk = (neighbours: (position: number) => Iterable<number>, backwards: boolean): Map<number, Reached> => {
    const reached = new Map<number, Reached>();
    const pending: number[] = [];
    for (const position of all) {
      reached.set(key(position, position), { text: '', diagonal: position });
      pending.push(key(position, position));
    }
    for (let at = 0; at < pending.length; at += 1) {
      const pair = pending[at] ?? 0;
      const [one, other] = [Math.floor(pair / count), pair % count];
      const { text, diagonal } = reached.get(pair) ?? { text: '', diagonal: 0 };
      for (const nextOne of neighbours(one)) {
        for (const nextOther of neighbours(other)) {
          steps.left -= 1;
          if (steps.left < 0) throw new TooLarge('a repetition has too many ways');
          const next = key(nextOne, nextOther);
          if (reached.has(next)) continue;
          const character = backwards ? shared(one, other) : shared(nextOne, nextOther);
          if (character === null) continue;
          reached.set(next, { text: backwards ? character + text : text + character, diagonal });
          pending.push(next);
        }
      }
    }
    return reached;
  };
  const forwards = walk((position) => positions.next[position]?.keys() ?? [], false);
  const backwards = walk((position) => before[position] ?? [], true);
  for (const [pair, { text, diagonal }] of forwards) {
    const back = backwards.get(pair);
    if (Math.floor(pair / count) === pair % count || back === undefined) continue;
    candidates.push({ from: diagonal, to: back.diagonal, text: text + back.text });
  }
  const pumps = new Set<string>();
  for (const { from, to, text } of candidates.sort((a, b) => a.text.length - b.text.length)) {
    const entry = entryTo(positions, from);
    const back = positions.word([to], from, false);
    if (entry === null || back === null || pumps.has(text + back.text)) continue;
    pumps.add(text + back.text);
    yield { entry, pump: text + back.text };
    if (pumps.size >= mostAmbiguities) return;
  }
}

function entryTo(positions: Positions, position: number): string | null {
  const firsts = positions.first.filter((first) => !positions.set(first).isEmpty);
  const way = positions.word(firsts, position, false);
  return way === null ? null : `${pick(positions.set(way.origin))}${way.text}`;
}

/** A character that both positions read, or null; each pair is looked at once. */
function sharedCharacters({ sets }: Positions, steps: { left: number }): (one: number, other: number) => string | null {
  const known = new Map<number, string | null>();
  return (one, other) => {
    const key = Math.min(one, other) * sets.length + Math.max(one, other);
    const kept = known.get(key);
    if (kept !== undefined) return kept;
    steps.left -= 10;
    const [a, b] = [sets[one], sets[other]];
    const both = a && b ? a.intersect(b) : null;
    const character = both === null || both.isEmpty ? null : pick(both);
    known.set(key, character);
    return character;
  };
}
