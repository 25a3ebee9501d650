import type { FileFacts } from '../facts.ts';
import { isFunction, nameOf, nodeIn, nodesIn, type SyntaxNode } from '../syntax.ts';
import { type Draft, draft, insert, operand, replace, shown } from './template.ts';

/** Methods of which one is often written where another is meant. */
const families: readonly (readonly string[])[] = [
  ['slice', 'splice', 'substring', 'substr'],
  ['push', 'unshift', 'concat'],
  ['shift', 'pop', 'at'],
  ['push', 'pop'],
  ['shift', 'unshift'],
  ['open', 'close'],
  ['start', 'stop'],
  ['encodeURIComponent', 'decodeURIComponent', 'encodeURI', 'decodeURI', 'escape', 'unescape'],
  ['indexOf', 'lastIndexOf', 'includes', 'findIndex', 'search'],
  ['find', 'filter', 'findLast', 'some', 'findIndex'],
  ['every', 'some'],
  ['map', 'flatMap', 'forEach', 'filter'],
  ['floor', 'ceil', 'round', 'trunc'],
  ['min', 'max'],
  ['abs', 'sign'],
  ['toUpperCase', 'toLowerCase', 'toLocaleUpperCase', 'toLocaleLowerCase'],
  ['startsWith', 'endsWith', 'includes'],
  ['trim', 'trimStart', 'trimEnd', 'trimLeft', 'trimRight'],
  ['padStart', 'padEnd'],
  ['replace', 'replaceAll'],
  ['match', 'matchAll', 'exec', 'test'],
  ['keys', 'values', 'entries', 'getOwnPropertyNames'],
  ['add', 'delete', 'has'],
  ['get', 'has'],
  ['set', 'delete'],
  ['reduce', 'reduceRight'],
  ['sort', 'toSorted'],
  ['reverse', 'toReversed'],
  ['apply', 'call', 'bind'],
  ['parseInt', 'parseFloat'],
  ['charAt', 'charCodeAt', 'codePointAt', 'at'],
  ['fromCharCode', 'fromCodePoint'],
  ['isInteger', 'isSafeInteger', 'isFinite', 'isNaN'],
  ['all', 'allSettled', 'race', 'any'],
  ['resolve', 'reject'],
  ['freeze', 'seal', 'preventExtensions'],
  ['then', 'catch', 'finally'],
  ['once', 'on', 'off'],
  ['toFixed', 'toPrecision', 'toExponential'],
  ['getFullYear', 'getUTCFullYear'],
  ['getMonth', 'getUTCMonth'],
  ['getDate', 'getUTCDate', 'getDay'],
  ['getDay', 'getUTCDay', 'getDate'],
  ['getHours', 'getUTCHours'],
  ['getMinutes', 'getUTCMinutes'],
  ['getSeconds', 'getUTCSeconds'],
  ['getMilliseconds', 'getUTCMilliseconds'],
  ['setFullYear', 'setUTCFullYear'],
  ['setMonth', 'setUTCMonth'],
  ['setDate', 'setUTCDate'],
  ['setHours', 'setUTCHours'],
  ['setMinutes', 'setUTCMinutes'],
  ['setSeconds', 'setUTCSeconds'],
  ['hasOwn', 'hasOwnProperty'],
  ['encodeURIComponent', 'encodeURI'],
  ['decodeURIComponent', 'decodeURI'],
  ['escape', 'encodeURIComponent'],
];

function calleeName(node: SyntaxNode): SyntaxNode | null {
  const callee = nodeIn(node, 'callee');
  if (!callee) return null;
  return callee.type === 'MemberExpression' && callee['computed'] !== true ? nodeIn(callee, 'property') : callee;
}

