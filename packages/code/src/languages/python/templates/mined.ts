import { before, type Draft, type Place, replacing, type Template } from '../place.ts';
import { descend, field, parts, type SyntaxNode } from '../syntax.ts';
import { similarity } from './names.ts';

/** Calls as the same file makes them elsewhere: other methods, other arguments, another call around a value. */
export const minedCalls: Template = function* (place) {
  for (const node of place.nodes) {
    if (node.type === 'call') {
      yield* otherMethods(place, node);
      yield* otherArguments(place, node);
    }
    if (isValue(node)) yield* aroundValue(place, node);
  }
};

function* otherMethods(place: Place, node: SyntaxNode): Generator<Draft> {
  const called = field(node, 'function');
  const object = called?.type === 'attribute' ? field(called, 'object') : null;
  const member = called?.type === 'attribute' ? field(called, 'attribute') : null;
  if (!object || !member) return;
  const name = place.code(member);
  const list = field(node, 'arguments');
  const given = list ? parts(list).length : 0;
  const known = place.scope.methods.get(place.code(object)) ?? [];
  const fitting = known
    .filter((other) => other !== name)
    .map((other) => {
      const expected = place.scope.signatures.get(other)?.filter((entry) => !/^(?:self|cls)$/.test(entry)).length;
      return { other, weight: similarity(other, name) + (expected === given ? 0.5 : 0) };
    })
    .sort((a, b) => b.weight - a.weight || (a.other < b.other ? -1 : 1))
    .slice(0, 7);
  for (const [rank, { other, weight }] of fitting.entries()) {
    const prior = (weight > 0.6 ? 0.09 : 0.05) / (1 + rank * 0.3);
    yield replacing(
      place,
      member,
      other,
      'wrong-method',
      prior,
      `\`${place.code(node)}\` calls {old} where {new} is meant.`,
    );
  }
}

/** Calls that take no argument but their usual ones. */
const plainCalls =
  /^(?:len|str|int|float|print|list|set|dict|tuple|range|isinstance|issubclass|sorted|repr|abs|iter|next|enumerate|ord|chr|type|super|bool|reversed|sum|any|all|hasattr|append|extend|add|insert|strip|lstrip|rstrip|join|lower|upper|startswith|endswith|items|keys|values)$/;

function* otherArguments(place: Place, node: SyntaxNode): Generator<Draft> {
  const called = field(node, 'function');
  const list = field(node, 'arguments');
  if (!called || list?.type !== 'argument_list') return;
  const name = place.code(called.type === 'attribute' ? (field(called, 'attribute') ?? called) : called);
  const given = parts(list).map(place.code);
  const at = { start: parts(list).at(-1)?.end ?? list.start + 1, end: parts(list).at(-1)?.end ?? list.start + 1 };
  const separator = given.length > 0 ? ', ' : '';
  const offered = new Set(given);
  const keywords = new Set(given.flatMap((text) => /^(\w+)\s*=/.exec(text)?.[1] ?? []));
  const add = function* (text: string, prior: number): Generator<Draft> {
    if (offered.has(text)) return;
    offered.add(text);
    yield replacing(
      place,
      at,
      `${separator}${text}`,
      'missing-argument',
      prior,
      `\`${place.code(node)}\` is called without \`${text}\`; this adds it.`,
    );
  };
  const splats = new Map<string, string>();
  for (const part of descend(place.scope.owner ? (field(place.scope.owner, 'parameters') ?? node) : node)) {
    const sign = part.type === 'list_splat_pattern' ? '*' : part.type === 'dictionary_splat_pattern' ? '**' : null;
    if (sign) splats.set(place.code(part).slice(sign.length), sign);
  }
  const known = plainCalls.test(name);
  for (const unused of known ? [] : place.scope.unused) {
    const sign = splats.get(unused);
    if (sign) {
      if (sign === '**' || keywords.size === 0) yield* add(`${sign}${unused}`, 0.16);
      continue;
    }
    if (!keywords.has(unused)) yield* add(`${unused}=${unused}`, 0.1);
    if (keywords.size === 0) yield* add(unused, 0.08);
  }
  let count = 0;
  for (const other of place.scope.calls.get(name) ?? []) {
    if (other === list || count >= 6) continue;
    for (const [index, part] of parts(other).entries()) {
      const keyword = part.type === 'keyword_argument' ? place.code(field(part, 'name') ?? part) : null;
      if (keyword ? keywords.has(keyword) : index < given.length || keywords.size > 0) continue;
      if (part.startLine !== part.endLine || !visible(place, part)) continue;
      count += 1;
      yield* add(place.code(part), 0.06);
    }
  }
}

