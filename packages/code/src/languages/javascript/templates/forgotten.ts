import type { FileFacts } from '../facts.ts';
import { functionOf, nameOf, nodeIn, nodesIn, type SyntaxNode, siblingsOf } from '../syntax.ts';
import { isValue } from './calls.ts';
import { breakBefore } from './guards.ts';
import { type Draft, draft, insert, operand, replace, shown } from './template.ts';

/** What one file says that a forgotten piece of code may be, read once. */
interface Elsewhere {
  /** Short statements and guards of functions. */
  readonly lines: readonly SyntaxNode[];
  readonly defaults: readonly string[];
  /** Functions that are called with one argument, most often first. */
  readonly unary: readonly string[];
  /** How often each word stands in the file. */
  readonly words: ReadonlyMap<string, number>;
  /** Properties read of each object. */
  readonly propertiesOn: ReadonlyMap<string, ReadonlySet<string>>;
}

const known = new WeakMap<FileFacts, Elsewhere>();

function elsewhere(facts: FileFacts): Elsewhere {
  const found = known.get(facts);
  if (found) return found;
  const { nodes, text } = facts.tree;
  const lines: SyntaxNode[] = [];
  const defaults = new Set<string>();
  const propertiesOn = new Map<string, Set<string>>();
  for (const node of nodes) {
    const size = node.end - node.start;
    if (node.type === 'AssignmentPattern') {
      const right = nodeIn(node, 'right');
      if (right && right.end - right.start <= 30) defaults.add(facts.textOf(right));
    } else if (/^(Expression|Throw)Statement$/.test(node.type) && size <= 90) lines.push(node);
    else if (node.type === 'IfStatement' && size <= 250 && !nodeIn(node, 'alternate') && leaves(node)) lines.push(node);
    else if (node.type === 'MemberExpression' && node['computed'] !== true) {
      const [object, property] = [nodeIn(node, 'object'), nameOf(nodeIn(node, 'property'))];
      if (!object || property === null || object.end - object.start > 40) continue;
      const properties = propertiesOn.get(facts.textOf(object)) ?? new Set();
      propertiesOn.set(facts.textOf(object), properties.add(property));
    }
  }
  const unary = [...facts.calls]
    .filter(
      ([callee, calls]) =>
        /^[A-Za-z_$][\w$.]*$/.test(callee) &&
        !/^(require|super|import|Number|String|Boolean)$/.test(callee) &&
        calls.some((call) => nodesIn(call, 'arguments').length === 1),
    )
    .sort((a, b) => b[1].length - a[1].length)
    .map(([callee]) => callee);
  const words = new Map<string, number>();
  for (const [word] of text.matchAll(/[A-Za-z_$][\w$]*/g)) words.set(word, (words.get(word) ?? 0) + 1);
  const made = { lines, defaults: [...defaults], unary, words, propertiesOn };
  known.set(facts, made);
  return made;
}

/** True for a branch that only ends its function, its round or the loop. */
function leaves(node: SyntaxNode): boolean {
  const yes = nodeIn(node, 'consequent');
  const only = yes?.type === 'BlockStatement' ? nodesIn(yes, 'body') : yes ? [yes] : [];
  return only.length === 1 && /^(Return|Throw|Continue|Break)Statement$/.test(only[0]?.type ?? '');
}

/** A statement or guard that other functions of the file have. */
export function* statementsElsewhere(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (!/(Statement|^VariableDeclaration)$/.test(node.type)) return;
  const siblings = siblingsOf(facts.tree, node);
  const fn = functionOf(facts.tree, node);
  if (!siblings || fn.type === 'Program') return;
  const here = facts.textOf(fn);
  const name = (of: SyntaxNode) => nameOf(nodeIn(of, 'id')) ?? nameOf(nodeIn(facts.tree.parents.get(of) ?? of, 'key'));
  const space = breakBefore(node, facts);
  const ranked = elsewhere(facts)
    .lines.map((line) => ({ line, owner: functionOf(facts.tree, line) }))
    .filter(({ owner }) => owner !== fn && owner.type !== 'Program')
    .sort((a, b) => Math.abs(a.line.start - node.start) - Math.abs(b.line.start - node.start));
  const seen = new Set<string>();
  for (const { line, owner } of ranked.slice(0, 40)) {
    const text = facts.textOf(line);
    if (seen.size >= 8) return;
    if (seen.has(text) || here.includes(text) || /\b(continue|break|await|yield)\b/.test(text)) continue;
    if (!facts.fits(text, node)) continue;
    seen.add(text);
    const prior = (name(owner) !== null && name(owner) === name(fn) ? 0.1 : 0.05) * 0.92 ** seen.size;
    const why = `${shown(text)} is left out here, but not in line ${facts.tree.lineOf(line.start)}.`;
    yield draft('statement.copy-elsewhere', prior, why, insert(node.start, text + space));
    if (siblings.at(-1) === node && !/^(Return|Throw)Statement$/.test(node.type))
      yield draft('statement.copy-elsewhere', prior, why, insert(node.end, space + text));
  }
}

