import type { FileFacts } from '../facts.ts';
import { nodeIn, type SyntaxNode } from '../syntax.ts';
import { type Draft, draft, insert, operand, replace, shown } from './template.ts';

const comparisons: Record<string, readonly [string, number][]> = {
  '<': [
    ['<=', 0.8],
    ['>', 0.4],
    ['>=', 0.35],
    ['!==', 0.12],
  ],
  '<=': [
    ['<', 0.8],
    ['>=', 0.4],
    ['>', 0.35],
    ['===', 0.1],
  ],
  '>': [
    ['>=', 0.8],
    ['<', 0.4],
    ['<=', 0.35],
    ['!==', 0.12],
  ],
  '>=': [
    ['>', 0.8],
    ['<=', 0.4],
    ['<', 0.35],
    ['===', 0.1],
  ],
  '==': [
    ['===', 0.4],
    ['!=', 0.5],
    ['>=', 0.1],
    ['<=', 0.1],
  ],
  '!=': [
    ['!==', 0.4],
    ['==', 0.5],
    ['>', 0.12],
    ['<', 0.12],
  ],
  '===': [
    ['!==', 0.6],
    ['==', 0.4],
    ['>=', 0.2],
    ['<=', 0.2],
    ['>', 0.1],
    ['<', 0.1],
  ],
  '!==': [
    ['===', 0.6],
    ['!=', 0.4],
    ['>', 0.15],
    ['<', 0.15],
  ],
};
const arithmetic: Record<string, readonly [string, number][]> = {
  '+': [
    ['-', 0.55],
    ['*', 0.25],
    ['/', 0.1],
    ['%', 0.08],
  ],
  '-': [
    ['+', 0.55],
    ['*', 0.12],
    ['/', 0.1],
    ['%', 0.1],
  ],
  '*': [
    ['/', 0.5],
    ['+', 0.35],
    ['**', 0.2],
    ['-', 0.15],
    ['%', 0.08],
  ],
  '/': [
    ['*', 0.5],
    ['%', 0.3],
    ['-', 0.15],
    ['+', 0.1],
  ],
  '%': [
    ['/', 0.4],
    ['*', 0.3],
    ['-', 0.1],
  ],
  '**': [['*', 0.5]],
  '&': [
    ['|', 0.5],
    ['&&', 0.2],
    ['^', 0.3],
  ],
  '|': [
    ['&', 0.5],
    ['||', 0.2],
    ['^', 0.3],
  ],
  '^': [
    ['&', 0.4],
    ['|', 0.4],
  ],
  '<<': [
    ['>>', 0.5],
    ['>>>', 0.3],
  ],
  '>>': [
    ['>>>', 0.6],
    ['<<', 0.5],
  ],
  '>>>': [
    ['>>', 0.6],
    ['<<', 0.3],
  ],
  in: [['instanceof', 0.1]],
};
const logical: Record<string, readonly [string, number][]> = {
  '&&': [
    ['||', 0.6],
    ['??', 0.08],
  ],
  '||': [
    ['&&', 0.6],
    ['??', 0.55],
  ],
  '??': [
    ['||', 0.55],
    ['&&', 0.15],
  ],
};
const assignments: Record<string, readonly [string, number][]> = {
  '+=': [
    ['-=', 0.5],
    ['=', 0.35],
    ['*=', 0.2],
  ],
  '-=': [
    ['+=', 0.5],
    ['=', 0.3],
  ],
  '*=': [
    ['/=', 0.4],
    ['+=', 0.35],
    ['=', 0.2],
  ],
  '/=': [
    ['*=', 0.4],
    ['%=', 0.3],
    ['-=', 0.2],
  ],
  '%=': [['/=', 0.3]],
  '=': [
    ['+=', 0.3],
    ['??=', 0.2],
    ['||=', 0.12],
    ['-=', 0.1],
  ],
  '||=': [
    ['??=', 0.5],
    ['&&=', 0.3],
    ['=', 0.3],
  ],
  '??=': [
    ['||=', 0.4],
    ['=', 0.3],
  ],
  '&&=': [
    ['||=', 0.3],
    ['=', 0.2],
  ],
  '|=': [
    ['&=', 0.5],
    ['^=', 0.2],
  ],
  '&=': [['|=', 0.5]],
  '<<=': [['>>=', 0.5]],
  '>>=': [
    ['>>>=', 0.5],
    ['<<=', 0.5],
  ],
  '>>>=': [['>>=', 0.5]],
};

