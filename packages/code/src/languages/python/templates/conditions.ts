import { type Draft, type Place, replacing, type Template } from '../place.ts';
import { ancestor, descend, field, parts, type SyntaxNode } from '../syntax.ts';
import { truths } from './numbers.ts';

/** The conditions that a statement itself asks. */
function conditionsOf(place: Place): SyntaxNode[] {
  return place.nodes.filter((node) => {
    const parent = node.parent;
    if (!parent || !node.named || node.type === 'comment') return false;
    if (node.field === 'condition') return true;
    if (parent.type === 'if_clause') return true;
    if (parent.type === 'conditional_expression') return parts(parent)[1] === node;
    return parent.type === 'assert_statement' && parts(parent)[0] === node;
  });
}

/** Conditions turned round, fixed, narrowed or widened. */
export const conditions: Template = function* (place) {
  for (const node of conditionsOf(place)) {
    const text = place.code(node);
    yield negated(place, node, 0.2);
    for (const [value, prior] of [
      ['True', 0.02],
      ['False', 0.02],
    ] as const) {
      if (text !== value)
        yield replacing(
          place,
          node,
          value,
          'fixed-condition',
          prior,
          'The condition {old} should not decide here; this makes it {new}.',
        );
    }
    if (text === 'True')
      for (const truth of truths(place))
        yield replacing(
          place,
          node,
          truth,
          'missing-condition',
          0.08,
          'The loop or branch never ends by itself; this makes its condition {new}.',
        );
    yield* extended(place, node);
  }
  for (const node of place.nodes) {
    if (node.type === 'not_operator') {
      const argument = field(node, 'argument');
      if (argument)
        yield replacing(
          place,
          node,
          place.code(argument),
          'negation',
          0.2,
          '{old} asks the opposite; this makes it {new}.',
        );
    }
    const operand = node.parent?.type === 'boolean_operator' && node.named && node.type !== 'boolean_operator';
    if (operand && node.type !== 'not_operator') yield negated(place, node, 0.06);
    if (
      node.parent?.type === 'return_statement' &&
      /^(?:comparison_operator|boolean_operator|call|identifier|attribute)$/.test(node.type)
    ) {
      yield negated(place, node, node.type === 'comparison_operator' ? 0.03 : node.type === 'call' ? 0.05 : 0.02);
      if (node.type === 'comparison_operator' || node.type === 'boolean_operator') yield* extended(place, node);
    }
    if (operand && /^(?:identifier|attribute|subscript)$/.test(node.type)) {
      yield replacing(
        place,
        node,
        `${place.code(node)} is not None`,
        'none-check',
        0.04,
        '{old} is false for empty values too; this asks {new}.',
      );
    }
  }
};

function negated(place: Place, node: SyntaxNode, prior: number): Draft {
  const text = place.code(node);
  if (node.type === 'not_operator') {
    const argument = field(node, 'argument');
    return replacing(
      place,
      node,
      argument ? place.code(argument) : text,
      'negation',
      prior,
      'The condition {old} is the wrong way round; this makes it {new}.',
    );
  }
  const bare = /^(?:identifier|attribute|call|subscript|comparison_operator|parenthesized_expression)$/.test(node.type);
  return replacing(
    place,
    node,
    bare ? `not ${text}` : `not (${text})`,
    'negation',
    node.type === 'comparison_operator' ? prior * 0.25 : prior,
    'The condition {old} is the wrong way round; this makes it {new}.',
  );
}