/** Another method of the family, or none at all. */
export function* methods(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (node.type !== 'CallExpression') return;
  const name = calleeName(node);
  const callee = nodeIn(node, 'callee');
  const text = name ? (nameOf(name) ?? '') : '';
  if (!name || !callee) return;
  for (const family of families) {
    if (!family.includes(text)) continue;
    for (const other of family) {
      if (other !== text)
        yield draft('method.family', 0.45, `\`${text}\` should be \`${other}\`.`, replace(name, other));
    }
  }
  const subject = callee.type === 'MemberExpression' ? nodeIn(callee, 'object') : null;
  if (!subject) {
    if (/^(isNaN|isFinite)$/.test(text))
      yield draft('number.global', 0.5, `\`${text}\` converts its argument first.`, replace(name, `Number.${text}`));
    return;
  }
  const whole = facts.textOf(node);
  if (facts.textOf(subject) === 'Number' && /^(isNaN|isFinite)$/.test(text)) {
    yield draft('number.global', 0.3, `\`Number.${text}\` does not convert its argument.`, replace(callee, text));
  }
  if (nodesIn(node, 'arguments').length <= 1 && subject.type !== 'Super') {
    yield draft(
      'method.drop',
      /trim|Case|reverse|sort|slice|flat|floor|round/.test(text) ? 0.2 : 0.08,
      `${shown(whole)} should be ${shown(facts.textOf(subject))} itself.`,
      replace(node, facts.textOf(subject)),
    );
  }
  if (text === 'hasOwnProperty' || text === 'hasOwn') return;
  if (/^(sort|toSorted)$/.test(text) && nodesIn(node, 'arguments').length === 0) {
    yield draft(
      'sort.comparator',
      0.6,
      'Without a comparator, numbers are sorted as text.',
      insert(node.end - 1, '(a, b) => a - b'),
    );
    yield draft('sort.comparator', 0.2, 'The order should be descending.', insert(node.end - 1, '(a, b) => b - a'));
  }
  if (text === 'join' && nodesIn(node, 'arguments').length === 0)
    yield draft('call.join', 0.4, 'Without a separator, `join` puts commas.', insert(node.end - 1, "''"));
  if (text === 'indexOf' || text === 'lastIndexOf' || text === 'search') yield* indexTests(node, facts);
}

/** `indexOf` as a truth value is wrong for the first place and for no place. */
function* indexTests(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const parent = facts.tree.parents.get(node);
  if (!parent) return;
  const text = facts.textOf(node);
  if (parent.type === 'BinaryExpression') {
    const operator = String(parent['operator']);
    if (['>', '>=', '!==', '!=', '===', '=='].includes(operator)) {
      const there = ['===', '=='].includes(operator) ? '=== -1' : '!== -1';
      yield draft('index.test', 0.5, 'The first place is 0 and none is -1.', replace(parent, `${text} ${there}`));
    }
  }
}

/** Arguments swapped, left out, added or taken from a like call. */
export function* argumentsOf(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return;
  const list = nodesIn(node, 'arguments');
  const callee = nodeIn(node, 'callee');
  if (!callee) return;
  const text = facts.textOf(callee);
  for (let index = 0; index + 1 < list.length; index++) {
    const [first, second] = [list[index], list[index + 1]];
    if (!first || !second || facts.textOf(first) === facts.textOf(second)) continue;
    yield draft(
      'argument.swap',
      isFunction(first) || isFunction(second) ? 0.1 : 0.4,
      `Two arguments of ${shown(text)} are swapped.`,
      replace(first, facts.textOf(second)),
      replace(second, facts.textOf(first)),
    );
  }
  for (const [index, argument] of list.entries()) {
    const before = list[index - 1];
    const after = list[index + 1];
    const start = before ? before.end : argument.start;
    const end = before ? argument.end : after ? after.start : argument.end;
    yield draft(
      'argument.drop',
      index === list.length - 1 ? 0.2 : 0.1,
      `${shown(facts.textOf(argument))} should not be passed to ${shown(text)}.`,
      { start, end, text: '' },
    );
    if (argument.type === 'SpreadElement') {
      const inside = nodeIn(argument, 'argument');
      if (inside)
        yield draft(
          'spread.drop',
          0.2,
          `${shown(facts.textOf(inside))} should be passed as one value.`,
          replace(argument, facts.textOf(inside)),
        );
    } else if (/^(Identifier|MemberExpression)$/.test(argument.type)) {
      yield draft(
        'spread.add',
        /push|concat|min|max|unshift|apply/.test(text) ? 0.35 : 0.08,
        `${shown(facts.textOf(argument))} should be spread.`,
        insert(argument.start, '...'),
      );
    }
  }
  yield* addedArguments(node, list, text, facts);
}

