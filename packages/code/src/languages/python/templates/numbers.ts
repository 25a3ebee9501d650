import { type Draft, type Place, replacing, type Template } from '../place.ts';
import { descend, field, parts, type SyntaxNode } from '../syntax.ts';

/** Values one too large or too small: literals, indexes, bounds of ranges and slices. */
export const offByOne: Template = function* (place) {
  for (const node of place.nodes) {
    if (node.type === 'integer') yield* literal(place, node);
    else if (node.type === 'slice') yield* sliced(place, node);
    if (node.type === 'call' && place.code(field(node, 'function') ?? node) === 'range') yield* ranged(place, node);
    const weight = shiftable(place, node);
    if (weight > 0) {
      const text = place.code(node);
      const wrapped = /^(?:conditional_expression|boolean_operator|lambda|comparison_operator|not_operator)$/.test(
        node.type,
      )
        ? `(${text})`
        : text;
      for (const [suffix, factor] of [
        [' + 1', 1],
        [' - 1', 1],
      ] as const) {
        yield replacing(
          place,
          node,
          `${wrapped}${suffix}`,
          'off-by-one',
          weight * factor,
          '{old} is off by one; this makes it {new}.',
        );
      }
    }
  }
};

function* literal(place: Place, node: SyntaxNode): Generator<Draft> {
  const text = place.code(node);
  if (!/^\d{1,15}$/.test(text)) return;
  const value = Number(text);
  const dropped = node.parent?.type === 'binary_operator' && text === '1';
  const first = value === 0 && node.parent?.type === 'subscript';
  if (first) {
    const explanation = `{old} takes the first item in \`${place.code(node.parent ?? node)}\`; this makes it {new}, the last.`;
    yield replacing(place, node, '-1', 'first-or-last', 0.2, explanation);
  }
  for (const [next, prior] of [
    [value + 1, 0.15],
    [value - 1, dropped ? 0.02 : 0.15],
  ] as const) {
    if (first && next === -1) continue;
    yield replacing(
      place,
      node,
      String(next),
      'off-by-one',
      prior,
      `The number {old} is off by one in \`${place.code(node.parent ?? node)}\`; this makes it {new}.`,
    );
  }
}

