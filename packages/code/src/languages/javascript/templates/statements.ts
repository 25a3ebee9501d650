import type { FileFacts } from '../facts.ts';
import {
  functionOf,
  isFunction,
  isStatement,
  nameOf,
  nodeIn,
  nodesIn,
  type SyntaxNode,
  siblingsOf,
} from '../syntax.ts';
import { breakBefore } from './guards.ts';
import { type Draft, draft, insert, replace, shown } from './template.ts';

/** Statements too much, in the wrong order, or of the wrong kind. */
export function* statementOrder(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (!isStatement(node)) return;
  const siblings = siblingsOf(facts.tree, node);
  if (!siblings) return;
  const text = facts.textOf(node);
  const index = siblings.indexOf(node);
  if (node.type !== 'VariableDeclaration') {
    const size = text.split('\n').length;
    yield draft('statement.delete', size > 3 ? 0.08 : 0.2, `${shown(text)} should not happen.`, replace(node, ''));
  }
  const before = siblings[index - 1];
  if (before && isStatement(before)) {
    yield draft(
      'statement.move',
      0.15,
      `${shown(text)} comes one statement too late.`,
      replace(before, text),
      replace(node, facts.textOf(before)),
    );
  }
  if (node.type === 'BreakStatement' && !node['label'])
    yield draft('loop.continue', 0.3, 'The loop should go on.', replace(node, 'continue;'));
  if (node.type === 'ContinueStatement' && !node['label'])
    yield draft('loop.break', 0.3, 'The loop should end.', replace(node, 'break;'));
  if (node.type === 'ReturnStatement') {
    yield draft('return.continue', 0.08, 'The loop should go on instead.', replace(node, 'continue;'));
    yield* otherReturns(node, facts);
  }
  if (node.type === 'ExpressionStatement') yield* missingReturn(node, siblings, facts);
  if (node.type === 'IfStatement') yield* chained(node, siblings[index + 1] ?? null, before ?? null, facts);
  const parent = facts.tree.parents.get(node);
  const block = parent && facts.tree.parents.get(parent);
  // Out of a block that ends with it: after the loop or branch instead of inside.
  if (parent?.type === 'BlockStatement' && block && index === siblings.length - 1 && siblingsOf(facts.tree, block)) {
    yield draft(
      'statement.move-out',
      0.18,
      `${shown(text)} belongs after the block.`,
      replace(node, ''),
      insert(block.end, `${breakBefore(block, facts)}${text}`),
    );
  }
  const body = nodeIn(node, 'body');
  const next = siblings[index + 1];
  if (body?.type === 'BlockStatement' && next && isStatement(next) && next.type !== 'VariableDeclaration') {
    yield draft(
      'statement.move-in',
      0.1,
      `${shown(facts.textOf(next))} belongs inside the loop.`,
      insert(body.end - 1, ` ${facts.textOf(next)} `),
      replace(next, ''),
    );
  }
}

function* otherReturns(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const value = nodeIn(node, 'argument');
  const text = value ? facts.textOf(value) : '';
  // A return without a value is seldom written on purpose where a test asks for one.
  const bare = value ? 1 : 2.5;
  for (const [index, other] of facts.returned.slice(0, 15).entries()) {
    if (other !== text)
      yield draft(
        'return.other',
        0.12 * bare * 0.93 ** index,
        `\`${other}\` should be returned.`,
        replace(node, `return ${other};`),
      );
  }
  for (const { name, kind, distance } of facts.scopeAt(node)) {
    if (distance > 3 || name === text || !/^(parameter|variable|constant)$/.test(kind)) continue;
    yield draft('return.other', 0.12 * bare, `\`${name}\` should be returned.`, replace(node, `return ${name};`));
  }
  for (const other of ['true', 'false', 'null', 'undefined', '[]', '{}', "''", '0', ...facts.expected.slice(0, 4)]) {
    if (other !== text)
      yield draft('return.constant', 0.06, `\`${other}\` should be returned.`, replace(node, `return ${other};`));
  }
}