function* addedArguments(
  node: SyntaxNode,
  list: readonly SyntaxNode[],
  callee: string,
  facts: FileFacts,
): Iterable<Draft> {
  const last = list.at(-1);
  const close = node.end - 1;
  if (facts.tree.text[close] !== ')') return;
  const add = (value: string, prior: number) =>
    draft(
      'argument.add',
      prior,
      `${shown(callee)} lacks the argument \`${value}\`.`,
      last ? insert(last.end, `, ${value}`) : insert(close, value),
    );
  const seen = new Set<string>();
  const method = callee.slice(callee.lastIndexOf('.') + 1);
  for (const other of [...(facts.calls.get(callee) ?? []), ...(facts.callsByMethod.get(method) ?? [])]) {
    const more = nodesIn(other, 'arguments')[list.length];
    if (other === node || !more || isFunction(more)) continue;
    const value = facts.textOf(more);
    if (seen.has(value) || !facts.fits(value, node)) continue;
    seen.add(value);
    yield add(value, 0.35);
  }
  if (method === 'parseInt' && list.length === 1) yield add('10', 0.6);
  if (/^(slice|substring|indexOf|lastIndexOf|reduce|fill|flat|startsWith|at|get|reduceRight)$/.test(method)) {
    for (const value of ['0', '1', '-1', "''", '[]', '{}', 'Infinity'])
      yield add(value, method.startsWith('reduce') || method === 'flat' ? 0.2 : 0.12);
  }
  if (
    /^(split|join|indexOf|lastIndexOf|includes|startsWith|endsWith|replace|replaceAll|padStart|padEnd|concat)$/.test(
      method,
    )
  ) {
    for (const value of new Set(["''", "','", "' '", "'\\n'", "'.'", ...facts.strings.slice(0, 8)]))
      yield add(value, 0.1);
  }
  if (list.length >= 4) return;
  for (const { name, kind, distance } of facts.scopeAt(node)) {
    if (distance > 2 || kind === 'import' || kind === 'class' || kind === 'function' || seen.has(name)) continue;
    if (list.some((argument) => facts.textOf(argument) === name)) continue;
    yield add(name, kind === 'parameter' ? 0.18 : 0.1);
    if (list.length > 0)
      yield draft(
        'argument.add-first',
        0.05,
        `${shown(callee)} lacks \`${name}\` as first argument.`,
        insert((list[0] as SyntaxNode).start, `${name}, `),
      );
  }
}

