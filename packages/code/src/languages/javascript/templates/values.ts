import { type FileFacts, isValuePosition } from '../facts.ts';
import { isReferencePosition } from '../scope.ts';
import { functionOf, nameOf, nodeIn, nodesIn, type SyntaxNode } from '../syntax.ts';
import { type Draft, draft, replace, shown } from './template.ts';

/** Another number, string, boolean or empty value. */
export function* constants(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (node.type === 'ArrayExpression' && nodesIn(node, 'elements').length === 0) {
    yield draft('value.initial', 0.08, 'The initial value should be an object.', replace(node, '({})'));
    return;
  }
  if (node.type === 'Identifier' && /^(undefined|Infinity|NaN)$/.test(nameOf(node) ?? '')) {
    if (isReferencePosition(facts.tree, node))
      yield* others(node, ['null', '0', '1', "''", '[]', '-Infinity', 'Infinity', 'false'], 0.15, facts);
    return;
  }
  if (node.type !== 'Literal' || !isValuePosition(facts.tree, node)) return;
  const value = node['value'];
  if (typeof value === 'boolean') {
    yield draft('value.boolean', 0.5, `\`${value}\` should be \`${!value}\`.`, replace(node, String(!value)));
  } else if (typeof value === 'number') {
    const parent = facts.tree.parents.get(node);
    const initial = parent?.type === 'VariableDeclarator' ? 0.1 : 0;
    for (const [other, prior] of [
      [value + 1, 0.4],
      [value - 1, 0.4],
      [0, 0.25],
      [1, 0.25],
      [-1, 0.15],
      [2, 0.1],
      [value * 10, 0.06],
      [value / 10, 0.04],
      [value * 2, 0.06],
      [-value, 0.12],
    ] as const) {
      if (!Number.isFinite(other) || Object.is(other, value)) continue;
      const text = other < 0 && parent?.type === 'UnaryExpression' ? `(${other})` : String(other);
      yield draft(
        'value.number',
        prior + initial,
        `${shown(facts.textOf(node))} should be \`${text}\`.`,
        replace(node, text),
      );
    }
    yield* others(node, nearFirst(node, facts.numbers, facts).slice(0, 20), 0.14, facts);
    if (initial > 0) yield* others(node, ['Infinity', '-Infinity', 'null', "''", '[]', 'undefined', '1n'], 0.1, facts);
  } else if (typeof value === 'string') {
    yield* others(node, nearFirst(node, facts.strings, facts).slice(0, 30), 0.22, facts);
    yield* nearStrings(node, value, facts);
  } else if (value === null && node['regex'] === undefined) {
    yield* others(node, ['undefined', "''", '0', '[]', '{}', 'false'], 0.15, facts);
  }
}

/** Values of the same function before those of the rest of the file. */
function nearFirst(node: SyntaxNode, values: readonly string[], facts: FileFacts): string[] {
  const near = new Set<string>();
  for (const other of facts.nodesOf(functionOf(facts.tree, node)))
    if (other.type === 'Literal') near.add(facts.textOf(other));
  const expected = values.filter((value) => facts.expected.includes(value)).slice(0, 8);
  return [...new Set([...expected, ...values.filter((value) => near.has(value)), ...values])];
}

function* others(node: SyntaxNode, values: readonly string[], prior: number, facts: FileFacts): Iterable<Draft> {
  const text = facts.textOf(node);
  for (const [index, value] of values.entries()) {
    if (value === text) continue;
    yield draft(
      'value.other',
      prior * (facts.expected.includes(value) ? 1 : 0.95 ** index),
      `${shown(text)} should be ${shown(value)}.`,
      replace(node, value),
    );
  }
}

/** Strings that differ by what is often forgotten: a space, a case, a missing or doubled character. */
function* nearStrings(node: SyntaxNode, value: string, facts: FileFacts): Iterable<Draft> {
  const variants: [string, number][] = [
    ['', 0.25],
    [' ', value === '' ? 0.3 : 0.06],
    [value.trim(), 0.25],
    [` ${value}`, 0.08],
    [`${value} `, 0.1],
    [value.toLowerCase(), 0.2],
    [value.toUpperCase(), 0.15],
    [value.slice(0, -1), 0.12],
    [value.slice(1), 0.12],
    [`${value}\n`, 0.06],
    [value === ',' ? ', ' : value, 0.2],
  ];
  const seen = new Set([value]);
  for (const [variant, prior] of variants) {
    if (seen.has(variant)) continue;
    seen.add(variant);
    yield draft(
      'value.string',
      prior,
      `${shown(facts.textOf(node))} should be \`'${variant}'\`.`,
      replace(node, literal(variant)),
    );
  }
}