/** How likely an expression is one off where it stands; 0 where a number makes no sense. */
function shiftable(place: Place, node: SyntaxNode): number {
  if (!/^(?:identifier|attribute|call|binary_operator|subscript|parenthesized_expression)$/.test(node.type)) return 0;
  const parent = node.parent;
  if (!parent) return 0;
  const kinds = place.scope.kinds.get(place.code(node));
  const text = place.code(node);
  if (kinds && (kinds.has('text') || kinds.has('mapping')) && !kinds.has('number')) return 0;
  const number = kinds?.has('number') || /^(?:len|int|min|max|abs|sum)\(/.test(text) || node.type === 'binary_operator';
  if (node.type === 'binary_operator') {
    // Another ± 1 on top of one is a different literal.
    const right = field(node, 'right');
    if (right?.type === 'integer' || !/^(?:[+*/%-]|\/\/)$/.test(field(node, 'operator')?.type ?? '')) return 0;
    if ([...descend(node)].some((part) => part.type === 'string' || part.type === 'list')) return 0;
  }
  if (node.type === 'call' && !number && !place.scope.signatures.has(place.code(field(node, 'function') ?? node)))
    return 0;
  switch (parent.type) {
    case 'slice':
      return 0.14;
    case 'subscript':
      return node.field === 'subscript' && !(kinds && !number) ? (number ? 0.12 : 0.06) : 0;
    case 'tuple':
      return parent.parent?.type === 'subscript' ? 0.1 : number ? 0.02 : 0;
    case 'comparison_operator':
      return number ? 0.07 : 0.015;
    case 'argument_list': {
      const called = place.code(field(parent.parent ?? parent, 'function') ?? parent);
      if (called === 'range') return 0.16;
      if (/^(?:len|str|print|isinstance|repr|list|set|dict|tuple|type|sorted|open|iter|next)$/.test(called)) return 0;
      return number ? 0.07 : 0.02;
    }
    case 'return_statement':
      return number ? 0.08 : 0.015;
    case 'assignment':
    case 'augmented_assignment':
      return node.field === 'right' ? (number ? 0.08 : 0.012) : 0;
    case 'binary_operator': {
      const operator = field(parent, 'operator')?.type ?? '';
      return /^[+-]$/.test(operator) && number ? (node.type === 'binary_operator' ? 0 : 0.03) : 0;
    }
    default:
      return 0;
  }
}

function* ranged(place: Place, node: SyntaxNode): Generator<Draft> {
  const list = field(node, 'arguments');
  const values = list ? parts(list) : [];
  const [first, second, third] = values.map((value) => place.code(value));
  const made = (text: string, prior: number): Draft =>
    replacing(
      place,
      node,
      `range(${text})`,
      'range-bounds',
      prior,
      '{old} runs over the wrong numbers; this makes it {new}.',
    );
  if (values.length === 1 && first) {
    yield made(`1, ${first}`, 0.12);
    yield made(`1, ${first} + 1`, 0.08);
    yield made(`0, ${first}, 2`, 0.01);
    yield made(`${first} - 1, -1, -1`, 0.05);
  } else if (values.length === 2 && first && second) {
    yield made(second, 0.08);
    yield made(`${first}, ${second}, 2`, 0.03);
    yield made(`${first}, ${second}, -1`, 0.05);
    yield made(`${second}, ${first}, -1`, 0.03);
    if (first !== '0') yield made(`0, ${second}`, 0.03);
    for (const name of place.scope.variables.slice(0, 4)) {
      if (place.scope.kinds.get(name)?.has('number') && name !== first && name !== second) {
        yield made(`${first}, ${second}, ${name}`, 0.015);
      }
    }
  } else if (values.length === 3 && first && second && third) {
    yield made(`${first}, ${second}`, 0.1);
    yield made(`${first}, ${second}, ${third.startsWith('-') ? third.slice(1) : `-${third}`}`, 0.08);
  }
}

function* sliced(place: Place, node: SyntaxNode): Generator<Draft> {
  const colons = node.children.filter((child) => child.type === ':');
  const first = colons[0];
  if (!first) return;
  const parent = node.parent;
  const lower = node.children.find((child) => child.named && child.end <= first.start);
  const upper = node.children.find(
    (child) => child.named && child.start >= first.end && child.start < (colons[1]?.start ?? Infinity),
  );
  const low = lower ? place.code(lower) : '';
  const high = upper ? place.code(upper) : '';
  const rest = colons[1] ? place.text.slice(colons[1].start, node.end) : '';
  const made = (text: string, prior: number): Draft =>
    replacing(
      place,
      node,
      text + rest,
      'slice-bounds',
      prior,
      `The slice \`${place.code(parent ?? node)}\` takes the wrong part; this makes it {new}.`,
    );
  if (low) yield made(`:${high}`, 0.07);
  else {
    yield made(`1:${high}`, 0.1);
    for (const name of numbers(place)) yield made(`${name}:${high}`, 0.03);
  }
  for (const name of lower || !high ? [] : identifiers(place, high)) yield made(`${name}:${high}`, 0.08);
  if (high) yield made(`${low}:`, 0.08);
  else {
    yield made(`${low}:-1`, 0.1);
    for (const name of numbers(place)) yield made(`${low}:${name}`, 0.03);
  }
  if (!!low !== !!high) yield made(low ? `:${low}` : `${high}:`, 0.1);
  if (/^[\w.]+$/.test(high)) yield made(`${low}:-${high}`, 0.02);
  if (high.startsWith('-')) yield made(`${low}:${high.slice(1)}`, 0.03);
  if (!rest) yield made(`${low}:${high}:-1`, 0.03);
  else
    yield replacing(
      place,
      node,
      `${low}:${high}`,
      'slice-bounds',
      0.05,
      'The slice {old} needs no step; this makes it {new}.',
    );
}

function identifiers(place: Place, code: string): string[] {
  return [...new Set(code.match(/[A-Za-z_]\w*/g) ?? [])].filter(
    (name) => place.scope.locals.has(name) && name !== code,
  );
}

function numbers(place: Place): string[] {
  return place.scope.variables.filter((name) => place.scope.kinds.get(name)?.has('number')).slice(0, 4);
}

/** Another constant: of the failing assertions, of the file, and the usual ones. */
export const constants: Template = function* (place) {
  const { ingredients } = place;
  for (const node of place.nodes) {
    const text = place.code(node);
    const made = (next: string, prior: number): Draft =>
      replacing(
        place,
        node,
        next,
        'wrong-constant',
        prior,
        `The constant {old} in \`${place.code(node.parent ?? node)}\` is wrong; this makes it {new}.`,
      );
    if (node.type === 'integer' || node.type === 'float') {
      const usual = ['0', '1', '-1', '2', 'None'];
      const negative = node.parent?.type === 'unary_operator';
      let rank = 0;
      for (const next of new Set([...ingredients.numbers.slice(0, 12), ...usual])) {
        if (next === text || (negative && next.startsWith('-'))) continue;
        yield made(
          next,
          usual.includes(next)
            ? next === 'None'
              ? 0.012
              : 0.06
            : Math.max((said(place, next) ? 0.11 : 0.045) / (1 + rank * 0.4), 0.006),
        );
        rank += 1;
      }
      if (!negative && /^[1-9]/.test(text)) yield made(`-${text}`, 0.07);
      if (/^\d+$/.test(text) && text.length > 1) {
        yield made(`${text}0`, 0.01);
        yield made(text.slice(0, -1), 0.01);
      }
      if (node.type === 'integer') yield made(`${text}.0`, 0.01);
    } else if (node.type === 'true' || node.type === 'false') {
      yield made(node.type === 'true' ? 'False' : 'True', 0.3);
      yield made('None', 0.03);
      for (const condition of truths(place)) yield made(condition, 0.03);
    } else if (node.type === 'none') {
      for (const [next, prior] of [
        ['0', 0.05],
        ['1', 0.02],
        ["''", 0.04],
        ['[]', 0.05],
        ['{}', 0.04],
        ['False', 0.06],
        ['True', 0.05],
      ] as const) {
        yield made(next, prior);
      }
      for (const name of place.scope.variables.slice(0, 5)) yield made(name, 0.025);
    } else if (/^(?:list|dictionary|tuple)$/.test(node.type) && parts(node).length === 0) {
      for (const name of place.scope.variables.slice(0, 6)) {
        if (node.type === 'list') yield made(`[${name}]`, 0.02);
        yield made(name, 0.015);
      }
      for (const value of ingredients.values) if (value !== text) yield made(value, 0.06);
      if (node.type === 'list') yield made('[[]]', 0.03);
      yield made('None', 0.03);
      if (node.type !== 'dictionary') yield made('{}', 0.02);
      if (node.type !== 'list') yield made('[]', 0.02);
    }
  }
};

/** True when a failing test's message shows this number. */
function said(place: Place, number: string): boolean {
  return new RegExp(`(?<![\\w.])${number.replace(/[.+]/g, '\\$&')}(?![\\w.])`).test(place.ingredients.messages);
}

/** Conditions on variables that a fixed truth value may stand for. */
export function truths(place: Place): string[] {
  const found: string[] = [];
  for (const name of place.scope.variables.slice(0, 8)) {
    const kinds = place.scope.kinds.get(name);
    if (kinds?.has('number')) found.push(`${name} == 0`);
    if (kinds?.has('sequence') || kinds?.has('mapping') || kinds?.has('text')) found.push(name, `not ${name}`);
    else if (!kinds?.has('number')) found.push(name);
  }
  return found.slice(0, 8);
}
