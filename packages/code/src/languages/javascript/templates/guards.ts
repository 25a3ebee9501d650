import { type FileFacts, parameterNames } from '../facts.ts';
import { functionOf, isFunction, isStatement, nodeIn, nodesIn, type SyntaxNode, siblingsOf } from '../syntax.ts';
import { isValue } from './calls.ts';
import { type Draft, draft, insert, operand, replace, shown } from './template.ts';

/** Optional access and a value for what may be absent. */
export function* absence(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const parent = facts.tree.parents.get(node);
  if (!parent) return;
  const text = facts.textOf(node);
  if (node.type === 'MemberExpression' && node['optional'] !== true && !isTarget(node, parent)) {
    const object = nodeIn(node, 'object');
    if (object && object.type !== 'Super' && object.type !== 'ThisExpression') {
      const rest = facts.tree.text.slice(object.end, node.end);
      const tail = rest.startsWith('[') ? `?.${rest}` : rest.replace(/^\s*\./, '?.');
      yield draft('absent.optional', 0.35, `${shown(facts.textOf(object))} may be absent.`, {
        start: object.end,
        end: node.end,
        text: tail,
      });
    }
  }
  if (node.type === 'CallExpression' && node['optional'] !== true) {
    const callee = nodeIn(node, 'callee');
    if (callee && callee.type !== 'Super')
      yield draft('absent.call', 0.1, `${shown(facts.textOf(callee))} may be absent.`, insert(callee.end, '?.'));
  }
  if (!/^(Identifier|MemberExpression|CallExpression|ChainExpression)$/.test(node.type) || !isValue(node, parent))
    return;
  if (parent.type === 'LogicalExpression' && parent['operator'] !== '&&') return;
  const values = [
    "''",
    '[]',
    '{}',
    '0',
    'null',
    'false',
    ...facts.expected.slice(0, 4),
    ...facts
      .scopeAt(node)
      .filter((item) => item.kind === 'parameter' && item.distance < 3)
      .map((item) => item.name),
  ];
  for (const value of new Set(values)) {
    if (value === text) continue;
    const needs =
      parent.type === 'LogicalExpression' ||
      parent.type === 'BinaryExpression' ||
      parent.type === 'ConditionalExpression';
    const made = `${operand(node, facts)} ?? ${value}`;
    yield draft(
      'absent.default',
      0.12,
      `${shown(text)} may be absent; then \`${value}\` is meant.`,
      replace(node, needs ? `(${made})` : made),
    );
  }
}

function isTarget(node: SyntaxNode, parent: SyntaxNode): boolean {
  return (
    (parent.type === 'AssignmentExpression' && parent['left'] === node) ||
    parent.type === 'UpdateExpression' ||
    parent.type === 'TaggedTemplateExpression' ||
    (/^For(In|Of)Statement$/.test(parent.type) && parent['left'] === node) ||
    /Pattern$/.test(parent.type) ||
    (parent.type === 'NewExpression' && parent['callee'] === node)
  );
}

/** Guesses below this are not worth a run of the tests. */
const leastPrior = 0.04;