/** Missing `await`, `new` or conversion around a value. */
export function* wrappers(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const parent = facts.tree.parents.get(node);
  if (!parent) return;
  const text = facts.textOf(node);
  if (node.type === 'CallExpression') {
    const member = parent.type === 'MemberExpression' && parent['object'] === node;
    if (parent.type !== 'AwaitExpression') {
      yield draft(
        'await.missing',
        0.3,
        `${shown(text)} may be a promise that nobody waits for.`,
        replace(node, member ? `(await ${text})` : `await ${text}`),
      );
    }
    const callee = nodeIn(node, 'callee');
    if (
      callee &&
      /^[A-Z]\w*$/.test(facts.textOf(callee)) &&
      !/^(Number|String|Boolean|Symbol|BigInt|Object|Array)$/.test(facts.textOf(callee))
    ) {
      yield draft('new.missing', 0.4, `${shown(facts.textOf(callee))} is a class.`, insert(node.start, 'new '));
    }
  }
  if (node.type === 'AwaitExpression') {
    const inside = nodeIn(node, 'argument');
    if (inside) yield draft('await.drop', 0.08, `${shown(text)} should not wait.`, replace(node, facts.textOf(inside)));
  }
  if (!/^(Identifier|MemberExpression|CallExpression)$/.test(node.type) || !isValue(node, parent)) return;
  const inBinary = parent.type === 'BinaryExpression';
  for (const [made, prior] of [
    [`Number(${text})`, inBinary ? 0.22 : 0.12],
    [`String(${text})`, inBinary ? 0.18 : 0.14],
    [`${operand(node, facts)}.trim()`, 0.1],
    [`${operand(node, facts)}.toLowerCase()`, 0.1],
    [`Math.abs(${text})`, 0.08],
    [`Math.floor(${text})`, 0.07],
    [`Boolean(${text})`, parent.type === 'ReturnStatement' ? 0.12 : 0.03],
    [`Math.max(0, ${text})`, 0.07],
    [`${operand(node, facts)}.toString()`, 0.05],
  ] as const) {
    yield draft('value.convert', prior, `${shown(text)} should be ${shown(made)}.`, replace(node, made));
  }
}

const plainMethods = [
  'trim()',
  'slice()',
  'toString()',
  'toLowerCase()',
  'toUpperCase()',
  'reverse()',
  'sort()',
  'flat()',
  'slice(1)',
  'slice(0, -1)',
  "split('')",
  "join('')",
  'filter(Boolean)',
  'length',
];

/** A method call that is missing on a value: as the file makes it elsewhere on the same object, or a common one. */
export function* missingCalls(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const parent = facts.tree.parents.get(node);
  if (!parent || !/^(Identifier|MemberExpression|CallExpression)$/.test(node.type)) return;
  const inner = parent.type === 'MemberExpression' && parent['object'] === node && node.type === 'CallExpression';
  if (!inner && !isValue(node, parent) && parent.type !== 'ExpressionStatement') return;
  const text = facts.textOf(node);
  const seen = new Set<string>();
  const make = function* (tail: string, prior: number): Iterable<Draft> {
    if (seen.has(tail) || tail.length > 60 || !facts.fits(tail.slice(1), node)) return;
    seen.add(tail);
    yield draft('call.missing', prior, `${shown(text)} should be ${shown(text + tail)}.`, insert(node.end, tail));
  };
  const idle = parent.type === 'ExpressionStatement' ? 0.3 : 0;
  for (const call of facts.callsOn.get(text) ?? []) {
    const object = nodeIn(nodeIn(call, 'callee') ?? call, 'object');
    if (object) yield* make(facts.tree.text.slice(object.end, call.end), 0.12 + idle);
  }
  for (const method of plainMethods) yield* make(`.${method}`, 0.07);
  for (const calls of facts.callsByMethod.values()) {
    for (const call of calls.slice(0, 3)) {
      const object = nodeIn(nodeIn(call, 'callee') ?? call, 'object');
      if (object) yield* make(facts.tree.text.slice(object.end, call.end), 0.04 + idle / 3);
    }
  }
}

/** True where an expression is only read. */
export function isValue(node: SyntaxNode, parent: SyntaxNode): boolean {
  switch (parent.type) {
    case 'CallExpression':
    case 'NewExpression':
      return Array.isArray(parent['arguments']) && parent['arguments'].includes(node);
    case 'VariableDeclarator':
      return parent['init'] === node;
    case 'AssignmentExpression':
    case 'AssignmentPattern':
      return parent['right'] === node;
    case 'ArrowFunctionExpression':
      return parent['body'] === node;
    case 'Property':
      return parent['value'] === node && parent['shorthand'] !== true;
    case 'MemberExpression':
      return parent['computed'] === true && parent['property'] === node;
    case 'ConditionalExpression':
      return parent['test'] !== node;
    default:
      return /^(BinaryExpression|LogicalExpression|ReturnStatement|TemplateLiteral|ArrayExpression|ParenthesizedExpression|ThrowStatement)$/.test(
        parent.type,
      );
  }
}
