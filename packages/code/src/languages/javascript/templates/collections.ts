import type { FileFacts } from '../facts.ts';
import { nodeIn, nodesIn, type SyntaxNode } from '../syntax.ts';
import { isValue } from './calls.ts';
import { type Draft, draft, insert, replace, shown } from './template.ts';

const mutating = /^(sort|reverse|splice|push|pop|shift|unshift|fill|copyWithin)$/;

/** A copy before something is changed or kept. */
export function* copies(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const parent = facts.tree.parents.get(node);
  if (!parent) return;
  if (node.type === 'CallExpression') {
    const callee = nodeIn(node, 'callee');
    const object = callee?.type === 'MemberExpression' ? nodeIn(callee, 'object') : null;
    const name = callee?.type === 'MemberExpression' ? facts.textOf(nodeIn(callee, 'property') ?? callee) : '';
    if (object && mutating.test(name) && object.type !== 'ArrayExpression') {
      yield draft(
        'copy.before-change',
        /sort|reverse/.test(name) ? 0.5 : 0.2,
        `\`${name}\` changes ${shown(facts.textOf(object))} itself.`,
        replace(object, `[...${facts.textOf(object)}]`),
      );
    }
    if (callee && facts.textOf(callee) === 'Object.assign') {
      const first = nodesIn(node, 'arguments')[0];
      if (first && first.type !== 'ObjectExpression')
        yield draft('copy.assign', 0.4, '`Object.assign` changes its first argument.', insert(first.start, '{}, '));
    }
  }
  if (!/^(Identifier|MemberExpression)$/.test(node.type) || !isValue(node, parent)) return;
  const text = facts.textOf(node);
  const prior = /^(VariableDeclarator|AssignmentExpression|ReturnStatement|Property)$/.test(parent.type) ? 0.14 : 0.06;
  yield draft('copy.list', prior, `${shown(text)} is shared where a copy is meant.`, replace(node, `[...${text}]`));
  const object = parent.type === 'ArrowFunctionExpression' ? `({ ...${text} })` : `{ ...${text} }`;
  yield draft('copy.object', prior, `${shown(text)} is shared where a copy is meant.`, replace(node, object));
  yield draft('wrap.list', 0.06, `${shown(text)} should be a list of one.`, replace(node, `[${text}]`));
}

/** Spread and rest, forgotten or too much; elements of a literal swapped or left out. */
export function* elements(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (node.type === 'SpreadElement') {
    const parent = facts.tree.parents.get(node);
    const inside = nodeIn(node, 'argument');
    if (inside && parent?.type === 'ArrayExpression')
      yield draft(
        'spread.drop',
        0.15,
        `${shown(facts.textOf(inside))} should stay one element.`,
        replace(node, facts.textOf(inside)),
      );
  }
  if (node.type !== 'ArrayExpression' && node.type !== 'ObjectExpression') return;
  const list = nodesIn(node, node.type === 'ArrayExpression' ? 'elements' : 'properties');
  for (let index = 0; index + 1 < list.length && index < 8; index++) {
    const [first, second] = [list[index], list[index + 1]];
    if (!first || !second) continue;
    const matters =
      node.type === 'ArrayExpression' || first.type === 'SpreadElement' || second.type === 'SpreadElement';
    if (matters)
      yield draft(
        'element.swap',
        node.type === 'ArrayExpression' ? 0.18 : 0.35,
        `Two parts of ${shown(facts.textOf(node))} are in the wrong order.`,
        replace(first, facts.textOf(second)),
        replace(second, facts.textOf(first)),
      );
  }
  if (node.type === 'ArrayExpression') {
    for (const item of list.slice(0, 6)) {
      if (/^(Identifier|MemberExpression|CallExpression)$/.test(item.type))
        yield draft('spread.add', 0.15, `${shown(facts.textOf(item))} should be spread.`, insert(item.start, '...'));
    }
  }
}