/** An early end for inputs that the statements below do not expect. */
export function* earlyReturns(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (!isStatement(node)) return;
  const siblings = siblingsOf(facts.tree, node);
  const fn = functionOf(facts.tree, node);
  if (!siblings || !isFunction(fn)) return;
  const first = siblings[0] === node && facts.tree.parents.get(facts.tree.parents.get(node) ?? node) === fn;
  const names = new Map<string, number>();
  for (const name of parameterNames(fn)) names.set(name, first ? 1 : 0.5);
  const text = facts.textOf(node);
  for (const { name, kind, distance } of facts.scopeAt(node)) {
    if (distance > 2 || !/^(parameter|variable|constant)$/.test(kind)) continue;
    if (new RegExp(`(?<![\\w$.])${name.replaceAll('$', '\\$')}(?![\\w$])`).test(text))
      names.set(name, Math.max(names.get(name) ?? 0, 0.9));
  }
  const inLoop = isInLoop(node, facts);
  const ends = endings(fn, facts);
  for (const [name, weight] of names) {
    const tests: [string, number][] = [
      [`${name} == null`, 1],
      [`!${name}`, 0.9],
      [`${name}.length === 0`, 0.7],
      [`typeof ${name} !== 'string'`, 0.4],
      [`typeof ${name} !== 'number'`, 0.25],
      [`typeof ${name} !== 'object'`, 0.25],
      [`Array.isArray(${name})`, 0.2],
      [`!Array.isArray(${name})`, 0.35],
      [`Number.isNaN(${name})`, 0.35],
      [`${name} < 0`, 0.4],
      [`${name} <= 0`, 0.35],
      [`${name} === 0`, 0.35],
      [`${name} === 1`, 0.2],
      [`${name}.length === 1`, 0.2],
      [`${name} === ''`, 0.3],
      [`${name} instanceof Date`, 0.12],
      [`${name} instanceof RegExp`, 0.1],
      [`typeof ${name} === 'function'`, 0.12],
      [`typeof ${name} === 'symbol'`, 0.08],
    ];
    for (const [test, likelihood] of tests) {
      for (const [ending, fit] of ends) {
        if (0.22 * weight * likelihood * fit < leastPrior) continue;
        yield draft(
          'guard.return',
          0.22 * weight * likelihood * fit,
          `${shown(test)} is not handled.`,
          insert(node.start, `if (${test}) ${ending};${breakBefore(node, facts)}`),
        );
      }
      if (inLoop)
        yield draft(
          'guard.continue',
          0.2 * weight * likelihood,
          `${shown(test)} should be passed over.`,
          insert(node.start, `if (${test}) continue;${breakBefore(node, facts)}`),
        );
    }
  }
}

function endings(fn: SyntaxNode, facts: FileFacts): [string, number][] {
  const values = new Map<string, number>();
  const add = (value: string, fit: number) => {
    if (!values.has(value)) values.set(value, fit);
  };
  for (const node of facts.nodesOf(fn)) {
    if (node.type !== 'ReturnStatement') continue;
    const value = nodeIn(node, 'argument');
    if (value?.type === 'Literal' || (value && /^(\[\]|\{\}|undefined|null|this|-1)$/.test(facts.textOf(value))))
      add(facts.textOf(value), 1);
  }
  for (const value of facts.expected.slice(0, 3)) add(value, 0.7);
  for (const name of parameterNames(fn).slice(0, 2)) add(name, 0.6);
  for (const value of ['', 'null', 'false', "''", '[]', '0', 'true', '{}', 'NaN', '-1', '1']) add(value, 0.55);
  return [...values].map(([value, fit]) => [value === '' ? 'return' : `return ${value}`, fit]);
}

function isInLoop(node: SyntaxNode, facts: FileFacts): boolean {
  for (let at = facts.tree.parents.get(node); at && !isFunction(at); at = facts.tree.parents.get(at)) {
    if (/^(For|ForIn|ForOf|While|DoWhile)Statement$/.test(at.type)) return true;
  }
  return false;
}

/** A line break and the indentation of a node. */
export function breakBefore(node: SyntaxNode, facts: FileFacts): string {
  const { text } = facts.tree;
  const lineStart = text.lastIndexOf('\n', node.start - 1) + 1;
  const before = text.slice(lineStart, node.start);
  return /^\s*$/.test(before) ? `\n${before}` : ' ';
}

/** Runs a statement only when what it uses is there. */
export function* guardedStatements(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (node.type !== 'ExpressionStatement' || !siblingsOf(facts.tree, node)) return;
  const text = facts.textOf(node);
  for (const { name, kind, distance } of facts.scopeAt(node)) {
    if (distance > 2 || !/^(parameter|variable|constant)$/.test(kind)) continue;
    const used = new RegExp(`(?<![\\w$.])${name.replaceAll('$', '\\$')}(?![\\w$])`).test(text);
    const weight = used ? 0.14 : 0.05;
    for (const test of [name, `!${name}`, `${name} != null`, `${name} !== undefined`]) {
      yield draft(
        'guard.statement',
        weight,
        `${shown(text)} should happen only if ${shown(test)}.`,
        insert(node.start, `if (${test}) `),
      );
    }
  }
  for (const condition of facts.conditions) {
    if (functionOf(facts.tree, condition) !== functionOf(facts.tree, node)) continue;
    yield draft(
      'guard.statement',
      0.06,
      `${shown(text)} should happen only if ${shown(facts.textOf(condition))}.`,
      insert(node.start, `if (${facts.textOf(condition)}) `),
    );
  }
}