/** True for an expression whose value is handed on. */
function isValue(node: SyntaxNode): boolean {
  const parent = node.parent;
  if (!parent || !/^(?:identifier|attribute|call|subscript)$/.test(node.type)) return false;
  switch (parent.type) {
    case 'assignment':
    case 'augmented_assignment':
    case 'for_statement':
    case 'for_in_clause':
      return node.field === 'right';
    case 'keyword_argument':
      return node.field === 'value';
    case 'attribute':
      return node.field === 'object' && node.type !== 'identifier';
    case 'return_statement':
    case 'argument_list':
    case 'comparison_operator':
    case 'binary_operator':
    case 'tuple':
    case 'list':
    case 'expression_list':
    case 'boolean_operator':
    case 'not_operator':
      return true;
    default:
      return node.field === 'condition';
  }
}

function* aroundValue(place: Place, node: SyntaxNode): Generator<Draft> {
  const text = place.code(node);
  const kinds = place.scope.kinds.get(text);
  if (kinds?.has('number') && !kinds.has('text') && !kinds.has('sequence')) return;
  const made = (next: string, prior: number): Draft =>
    replacing(place, node, next, 'missing-call', prior, '{old} is used as it is; this makes it {new}.');
  const methods = place.scope.methods.get(text) ?? [];
  const bare = place.scope.bareMethods.filter((name) => methods.includes(name));
  const others = place.scope.bareMethods.filter((name) => !methods.includes(name));
  let rank = 0;
  for (const name of [...bare.slice(0, 4), ...others.slice(0, 5)]) {
    if (/^(?:append|close|__init__|sort|clear|flush)$/.test(name)) continue;
    yield made(`${text}.${name}()`, (bare.includes(name) ? 0.04 : 0.025) / (1 + rank * 0.2));
    rank += 1;
  }
  for (const [order, name] of place.scope.unaryCalls.slice(0, 9).entries()) {
    if (!text.startsWith(`${name}(`) && name !== 'range') yield made(`${name}(${text})`, 0.03 / (1 + order * 0.15));
  }
}

/** True when every variable of a piece of code can be read at the place. */
export function visible(place: Place, node: SyntaxNode): boolean {
  for (const part of descend(node)) {
    if (part.type !== 'identifier') continue;
    if (part.parent?.type === 'attribute' && part.field === 'attribute') continue;
    if (part.parent?.type === 'keyword_argument' && part.field === 'name') continue;
    const name = place.code(part);
    if (/^[a-z]\w*$/.test(name) && builtins.has(name)) continue;
    if (/^[A-Z]\w*(?:Error|Exception|Iteration)$/.test(name)) continue;
    if (
      !place.scope.variables.includes(name) &&
      !place.scope.callables.includes(name) &&
      !place.scope.imported.has(name)
    )
      return false;
  }
  return true;
}

const builtins = new Set(
  'len isinstance int str float list dict set tuple bool bytes type any all min max sum abs sorted range repr getattr hasattr callable print ord chr iter next zip enumerate'.split(
    ' ',
  ),
);

/** Variables that a message says have no value yet, given their usual first ones. */
export const initialisations: Template = function* (place) {
  const named = place.ingredients.messages.matchAll(/(?:local variable|name) '(\w+)'/g);
  for (const [, name = ''] of named) {
    if (!place.nodes.some((node) => node.type === 'identifier' && place.code(node) === name)) continue;
    const kinds = place.scope.kinds.get(name);
    const values = [
      ...valuesElsewhere(place, name),
      kinds?.has('mapping') ? '{}' : null,
      kinds?.has('sequence') ? '[]' : null,
      kinds?.has('text') ? "''" : null,
      '0',
      'None',
      '[]',
      "''",
      '{}',
      'set()',
      'False',
      '1',
    ];
    for (const [rank, value] of [...new Set(values.filter((entry) => entry !== null))].entries()) {
      const first = firstStatement(place);
      for (const target of new Set([place.statement, first])) {
        if (!target || /_clause$/.test(target.type)) continue;
        const indent = place.text.slice(place.text.lastIndexOf('\n', target.start - 1) + 1, target.start);
        if (indent.trim() !== '') continue;
        yield {
          template: 'missing-initialisation',
          prior: (target === first ? 0.5 : 0.35) / (1 + rank * 0.3),
          edits: [before(place, target, [`${name} = ${value}`], indent)],
          explanation: `\`${name}\` is used before it has a value; this starts it with \`${value}\`.`,
        };
      }
    }
  }
};

/** What the file gives a variable of this name elsewhere. */
function valuesElsewhere(place: Place, name: string): string[] {
  const found = new Set<string>();
  for (const node of descend(place.root)) {
    const left = node.type === 'assignment' ? field(node, 'left') : null;
    const right = node.type === 'assignment' ? field(node, 'right') : null;
    if (!left || !right || place.code(left) !== name || right.startLine !== right.endLine) continue;
    if (visible(place, right)) found.add(place.code(right));
  }
  return [...found].slice(0, 5);
}

function firstStatement(place: Place): SyntaxNode | null {
  const body = place.scope.owner ? field(place.scope.owner, 'body') : null;
  const statements = body?.children.filter((child) => child.named && child.type !== 'comment') ?? [];
  const first = statements[0];
  return first?.type === 'expression_statement' && first.children[0]?.type === 'string'
    ? (statements[1] ?? null)
    : (first ?? null);
}
