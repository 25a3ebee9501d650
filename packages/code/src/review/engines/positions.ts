import type { CharSet, Node } from 'refa';

/** An expression that is too large to be looked through. */
export class TooLarge extends Error {}

/** A repetition of fewer rounds cannot take long by itself, and is written out instead. */
export const fewRounds = 10;
const mostPositions = 1000;

/** A repetition, as refa has it. */
export type Quantifier = Extract<Node, { type: 'Quantifier' }>;
/** What a repetition repeats. */
export type Alternatives = Quantifier['alternatives'];

/** A character of the set that people can read, where there is one. */
export function pick(set: CharSet): string {
  for (const [low, high] of [
    [0x61, 0x7a],
    [0x30, 0x39],
    [0x41, 0x5a],
    [0x20, 0x7e],
  ] as const) {
    const range = set.ranges.find(({ min, max }) => min <= high && max >= low);
    if (range) return String.fromCodePoint(Math.max(range.min, low));
  }
  return String.fromCodePoint(set.ranges[0]?.min ?? 0);
}

/** A part of the repetition: where it begins and ends, and whether it may be empty. */
interface Part {
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly empty: boolean;
}

/** The positions of an endless repetition (Glushkov's automaton): to be at one is to have read its character. */
export class Positions {
  readonly sets: CharSet[] = [];
  /** From a position to the next ones, with how many ways lead there. */
  readonly next: Map<number, number>[] = [];
  /** Where a round begins. */
  readonly first: readonly number[];

  constructor(body: Alternatives) {
    const whole = this.#choice(body);
    this.#link(whole.last, whole.first);
    this.first = whole.first;
  }

  #choice(alternatives: Alternatives): Part {
    const parts = alternatives.map(({ elements }) =>
      this.#sequence(elements.map((element) => () => this.#part(element))),
    );
    return {
      first: parts.flatMap(({ first }) => first),
      last: parts.flatMap(({ last }) => last),
      empty: parts.some(({ empty }) => empty),
    };
  }

  #sequence(makers: readonly (() => Part)[]): Part {
    let whole: Part = { first: [], last: [], empty: true };
    for (const make of makers) {
      const part = make();
      this.#link(whole.last, part.first);
      whole = {
        first: whole.empty ? [...whole.first, ...part.first] : whole.first,
        last: part.empty ? [...whole.last, ...part.last] : part.last,
        empty: whole.empty && part.empty,
      };
    }
    return whole;
  }

  #part(node: Alternatives[number]['elements'][number]): Part {
    if (node.type === 'CharacterClass') {
      const position = this.sets.push(node.characters) - 1;
      this.next.push(new Map());
      return { first: [position], last: [position], empty: false };
    }
    if (node.type === 'Alternation') return this.#choice(node.alternatives);
    if (node.type !== 'Quantifier' || node.max === 0) return { first: [], last: [], empty: true };
    return node.max < fewRounds ? this.#rounds(node) : this.#loop(node);
  }

  #loop({ alternatives, min }: Quantifier): Part {
    const body = this.#choice(alternatives);
    this.#link(body.last, body.first);
    return { ...body, empty: body.empty || min === 0 };
  }

  /** `x{1,3}` is `x(x(x)?)?`: a round follows the round before it and no other. */
  #rounds({ alternatives, min, max }: Quantifier): Part {
    const rounds: Part[] = [];
    for (let round = 0; round < max; round += 1) {
      const part = this.#choice(alternatives);
      this.#link(rounds.at(-1)?.last ?? [], part.first);
      rounds.push(part);
    }
    const empty = min === 0 || rounds.some((part) => part.empty);
    return {
      first: rounds[0]?.first ?? [],
      last: rounds.slice(empty ? 0 : min - 1).flatMap(({ last }) => last),
      empty,
    };
  }

  #link(from: readonly number[], to: readonly number[]): void {
    if (this.sets.length > mostPositions) throw new TooLarge('a repetition has too many parts');
    for (const one of from) {
      const next = this.next[one];
      for (const other of to) next?.set(other, (next.get(other) ?? 0) + 1);
    }
  }

  /** What is read on the way to a position. */
  set(position: number): CharSet {
    const set = this.sets[position];
    if (set === undefined) throw new Error('There is no such position.');
    return set;
  }

  /** A text for the way from one of the positions to another, without the character of the first; null if there is no way. */
  word(
    from: readonly number[],
    to: number,
    atLeastOne: boolean,
  ): { readonly origin: number; readonly text: string } | null {
    const came = new Map<number, { origin: number; text: string }>(
      atLeastOne ? [] : from.map((origin) => [origin, { origin, text: '' }]),
    );
    const pending = from.map((origin) => ({ position: origin, origin, text: '' }));
    for (let at = 0; at < pending.length && !came.has(to); at += 1) {
      const { position, origin, text } = pending[at] ?? { position: 0, origin: 0, text: '' };
      for (const next of this.next[position]?.keys() ?? []) {
        if (came.has(next) || this.set(next).isEmpty) continue;
        const longer = { origin, text: text + pick(this.set(next)) };
        came.set(next, longer);
        pending.push({ position: next, ...longer });
      }
    }
    return came.get(to) ?? null;
  }
}