function* missingReturn(node: SyntaxNode, siblings: readonly SyntaxNode[], facts: FileFacts): Iterable<Draft> {
  const fn = functionOf(facts.tree, node);
  const expression = nodeIn(node, 'expression');
  if (!isFunction(fn) || !expression) return;
  const last = siblings.at(-1) === node;
  yield draft(
    'return.missing',
    last ? 0.5 : 0.12,
    `${shown(facts.textOf(expression))} should be returned.`,
    insert(node.start, 'return '),
  );
  if (expression.type === 'CallExpression') {
    const callee = nodeIn(expression, 'callee');
    const object = callee?.type === 'MemberExpression' ? nodeIn(callee, 'object') : null;
    if (object && /^(Identifier|MemberExpression)$/.test(object.type)) {
      yield draft(
        'result.unused',
        0.25,
        `The result of ${shown(facts.textOf(expression))} is lost.`,
        insert(node.start, `${facts.textOf(object)} = `),
      );
    }
  }
}

/** Branches that should exclude each other, or should not. */
function* chained(
  node: SyntaxNode,
  next: SyntaxNode | null,
  before: SyntaxNode | null,
  facts: FileFacts,
): Iterable<Draft> {
  if (!nodeIn(node, 'alternate') && next && isStatement(next) && next.type !== 'VariableDeclaration') {
    const word = next.type === 'IfStatement' ? 'else ' : 'else { ';
    const edits =
      next.type === 'IfStatement' ? [insert(next.start, word)] : [insert(next.start, word), insert(next.end, ' }')];
    yield draft('branch.else', 0.25, 'Only one of the two should happen.', ...edits);
  }
  if (before?.type === 'IfStatement' && !nodeIn(before, 'alternate'))
    yield draft('branch.else', 0.15, 'Only one of the two should happen.', insert(node.start, 'else '));
  const alternate = nodeIn(node, 'alternate');
  const yes = nodeIn(node, 'consequent');
  if (alternate?.type === 'IfStatement' && yes) {
    yield draft('branch.independent', 0.25, 'Both should be able to happen.', {
      start: yes.end,
      end: alternate.start,
      text: breakBefore(node, facts),
    });
  }
  if (alternate && alternate.type !== 'IfStatement' && yes) {
    yield draft('branch.no-else', 0.12, 'The second part should not happen.', {
      start: yes.end,
      end: node.end,
      text: '',
    });
  }
}

/** `break` at the end of a case that falls into the next. */
export function* cases(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const parent = facts.tree.parents.get(node);
  const item = node.type === 'SwitchCase' ? node : parent?.type === 'SwitchCase' ? parent : null;
  const list = item ? nodesIn(item, 'consequent') : [];
  const last = list.at(-1);
  if (!item || !last || last !== (node === item ? last : node)) return;
  if (!/^(Break|Return|Throw|Continue)Statement$/.test(last.type)) {
    yield draft('case.break', 0.7, 'The case falls through into the next.', insert(last.end, ' break;'));
  }
}