/** Replaces an operator by one that is often meant instead. */
export function* operatorReplacement(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const table =
    node.type === 'BinaryExpression'
      ? { ...comparisons, ...arithmetic }
      : node.type === 'LogicalExpression'
        ? logical
        : node.type === 'AssignmentExpression'
          ? assignments
          : null;
  if (table) {
    const [left, right] = [nodeIn(node, 'left'), nodeIn(node, 'right')];
    const operator = String(node['operator']);
    if (!left || !right) return;
    const between = facts.tree.text.slice(left.end, right.start);
    const at = left.end + between.indexOf(operator);
    for (const [other, prior] of table[operator] ?? []) {
      const kind =
        operator in comparisons ? 'comparison' : node.type === 'LogicalExpression' ? 'logical' : 'arithmetic';
      const why = `\`${operator}\` in ${shown(facts.textOf(node))} should be \`${other}\`.`;
      const edit = { start: at, end: at + operator.length, text: other };
      const mixed = other === '??' || operator === '??' || (kind === 'logical' && other === '||');
      if (mixed) {
        const text = `${operandIn(left, other, facts)} ${other} ${operandIn(right, other, facts)}`;
        const parent = facts.tree.parents.get(node);
        yield draft(
          `operator.${kind}`,
          prior,
          why,
          replace(node, parent?.type === 'LogicalExpression' ? `(${text})` : text),
        );
      } else yield draft(`operator.${kind}`, prior, why, edit);
    }
  } else if (node.type === 'UpdateExpression') {
    const argument = nodeIn(node, 'argument');
    if (!argument) return;
    const name = facts.textOf(argument);
    const operator = String(node['operator']);
    const other = operator === '++' ? '--' : '++';
    const prefix = node['prefix'] === true;
    yield draft(
      'operator.update',
      0.4,
      `${shown(facts.textOf(node))} should count the other way.`,
      replace(node, prefix ? other + name : name + other),
    );
    if (facts.tree.parents.get(node)?.type !== 'ExpressionStatement') {
      yield draft(
        'operator.update-order',
        0.45,
        `${shown(facts.textOf(node))} should ${prefix ? 'give the old' : 'give the new'} value.`,
        replace(node, prefix ? name + operator : operator + name),
      );
    }
    yield draft(
      'loop.step',
      0.12,
      `${shown(facts.textOf(node))} should move by two.`,
      replace(node, `${name} ${operator[0]}= 2`),
    );
  } else if (node.type === 'UnaryExpression') {
    const argument = nodeIn(node, 'argument');
    if (!argument || !['-', '+', '~', '!'].includes(String(node['operator']))) return;
    yield draft(
      'operator.unary-drop',
      0.4,
      `${shown(facts.textOf(node))} should do without \`${node['operator']}\`.`,
      replace(node, facts.textOf(argument)),
    );
  }
}

/** Operands of different logical operators need parentheses beside `??`. */
function operandIn(node: SyntaxNode, operator: string, facts: FileFacts): string {
  const text = facts.textOf(node);
  if (node.type === 'LogicalExpression' && node['operator'] !== operator) return `(${text})`;
  return text;
}

/** Moves a number or a bound by one. */
export function* offByOne(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const { tree } = facts;
  const parent = tree.parents.get(node);
  if (!parent) return;
  const text = facts.textOf(node);
  if (node.type === 'BinaryExpression' && (node['operator'] === '+' || node['operator'] === '-')) {
    const right = nodeIn(node, 'right');
    const left = nodeIn(node, 'left');
    if (right && left && right.type === 'Literal' && right['value'] === 1) {
      yield draft('off-by-one.drop', 0.6, `${shown(text)} is one off.`, replace(node, facts.textOf(left)));
    }
    return;
  }
  if (!isCountable(node, parent)) return;
  const plain = parent.type === 'BinaryExpression' && parent['operator'] === '+';
  const bound = parent.type === 'BinaryExpression' && /^[<>]=?$/.test(String(parent['operator']));
  const prior = bound ? 0.45 : /length|size|count|index|end|start|last/i.test(text) ? 0.4 : 0.2;
  const wrap = needsParentheses(parent, node);
  for (const [sign, word] of [
    ['-', 'one less'],
    ['+', 'one more'],
  ] as const) {
    if (plain && sign === '+') continue;
    const value = `${operand(node, facts)} ${sign} 1`;
    yield draft('off-by-one', prior, `${shown(text)} should be ${word}.`, replace(node, wrap ? `(${value})` : value));
  }
}