/** Own properties only, and never those that reach a prototype. */
export function* prototypes(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const { tree } = facts;
  if (node.type === 'ForInStatement') {
    const left = nodeIn(node, 'left');
    const right = nodeIn(node, 'right');
    const body = nodeIn(node, 'body');
    const declarator = left && nodesIn(left, 'declarations')[0];
    const key = declarator ? nodeIn(declarator, 'id') : left;
    if (!key || !right || body?.type !== 'BlockStatement') return;
    const [name, object] = [facts.textOf(key), facts.textOf(right)];
    yield draft(
      'own.loop',
      0.4,
      `\`for in\` also gives inherited properties of ${shown(object)}.`,
      insert(body.start + 1, ` if (!Object.prototype.hasOwnProperty.call(${object}, ${name})) continue;`),
    );
    yield draft(
      'prototype.loop',
      0.4,
      'A key may reach the prototype.',
      insert(
        body.start + 1,
        ` if (${name} === '__proto__' || ${name} === 'constructor' || ${name} === 'prototype') continue;`,
      ),
    );
  } else if (node.type === 'BinaryExpression' && node['operator'] === 'in') {
    const [left, right] = [nodeIn(node, 'left'), nodeIn(node, 'right')];
    if (left && right)
      yield draft(
        'own.in',
        0.4,
        '`in` also finds inherited properties.',
        replace(node, `Object.prototype.hasOwnProperty.call(${facts.textOf(right)}, ${facts.textOf(left)})`),
      );
  } else if (node.type === 'MemberExpression' && node['computed'] === true) {
    const [object, key] = [nodeIn(node, 'object'), nodeIn(node, 'property')];
    const parent = tree.parents.get(node);
    if (!object || !key || !parent || key.type === 'Literal' || isTarget(node, parent)) return;
    const [container, name] = [facts.textOf(object), facts.textOf(key)];
    yield draft(
      'own.read',
      0.18,
      `${shown(facts.textOf(node))} also finds inherited properties.`,
      replace(
        node,
        `(Object.prototype.hasOwnProperty.call(${container}, ${name}) ? ${container}[${name}] : undefined)`,
      ),
    );
  }
  if (isStatement(node) && siblingsOf(tree, node)) yield* keyGuards(node, facts);
}

/** Before a write under a key that is not fixed. */
function* keyGuards(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const text = facts.textOf(node);
  const keys = new Set([...text.matchAll(/\[\s*([A-Za-z_$][\w$]*)\s*\]/g)].map((match) => match[1] ?? ''));
  const fn = functionOf(facts.tree, node);
  for (const key of keys) {
    const bad = `${key} === '__proto__' || ${key} === 'constructor' || ${key} === 'prototype'`;
    const before = breakBefore(node, facts);
    if (isInLoop(node, facts))
      yield draft(
        'prototype.key',
        0.25,
        `\`${key}\` may reach the prototype.`,
        insert(node.start, `if (${bad}) continue;${before}`),
      );
    if (!isFunction(fn)) continue;
    yield draft(
      'prototype.key',
      0.25,
      `\`${key}\` may reach the prototype.`,
      insert(node.start, `if (${bad}) return;${before}`),
    );
    for (const name of parameterNames(fn).slice(0, 2)) {
      yield draft(
        'prototype.key',
        0.2,
        `\`${key}\` may reach the prototype.`,
        insert(node.start, `if (${bad}) return ${name};${before}`),
      );
    }
  }
}
