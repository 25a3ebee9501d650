import { parseSync } from 'oxc-parser';

/** One small change that may be a bug; offsets count UTF-16 code units. */
export interface Mutation {
  readonly operator: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

const binarySwaps: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '==': ['!='],
  '!=': ['=='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['||'],
  '<<': ['>>'],
  '>>': ['<<'],
  '&': ['|'],
  '|': ['&'],
};

const callSwaps: Readonly<Record<string, string>> = {
  indexOf: 'lastIndexOf',
  lastIndexOf: 'indexOf',
  some: 'every',
  every: 'some',
  push: 'unshift',
  pop: 'shift',
  shift: 'pop',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  toLowerCase: 'toUpperCase',
  toUpperCase: 'toLowerCase',
  floor: 'ceil',
  ceil: 'floor',
  min: 'max',
  max: 'min',
};

/** Every mutation of a JavaScript file that the generic operators allow, in order of place. */
export function mutationsOfJavaScript(path: string, text: string): Mutation[] {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) return [];
  const found: Mutation[] = [];
  visit(program as unknown as Node, (node) => found.push(...mutationsOf(node, text)));
  return found.sort((one, other) => one.start - other.start || one.end - other.end);
}

function visit(node: Node, see: (node: Node) => void): void {
  see(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, see);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Node>).type === 'string';
}

function mutationsOf(node: Node, text: string): Mutation[] {
  const source = (part: Node) => text.slice(part.start, part.end);
  const whole = (operator: string, replacement: string) => ({
    operator,
    start: node.start,
    end: node.end,
    text: replacement,
  });
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression': {
      const { left, right, operator } = node;
      if (!isNode(left) || !isNode(right) || typeof operator !== 'string') return [];
      const at = text.indexOf(operator, left.end);
      if (at < 0 || at >= right.start) return [];
      return (binarySwaps[operator] ?? []).map((swapped) => ({
        operator: 'operator',
        start: at,
        end: at + operator.length,
        text: swapped,
      }));
    }
    case 'Literal': {
      const { value } = node;
      if (typeof value === 'boolean') return [whole('constant', String(!value))];
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) return [];
      return [whole('off-by-one', String(value + 1)), ...(value > 0 ? [whole('off-by-one', String(value - 1))] : [])];
    }
    case 'IfStatement':
    case 'ConditionalExpression': {
      const { test } = node;
      if (!isNode(test)) return [];
      const negated = { operator: 'condition', start: test.start, end: test.end, text: `!(${source(test)})` };
      return [negated, { ...negated, text: 'true' }, { ...negated, text: 'false' }];
    }
    case 'UnaryExpression': {
      const { argument } = node;
      return node['operator'] === '!' && isNode(argument) ? [whole('condition', source(argument))] : [];
    }
    case 'UpdateExpression':
      return [
        whole(
          'operator',
          source(node).replace(/\+\+|--/, (sign) => (sign === '++' ? '--' : '++')),
        ),
      ];
    case 'ReturnStatement':
      return isNode(node['argument']) ? [whole('return', 'return;')] : [];
    case 'ExpressionStatement':
    case 'ContinueStatement':
    case 'BreakStatement':
      return isNode(node['expression']) && source(node).startsWith("'use strict'")
        ? []
        : [whole('statement deletion', ';')];
    case 'CallExpression':
      return callMutations(node, source, whole);
    default:
      return [];
  }
}

function callMutations(
  node: Node,
  source: (part: Node) => string,
  whole: (operator: string, replacement: string) => Mutation,
): Mutation[] {
  const found: Mutation[] = [];
  const callee = node['callee'];
  const given = node['arguments'];
  if (!isNode(callee) || !Array.isArray(given)) return [];
  const values = given.filter(isNode);
  const [first, second, ...rest] = values;
  if (first !== undefined && second !== undefined) {
    const swapped = [second, first, ...rest].map(source).join(', ');
    found.push(whole('argument swap', `${source(callee)}(${swapped})`));
    const shorter = values.slice(0, -1).map(source).join(', ');
    found.push(whole('argument dropped', `${source(callee)}(${shorter})`));
  }
  const { property, object } = callee;
  if (callee.type === 'MemberExpression' && isNode(property) && isNode(object) && callee['computed'] !== true) {
    const other = callSwaps[source(property)];
    if (other !== undefined) {
      found.push({ operator: 'call', start: property.start, end: property.end, text: other });
    }
    if (values.length === 0) found.push(whole('call', source(object)));
  }
  return found;
}
