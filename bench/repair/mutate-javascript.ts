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
  const names = namesOf(program as unknown as Node, text);
  visit(program as unknown as Node, null, (node, parent) => {
    found.push(
      ...mutationsOf(node, parent, text),
      ...ofNames(node, parent, text, names),
      ...dropped(node, parent, text),
    );
  });
  return found.sort((one, other) => one.start - other.start || one.end - other.end);
}

function visit(node: Node, parent: Node | null, see: (node: Node, parent: Node | null) => void): void {
  see(node, parent);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, node, see);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Node>).type === 'string';
}

function mutationsOf(node: Node, parent: Node | null, text: string): Mutation[] {
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
        : [whole('statement deletion', isListed(node, parent) ? '' : ';')];
    case 'CallExpression':
      return callMutations(node, source, whole);
    default:
      return [];
  }
}

/** True for a statement among others, which leaves nothing behind when it is taken out. */
function isListed(node: Node, parent: Node | null): boolean {
  return [parent?.['body'], parent?.['consequent']].some((list) => Array.isArray(list) && list.includes(node));
}

/** What somebody forgot: a guard, one of two conditions, an `await`, a call around a value, a default. */
function dropped(node: Node, parent: Node | null, text: string): Mutation[] {
  const source = (part: unknown) => (isNode(part) ? text.slice(part.start, part.end) : '');
  const whole = (operator: string, replacement: string): Mutation => ({
    operator,
    start: node.start,
    end: node.end,
    text: replacement,
  });
  switch (node.type) {
    case 'IfStatement':
      return node['alternate'] === null && isListed(node, parent) ? [whole('guard deletion', '')] : [];
    case 'LogicalExpression':
      return [whole('condition dropped', source(node['left'])), whole('condition dropped', source(node['right']))];
    case 'AwaitExpression':
      return [whole('call dropped', source(node['argument']))];
    case 'AssignmentPattern':
      return [whole('default dropped', source(node['left']))];
    case 'CallExpression': {
      const { callee } = node;
      const [only, second] = Array.isArray(node['arguments']) ? node['arguments'].filter(isNode) : [];
      if (parent?.type === 'ExpressionStatement' || only === undefined || second !== undefined || !isNode(callee))
        return [];
      if (only.type === 'SpreadElement' || /Function/.test(only.type)) return [];
      if (callee.type === 'Identifier') return [whole('call dropped', source(only))];
      return callee.type === 'MemberExpression' ? [whole('call dropped', source(callee['object']))] : [];
    }
    default:
      return [];
  }
}

/** Names that stand beside each other: variables by function, properties by the object that they are read of. */
interface Names {
  readonly variables: ReadonlyMap<Node, readonly string[]>;
  readonly owners: ReadonlyMap<Node, Node>;
  readonly properties: ReadonlyMap<string, ReadonlySet<string>>;
}

function namesOf(program: Node, text: string): Names {
  const variables = new Map<Node, string[]>([[program, []]]);
  const owners = new Map<Node, Node>();
  const properties = new Map<string, Set<string>>();
  visit(program, null, (node, parent) => {
    const owner = parent === null ? program : /Function/.test(parent.type) ? parent : (owners.get(parent) ?? program);
    owners.set(node, owner);
    if (/Function/.test(node.type)) {
      const given: readonly unknown[] = Array.isArray(node['params']) ? node['params'] : [];
      variables.set(
        node,
        given.filter(isNode).flatMap((part) => (part.type === 'Identifier' ? [text.slice(part.start, part.end)] : [])),
      );
    } else if (node.type === 'VariableDeclarator' && isNode(node['id']) && node['id'].type === 'Identifier') {
      variables.get(owner)?.push(text.slice(node['id'].start, node['id'].end));
    } else if (node.type === 'MemberExpression' && node['computed'] !== true && isNode(node['object'])) {
      const object = text.slice(node['object'].start, node['object'].end);
      const known = properties.get(object) ?? new Set();
      properties.set(object, known);
      if (isNode(node['property'])) known.add(text.slice(node['property'].start, node['property'].end));
    }
  });
  return { variables, owners, properties };
}

/** Another variable of the same function, another property of the same object. */
function ofNames(node: Node, parent: Node | null, text: string, names: Names): Mutation[] {
  const others = (start: number, end: number, known: Iterable<string>, operator: string) =>
    [...new Set(known)]
      .filter((name) => name !== text.slice(start, end))
      .slice(0, 3)
      .map((name) => ({ operator, start, end, text: name }));
  if (node.type === 'Identifier' && parent !== null && reads(node, parent)) {
    const owner = names.owners.get(node);
    const known = owner === undefined ? [] : (names.variables.get(owner) ?? []);
    return known.includes(text.slice(node.start, node.end)) ? others(node.start, node.end, known, 'variable') : [];
  }
  const { object, property } = node;
  if (node.type === 'MemberExpression' && node['computed'] !== true && isNode(object) && isNode(property)) {
    const known = names.properties.get(text.slice(object.start, object.end)) ?? [];
    return others(property.start, property.end, known, 'property');
  }
  return [];
}

/** True for a variable whose value is used where it stands. */
function reads(node: Node, parent: Node): boolean {
  switch (parent.type) {
    case 'BinaryExpression':
    case 'LogicalExpression':
    case 'ReturnStatement':
    case 'CallExpression':
    case 'NewExpression':
    case 'TemplateLiteral':
      return true;
    case 'MemberExpression':
      return parent['object'] === node || parent['computed'] === true;
    case 'AssignmentExpression':
      return parent['right'] === node;
    case 'VariableDeclarator':
      return parent['init'] === node;
    default:
      return parent['test'] === node;
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