/** A string literal with the given value. */
export function literal(value: string): string {
  return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** Another name in scope. */
export function* variables(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (node.type !== 'Identifier' || !isReferencePosition(facts.tree, node)) return;
  const parent = facts.tree.parents.get(node);
  if (!parent || /^(ImportSpecifier|ExportSpecifier)$/.test(parent.type)) return;
  const name = nameOf(node) ?? '';
  const called = parent.type === 'CallExpression' && parent['callee'] === node;
  const scope = facts.scopeAt(node);
  const own = scope.find((item) => item.name === name);
  const outer = parent.type === 'MemberExpression' && parent['object'] === node ? 0.8 : 1;
  for (const { name: other, kind, distance } of scope) {
    if (other === name || other === 'undefined') continue;
    const callable = kind === 'function' || kind === 'class' || kind === 'import';
    if (called !== callable && !(called && own && own.kind !== 'function')) {
      if (called || callable) continue;
    }
    const near = Math.max(0.25, 1 - distance * 0.12);
    const alike = 0.6 + 0.6 * similarity(name, other);
    yield draft(
      'variable.other',
      0.36 * near * alike * outer,
      `\`${name}\` should be \`${other}\`.`,
      replace(node, other),
    );
  }
}

/** Another property, or a computed access where a plain one stands. */
export function* properties(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (node.type !== 'MemberExpression') return;
  const property = nodeIn(node, 'property');
  const object = nodeIn(node, 'object');
  if (!property || !object) return;
  if (node['computed'] === true) {
    if (property.type === 'Literal' && typeof property['value'] === 'number') {
      const base = facts.textOf(object);
      yield draft('index.last', 0.15, 'The last element is meant.', replace(property, `${base}.length - 1`));
    }
    return;
  }
  const name = nameOf(property) ?? '';
  const parent = facts.tree.parents.get(node);
  const called = parent?.type === 'CallExpression' && parent['callee'] === node;
  for (const [index, other] of facts.properties.slice(0, 60).entries()) {
    if (other === name) continue;
    const alike = similarity(name, other);
    const prior = called ? 0.12 * alike : 0.06 + 0.3 * alike;
    if (prior > 0.05)
      yield draft(
        'property.other',
        prior * 0.98 ** index,
        `\`.${name}\` should be \`.${other}\`.`,
        replace(property, other),
      );
  }
  if (!called && name === 'length')
    yield draft('property.size', 0.15, 'The collection has a size, no length.', replace(property, 'size'));
  if (!called && name === 'size')
    yield draft('property.size', 0.15, 'The collection has a length, no size.', replace(property, 'length'));
  if (object.type !== 'Super' && !called) {
    yield draft(
      'property.drop',
      0.1,
      `\`${shown(facts.textOf(object))}\` itself is meant.`,
      replace(node, facts.textOf(object)),
    );
  }
}

/** 0..1: how much two names share, by their common parts. */
function similarity(a: string, b: string): number {
  const [short, long] = a.length < b.length ? [a.toLowerCase(), b.toLowerCase()] : [b.toLowerCase(), a.toLowerCase()];
  if (short === '' || long === '') return 0;
  let start = 0;
  while (start < short.length && short[start] === long[start]) start++;
  let end = 0;
  while (end < short.length - start && short[short.length - 1 - end] === long[long.length - 1 - end]) end++;
  return (start + end) / long.length;
}

/** Pieces of template strings, and strings that should have been templates. */
export function* templateStrings(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (node.type === 'TemplateElement') {
    const text = facts
      .textOf(node)
      .replace(/^[`}]/, '')
      .replace(/(\$\{|`)$/, '');
    const start = node.start + facts.textOf(node).indexOf(text);
    if (text === '') return;
    const edit = (value: string) => ({ start, end: start + text.length, text: value });
    for (const [value, prior] of [
      [text.trim(), 0.2],
      [`${text} `, 0.1],
      [` ${text}`, 0.1],
      ['', 0.12],
      [text.slice(1), 0.06],
      [text.slice(0, -1), 0.06],
    ] as const) {
      if (value !== text) yield draft('template.piece', prior, `The fixed part ${shown(text)} is wrong.`, edit(value));
    }
    for (const value of facts.strings.slice(0, 10)) {
      const plain = value.slice(1, -1);
      if (plain !== text && !/[`\\$]/.test(plain))
        yield draft('template.piece', 0.06, `The fixed part ${shown(text)} should be ${shown(plain)}.`, edit(plain));
    }
  } else if (node.type === 'Literal' && typeof node['value'] === 'string' && /\$\{\w/.test(node['value'])) {
    const text = facts.textOf(node);
    yield draft(
      'template.quotes',
      0.7,
      'The string holds a placeholder but is no template.',
      replace(node, `\`${text.slice(1, -1)}\``),
    );
  } else if (node.type === 'TemplateLiteral') {
    for (const expression of nodesIn(node, 'expressions')) {
      const text = facts.textOf(expression);
      yield draft('template.default', 0.12, `${shown(text)} may be missing.`, replace(expression, `${text} ?? ''`));
    }
  }
}

/** A default for a parameter or destructured value, or another one. */
export function* defaults(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const list = ['{}', '[]', "''", '0', '1', 'null', 'false', 'true', 'Infinity'];
  if (node.type === 'AssignmentPattern') {
    const right = nodeIn(node, 'right');
    if (right)
      for (const value of list)
        if (value !== facts.textOf(right))
          yield draft('default.other', 0.12, `The default should be \`${value}\`.`, replace(right, value));
    return;
  }
  const parent = facts.tree.parents.get(node);
  if (!parent || !/^(Identifier|ObjectPattern|ArrayPattern)$/.test(node.type)) return;
  const isParameter = Array.isArray(parent['params']) && parent['params'].includes(node);
  const destructured =
    parent.type === 'Property' && parent['value'] === node && facts.tree.parents.get(parent)?.type === 'ObjectPattern';
  if (!isParameter && !destructured) return;
  const values = [...list, ...facts.expected.slice(0, 5)];
  for (const value of node.type === 'ObjectPattern' ? ['{}'] : node.type === 'ArrayPattern' ? ['[]'] : values) {
    yield draft(
      'default.missing',
      node.type === 'Identifier' ? 0.12 : 0.4,
      `${shown(facts.textOf(node))} has no default.`,
      { start: node.end, end: node.end, text: ` = ${value}` },
    );
  }
}