/** A call around a value that the file makes elsewhere, or that a function nobody calls is there for. */
export function* callsAround(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const parent = facts.tree.parents.get(node);
  if (!parent || !/^(Identifier|MemberExpression|CallExpression)$/.test(node.type) || !isValue(node, parent)) return;
  const { unary, words } = elsewhere(facts);
  const text = facts.textOf(node);
  const scope = facts.scopeAt(node);
  const idle = scope.filter(({ name, kind }) => kind === 'function' && words.get(name) === 1).map(({ name }) => name);
  const owner = functionOf(facts.tree, node);
  const around = function* (callee: string, prior: number): Iterable<Draft> {
    if (text.startsWith(`${callee}(`) || nameOf(nodeIn(owner, 'id')) === callee) return;
    const made = `${callee}(${text})`;
    yield draft('call.wrap', prior, `${shown(text)} should be ${shown(made)}.`, replace(node, made));
  };
  for (const callee of idle.slice(0, 3)) yield* around(callee, 0.3);
  let rank = 0;
  for (const callee of unary) {
    if (rank >= 8) break;
    if (!facts.fits(callee, node)) continue;
    yield* around(callee, 0.09 * 0.9 ** rank++);
  }
  const called = facts.calls.get(text)?.some((call) => nodesIn(call, 'arguments').length === 0);
  const property = node.type === 'MemberExpression' ? nameOf(nodeIn(node, 'property')) : null;
  const alike = property !== null && facts.callsByMethod.has(property);
  if (node.type !== 'CallExpression' && (called || alike))
    yield draft('call.missing', called ? 0.25 : 0.12, `${shown(text)} should be called.`, insert(node.end, '()'));
  for (const tail of ['.pop()', '.shift()', '.keys()', '.values()', '.entries()', '.trimEnd()'])
    yield draft('call.missing', 0.04, `${shown(text)} should be ${shown(text + tail)}.`, insert(node.end, tail));
}

/** Another property that the file reads of the same object. */
export function* propertiesOfObject(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (node.type !== 'MemberExpression' || node['computed'] === true) return;
  const [object, property] = [nodeIn(node, 'object'), nodeIn(node, 'property')];
  const name = nameOf(property);
  if (!object || !property || name === null) return;
  const parent = facts.tree.parents.get(node);
  const called = parent?.type === 'CallExpression' && parent['callee'] === node;
  const subject = facts.textOf(object);
  const others = [...(elsewhere(facts).propertiesOn.get(subject) ?? [])].filter((other) => other !== name);
  const near = others.filter(
    (other) => (facts.callsOn.get(subject) ?? []).some((call) => isCallOf(call, other)) === called,
  );
  for (const [rank, other] of near.slice(0, 8).entries())
    yield draft(
      'property.same-object',
      0.24 * 0.88 ** rank,
      `\`.${name}\` should be \`.${other}\`.`,
      replace(property, other),
    );
}

function isCallOf(call: SyntaxNode, method: string): boolean {
  return nameOf(nodeIn(nodeIn(call, 'callee') ?? call, 'property')) === method;
}

/** A condition that reads a member of what may be absent, without asking for it first. */
export function* askedFirst(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const parent = facts.tree.parents.get(node);
  if (
    !parent ||
    !/^(BinaryExpression|CallExpression|MemberExpression|UnaryExpression|LogicalExpression)$/.test(node.type)
  )
    return;
  const asked = /^(If|While|DoWhile|For)Statement$|^ConditionalExpression$/.test(parent.type)
    ? parent['test'] === node
    : parent.type === 'LogicalExpression' ||
      /^(ReturnStatement|ArrowFunctionExpression|VariableDeclarator)$/.test(parent.type);
  if (!asked) return;
  const text = facts.textOf(node);
  const here = node.type === 'LogicalExpression' ? operand(node, facts) : text;
  const subjects = new Set<string>();
  for (const [, subject = ''] of text.matchAll(/(?<![\w$.?])([A-Za-z_$][\w$]*(?:\.[\w$]+)*)(?=\.[\w$]+|\[)/g)) {
    for (let at = subject; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) subjects.add(at);
  }
  const scope = facts.scopeAt(node);
  for (const subject of [...subjects].slice(0, 4)) {
    const item = scope.find(({ name }) => name === subject.split('.')[0]);
    if (subject !== 'this' && !subject.startsWith('this.') && !/^(parameter|variable|constant)$/.test(item?.kind ?? ''))
      continue;
    if (subject === 'this' || text.startsWith(`${subject} &&`)) continue;
    const why = `${shown(subject)} may be absent where ${shown(text)} is asked.`;
    yield draft('absent.asked', 0.2, why, replace(node, `${subject} && ${here}`));
    yield draft('absent.asked', 0.12, why, replace(node, `!${subject} || ${here}`));
  }
}

/** A default that other parameters of the file have. */
export function* defaultsElsewhere(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const parent = facts.tree.parents.get(node);
  if (node.type !== 'Identifier' || !parent || !Array.isArray(parent['params']) || !parent['params'].includes(node))
    return;
  for (const value of elsewhere(facts).defaults.slice(0, 6)) {
    if (facts.fits(value, parent))
      yield draft(
        'default.missing',
        0.14,
        `${shown(facts.textOf(node))} has no default.`,
        insert(node.end, ` = ${value}`),
      );
  }
}