/** Conditions that could be joined to another, from what the function asks and touches. */
function* extended(place: Place, node: SyntaxNode): Generator<Draft> {
  const text = place.code(node);
  const grouped = node.type === 'boolean_operator' || node.type === 'conditional_expression' ? `(${text})` : text;
  const joined = (operator: 'and' | 'or', extra: string, prior: number, first = false): Draft => {
    const kept = node.type === 'boolean_operator' && field(node, 'operator')?.type === operator ? text : grouped;
    return replacing(
      place,
      node,
      first ? `${extra} ${operator} ${kept}` : `${kept} ${operator} ${extra}`,
      'missing-condition',
      prior,
      'The condition {old} leaves a case out; this makes it {new}.',
    );
  };
  if (/^(?:identifier|attribute|subscript)$/.test(node.type)) {
    yield replacing(
      place,
      node,
      `${text} is not None`,
      'none-check',
      0.1,
      '{old} is false for empty values too; this asks {new}.',
    );
    yield replacing(
      place,
      node,
      `${text} is None`,
      'none-check',
      0.03,
      '{old} is asked the wrong way; this asks {new}.',
    );
    if (place.scope.kinds.get(text)?.has('number')) {
      for (const operator of ['> 0', '>= 0', '== 0', '!= 0'])
        yield replacing(
          place,
          node,
          `${text} ${operator}`,
          'comparison-boundary',
          0.03,
          '{old} is asked for its truth only; this asks {new}.',
        );
    }
  }
  if (node.type === 'not_operator') {
    const argument = field(node, 'argument');
    if (argument && /^(?:identifier|attribute|subscript)$/.test(argument.type)) {
      yield replacing(
        place,
        node,
        `${place.code(argument)} is None`,
        'none-check',
        0.12,
        '{old} is true for empty values too; this asks {new}.',
      );
    }
  }
  const isNone =
    node.type === 'comparison_operator' && /\s(?:is|==|is not|!=)\s+None$/.test(text) ? parts(node)[0] : null;
  if (isNone) {
    const name = place.code(isNone);
    yield replacing(
      place,
      node,
      /\bnot\b|!=/.test(text) ? name : `not ${name}`,
      'none-check',
      0.1,
      '{old} asks for None only; this asks {new}.',
    );
  }
  // Objects whose members or elements the condition or the branch uses without a check.
  const touched = new Set<string>();
  for (const part of descend(node)) {
    const object =
      part.type === 'attribute' ? field(part, 'object') : part.type === 'subscript' ? field(part, 'value') : null;
    if (
      object &&
      /^(?:identifier|attribute)$/.test(object.type) &&
      !/^(?:self|cls|os|re|sys|math)$/.test(place.code(object))
    )
      touched.add(place.code(object));
  }
  if (node.type === 'comparison_operator') {
    const [left, right] = parts(node);
    const member = node.children.some((child) => /\bin$/.test(child.type));
    if (member && right && /^(?:identifier|attribute)$/.test(right.type)) touched.add(place.code(right));
    const ordered = node.children.some((child) => /^[<>]=?$/.test(child.type));
    for (const side of ordered ? [left, right] : []) {
      if (side && /^(?:identifier|attribute)$/.test(side.type) && !/^[A-Z_]+$/.test(place.code(side)))
        touched.add(place.code(side));
    }
  }
  for (const name of touched) {
    yield joined('or', `${name} is None`, 0.06, true);
    yield joined('or', `not ${name}`, 0.05, true);
    yield joined('and', `${name} is not None`, 0.06, true);
    yield joined('and', name, 0.07, true);
  }
  const asked = new Set<string>();
  const owner = ancestor(node, 'function_definition') ?? place.root;
  for (const part of descend(owner)) {
    if (part === node || asked.size > 12) continue;
    if ((part.type === 'comparison_operator' || part.type === 'not_operator') && part.end - part.start < 60)
      asked.add(place.code(part));
    if (
      part.type === 'call' &&
      part.end - part.start < 50 &&
      /\.(?:is\w+|startswith|endswith)\(|^isinstance\(/.test(place.code(part))
    )
      asked.add(place.code(part));
  }
  for (const other of asked) {
    if (text.includes(other)) continue;
    yield joined('and', other, 0.03);
    yield joined('or', other, 0.03);
  }
  const known = new Set(
    [...descend(node)].filter((part) => part.type === 'identifier').map((part) => place.code(part)),
  );
  for (const name of place.scope.unused) {
    yield joined('and', name, 0.06);
    yield joined('and', `not ${name}`, 0.04);
    yield joined('or', name, 0.05);
    yield joined('or', `not ${name}`, 0.05);
  }
  let count = 0;
  for (const name of place.scope.variables) {
    if (!place.scope.locals.has(name) || count >= 6 || /^(?:self|cls)$/.test(name)) continue;
    count += 1;
    const kinds = place.scope.kinds.get(name);
    const factor = known.has(name) ? 0.6 : 1;
    if (kinds?.has('number') && !known.has(name)) {
      yield joined('and', `${name} > 0`, 0.012);
      yield joined('or', `${name} == 0`, 0.012);
    }
    if (!kinds?.has('number')) {
      yield joined('and', name, 0.03 * factor);
      yield joined('or', `not ${name}`, 0.03 * factor);
    }
    if (!known.has(name)) {
      yield joined('and', `not ${name}`, 0.012);
      yield joined('or', name, 0.012);
    }
  }
}