function needsParentheses(parent: SyntaxNode, node: SyntaxNode): boolean {
  if (parent.type === 'BinaryExpression') return !/^([<>]=?|[!=]==?)$/.test(String(parent['operator']));
  if (parent.type === 'MemberExpression') return parent['object'] === node;
  return /^(UnaryExpression|AwaitExpression|UpdateExpression|SpreadElement)$/.test(parent.type);
}

function isCountable(node: SyntaxNode, parent: SyntaxNode): boolean {
  if (!/^(Identifier|MemberExpression|CallExpression)$/.test(node.type)) return false;
  switch (parent.type) {
    case 'BinaryExpression':
      return /^([<>]=?|[!=]==?|[-+*/%])$/.test(String(parent['operator']));
    case 'MemberExpression':
      return parent['computed'] === true && parent['property'] === node;
    case 'CallExpression':
      return Array.isArray(parent['arguments']) && parent['arguments'].includes(node);
    case 'VariableDeclarator':
      return parent['init'] === node;
    case 'AssignmentExpression':
      return parent['right'] === node;
    case 'ReturnStatement':
      return true;
    case 'ArrowFunctionExpression':
      return parent['body'] === node;
    default:
      return false;
  }
}

/** Puts an operand pair the other way round, changes grouping, negates a number, or computes the inverse. */
export function* operands(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (node.type !== 'BinaryExpression') return;
  const [left, right] = [nodeIn(node, 'left'), nodeIn(node, 'right')];
  if (!left || !right) return;
  const operator = String(node['operator']);
  const text = facts.textOf(node);
  if (['-', '/', '%', '+', '**', 'in', 'instanceof'].includes(operator)) {
    const swapped = `${operand(right, facts)} ${operator} ${operand(left, facts)}`;
    // People mix up two values of a kind, hardly a value and a constant; `1 - n` passes as it switches a loop off.
    const constant = left.type === 'Literal' || right.type === 'Literal';
    yield draft(
      'operands.swap',
      (operator === '+' ? 0.12 : 0.4) * (constant ? 0.25 : 1),
      `The operands of ${shown(text)} are the wrong way round.`,
      replace(node, swapped),
    );
  }
  if (['+', '-', '*', '/', '%'].includes(operator)) {
    yield draft(
      'operands.left-only',
      0.12,
      `${shown(text)} should be its left side alone.`,
      replace(node, facts.textOf(left)),
    );
    yield draft(
      'operands.right-only',
      0.1,
      `${shown(text)} should be its right side alone.`,
      replace(node, facts.textOf(right)),
    );
  }
  const inner = left.type === 'BinaryExpression' ? left : null;
  const innerRight = inner && nodeIn(inner, 'right');
  if (inner && innerRight) {
    const edits = [insert(innerRight.start, '('), insert(right.end, ')')];
    yield draft('operands.group', 0.2, `The right part of ${shown(text)} belongs together.`, ...edits);
  }
  if (left.type === 'ParenthesizedExpression') {
    const inside = nodeIn(left, 'expression');
    if (inside)
      yield draft(
        'operands.ungroup',
        0.12,
        `The parentheses in ${shown(text)} are too much.`,
        replace(left, facts.textOf(inside)),
      );
  }
  if (right.type === 'ParenthesizedExpression') {
    const inside = nodeIn(right, 'expression');
    if (inside)
      yield draft(
        'operands.ungroup',
        0.12,
        `The parentheses in ${shown(text)} are too much.`,
        replace(right, facts.textOf(inside)),
      );
  }
  if (operator === '/') {
    for (const name of ['floor', 'ceil', 'round', 'trunc']) {
      yield draft(
        'number.round',
        0.2,
        `The quotient ${shown(text)} should be a whole number.`,
        replace(node, `Math.${name}(${text})`),
      );
    }
  }
}