/** Another direction, start or bound of a counting loop. */
export function* loops(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (node.type === 'ForOfStatement' || node.type === 'ForInStatement') {
    const [left, right] = [nodeIn(node, 'left'), nodeIn(node, 'right')];
    if (!left || !right) return;
    const between = facts.tree.text.slice(left.end, right.start);
    const [old, other] = node.type === 'ForOfStatement' ? ['of', 'in'] : ['in', 'of'];
    const at = left.end + between.indexOf(old);
    yield draft('loop.kind', 0.4, `The loop should go over ${other === 'of' ? 'values' : 'keys'}.`, {
      start: at,
      end: at + 2,
      text: other,
    });
    const text = facts.textOf(right);
    for (const made of [
      `[...${text}]`,
      `[...${text}].reverse()`,
      `${text}.slice(1)`,
      `${text}.slice(0, -1)`,
      `Object.keys(${text})`,
      `Object.values(${text})`,
      `Object.entries(${text})`,
      `${text}.entries()`,
      `${text} ?? []`,
    ]) {
      yield draft('loop.over', 0.08, `The loop should go over ${shown(made)}.`, replace(right, made));
    }
    return;
  }
  if (node.type !== 'ForStatement') return;
  const [init, test, update] = [nodeIn(node, 'init'), nodeIn(node, 'test'), nodeIn(node, 'update')];
  const declarator = init?.type === 'VariableDeclaration' ? (nodesIn(init, 'declarations')[0] ?? null) : null;
  const [id, start] = declarator ? [nodeIn(declarator, 'id'), nodeIn(declarator, 'init')] : [null, null];
  const bound = test?.type === 'BinaryExpression' ? nodeIn(test, 'right') : null;
  const name = nameOf(id);
  if (!test || !update || !start || !bound || name === null) return;
  const rising = facts.textOf(update).includes('+');
  const limit = facts.textOf(bound);
  const edits = rising
    ? [replace(start, `${limit} - 1`), replace(test, `${name} >= ${facts.textOf(start)}`), replace(update, `${name}--`)]
    : [replace(start, limit), replace(test, `${name} <= ${facts.textOf(start)}`), replace(update, `${name}++`)];
  yield draft('loop.direction', 0.12, 'The loop should run the other way.', ...edits);
  for (const { name: outer, kind, distance } of facts.scopeAt(node)) {
    if (distance > 0 && distance < 4 && outer !== name && /^(variable|parameter)$/.test(kind)) {
      yield draft('loop.start', 0.12, `The loop should begin at \`${outer}\`.`, replace(start, outer));
      yield draft('loop.start', 0.14, `The loop should begin after \`${outer}\`.`, replace(start, `${outer} + 1`));
    }
  }
}

/** A statement that stands elsewhere in the function, put here, as it is or with another name of the scope. */
export function* copiedStatements(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (!isStatement(node)) return;
  const siblings = siblingsOf(facts.tree, node);
  if (!siblings) return;
  const fn = functionOf(facts.tree, node);
  const names = new Set(facts.scopeAt(node).map((item) => item.name));
  const space = breakBefore(node, facts);
  const seen = new Set<string>();
  for (const other of facts.nodesOf(fn)) {
    if (seen.size > 12) break;
    if (!/^(Expression|Return|Throw|Break|Continue)Statement$/.test(other.type) || functionOf(facts.tree, other) !== fn)
      continue;
    const text = facts.textOf(other);
    if (text.length > 90 || seen.has(text) || other['directive'] !== undefined || !facts.fits(text, node)) continue;
    seen.add(text);
    if (facts.textOf(node) !== text)
      yield draft('statement.copy', 0.07, `${shown(text)} is missing here too.`, insert(node.start, text + space));
    if (siblings.at(-1) === node && !/^(Return|Throw)Statement$/.test(node.type)) {
      yield draft(
        'statement.copy-after',
        0.07,
        `${shown(text)} is missing after this.`,
        insert(node.end, space + text),
      );
    }
    yield* renamedCopies(node, text, names, facts, space);
  }
}

function* renamedCopies(
  node: SyntaxNode,
  text: string,
  names: ReadonlySet<string>,
  facts: FileFacts,
  space: string,
): Iterable<Draft> {
  const scope = facts.scopeAt(node).filter((item) => item.distance < 4 && /^(variable|parameter)$/.test(item.kind));
  const words = [...new Set(text.match(/(?<![\w$.])[A-Za-z_$][\w$]*/g) ?? [])].filter((word) =>
    scope.some((item) => item.name === word),
  );
  for (const word of words.slice(0, 2)) {
    for (const { name } of scope.slice(0, 5)) {
      if (name === word || !names.has(name)) continue;
      const renamed = text.replaceAll(new RegExp(`(?<![\\w$.])${word.replaceAll('$', '\\$')}(?![\\w$])`, 'g'), name);
      yield draft(
        'statement.copy-renamed',
        0.03,
        `${shown(renamed)} is missing here.`,
        insert(node.start, renamed + space),
      );
    }
  }
}
