import type { FileFacts } from '../facts.ts';
import { functionOf, nameOf, nodeIn, type SyntaxNode } from '../syntax.ts';
import { type Draft, draft, insert, operand, replace, shown } from './template.ts';

/** True for the test of a branch or loop, and for the operands of `&&`, `||` and `!` inside one. */
function isCondition(node: SyntaxNode, facts: FileFacts): boolean {
  const parent = facts.tree.parents.get(node);
  if (!parent) return false;
  if (/^(If|While|DoWhile|For)Statement$|^ConditionalExpression$/.test(parent.type)) return parent['test'] === node;
  if (parent.type === 'LogicalExpression' && parent['operator'] !== '??') return true;
  return parent.type === 'ParenthesizedExpression' && isCondition(parent, facts);
}

/** Negates, drops and joins conditions. */
export function* conditions(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const text = facts.textOf(node);
  if (node.type === 'LogicalExpression') {
    const [left, right] = [nodeIn(node, 'left'), nodeIn(node, 'right')];
    if (left && right) {
      yield draft(
        'condition.drop',
        0.4,
        `${shown(facts.textOf(right))} should not be part of the condition.`,
        replace(node, facts.textOf(left)),
      );
      yield draft(
        'condition.drop',
        0.4,
        `${shown(facts.textOf(left))} should not be part of the condition.`,
        replace(node, facts.textOf(right)),
      );
      if (right.type === 'LogicalExpression' || left.type === 'LogicalExpression')
        yield* regroup(node, left, right, facts);
    }
  }
  const returned = ['ReturnStatement', 'ArrowFunctionExpression'].includes(facts.tree.parents.get(node)?.type ?? '');
  const booleanLike =
    /^(LogicalExpression|BinaryExpression)$/.test(node.type) &&
    /^([<>]=?|[!=]==?|&&|\|\||in|instanceof)$/.test(String(node['operator']));
  if (!isCondition(node, facts) && !(returned && (booleanLike || node.type === 'CallExpression'))) return;
  if (node.type === 'UnaryExpression' && node['operator'] === '!') return;
  if (node.type !== 'BinaryExpression') {
    yield draft(
      'condition.negate',
      0.45,
      `The condition ${shown(text)} should be the other way round.`,
      replace(node, `!${operand(node, facts)}`),
    );
  }
  const parent = facts.tree.parents.get(node);
  if (parent && parent.type !== 'LogicalExpression') yield* widened(node, facts);
}

/** A boolean that is computed first and tested later. */
export function* storedConditions(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const parent = facts.tree.parents.get(node);
  const stored =
    (parent?.type === 'VariableDeclarator' && parent['init'] === node) ||
    (parent?.type === 'AssignmentExpression' && parent['right'] === node && parent['operator'] === '=');
  if (!stored) return;
  const called =
    node.type === 'CallExpression' &&
    /(^|\.)(is|has|can|should|includes|test|startsWith|endsWith|every|some)/.test(
      facts.textOf(nodeIn(node, 'callee') ?? node),
    );
  const compared =
    node.type === 'BinaryExpression' && /^([<>]=?|[!=]==?|in|instanceof)$/.test(String(node['operator']));
  if (called || compared) yield* widened(node, facts);
  if (called)
    yield draft(
      'condition.negate',
      0.3,
      `${shown(facts.textOf(node))} should be the other way round.`,
      insert(node.start, '!'),
    );
}

function* regroup(node: SyntaxNode, left: SyntaxNode, right: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const inner = left.type === 'LogicalExpression' ? left : null;
  const innerRight = inner && nodeIn(inner, 'right');
  if (innerRight && inner['operator'] !== node['operator']) {
    yield draft(
      'condition.group',
      0.3,
      `The last two parts of ${shown(facts.textOf(node))} belong together.`,
      insert(innerRight.start, '('),
      insert(right.end, ')'),
    );
  }
  const innerLeft = right.type === 'LogicalExpression' ? nodeIn(right, 'left') : null;
  if (innerLeft && right['operator'] !== node['operator']) {
    yield draft(
      'condition.group',
      0.3,
      `The first two parts of ${shown(facts.textOf(node))} belong together.`,
      insert(left.start, '('),
      insert(innerLeft.end, ')'),
    );
  }
}

/** A comparison needs no parentheses beside `&&` and `||`. */
function operandOf(node: SyntaxNode, facts: FileFacts): string {
  return node.type === 'BinaryExpression' || node.type === 'UnaryExpression'
    ? facts.textOf(node)
    : operand(node, facts);
}

/** Adds a condition that the names in scope, or another branch of the function, suggest. */
function* widened(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const text = facts.textOf(node);
  const within = functionOf(facts.tree, node);
  const here = operand(node, facts);
  const seen = new Set<string>([text]);
  const parts: [string, number][] = [];
  for (const other of facts.conditions) {
    if (other === node || !facts.fits(facts.textOf(other), node)) continue;
    const weight = functionOf(facts.tree, other) === within ? 0.12 : 0.07;
    const pieces = other.type === 'LogicalExpression' ? [nodeIn(other, 'left'), nodeIn(other, 'right')] : [other];
    for (const piece of pieces) {
      if (!piece) continue;
      const negated = piece.type === 'UnaryExpression' && piece['operator'] === '!' ? nodeIn(piece, 'argument') : null;
      parts.push([operandOf(piece, facts), weight]);
      parts.push([negated ? facts.textOf(negated) : `!${operand(piece, facts)}`, weight]);
    }
  }
  for (const { name, kind, distance } of facts.scopeAt(node)) {
    if (distance > 3 || !['parameter', 'variable', 'constant'].includes(kind)) continue;
    const used = new RegExp(`(?<![\\w$.])${name.replaceAll('$', '\\$')}(?![\\w$])`).test(text);
    const weight = used ? 0.22 : kind === 'parameter' ? 0.12 : 0.06;
    parts.push([name, weight], [`!${name}`, weight], [`${name} != null`, weight], [`${name} === null`, weight * 0.8]);
    parts.push(
      [`typeof ${name} === 'object'`, weight * 0.6],
      [`Array.isArray(${name})`, weight * 0.7],
      [`typeof ${name} === 'string'`, weight * 0.5],
    );
    parts.push(
      [`${name} === 0`, weight * 0.6],
      [`${name} === ''`, weight * 0.4],
      [`${name}.length > 0`, weight * 0.5],
      [`${name}.length === 0`, weight * 0.5],
      [`Number.isNaN(${name})`, weight * 0.6],
      [`${name} !== ${name}`, weight * 0.1],
      [`${name} < 0`, weight * 0.5],
      [`${name} > 0`, weight * 0.5],
    );
  }
  for (const [part, weight] of parts) {
    if (weight < 0.03 || seen.has(part)) continue;
    seen.add(part);
    const negative = /^!|!= null|> 0$|=== '(object|string)'|Array/.test(part);
    yield draft(
      'condition.and',
      weight * (negative ? 1.2 : 0.8),
      `${shown(text)} must hold only together with ${shown(part)}.`,
      replace(node, `${here} && ${part}`),
    );
    yield draft(
      'condition.or',
      weight * (negative ? 0.8 : 1.2),
      `${shown(part)} is missing as another case of ${shown(text)}.`,
      replace(node, `${here} || ${part}`),
    );
  }
}

/** `typeof x === 'object'` is true for null. */
export function* typeChecks(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (node.type !== 'BinaryExpression' || !/^[!=]==?$/.test(String(node['operator']))) return;
  const [left, right] = [nodeIn(node, 'left'), nodeIn(node, 'right')];
  if (!left || !right) return;
  const text = facts.textOf(node);
  const positive = String(node['operator']).startsWith('=');
  if (left.type === 'UnaryExpression' && left['operator'] === 'typeof' && right.type === 'Literal') {
    const value = nodeIn(left, 'argument');
    if (!value) return;
    const subject = facts.textOf(value);
    if (right['value'] === 'object') {
      const joined = positive ? `${text} && ${subject} !== null` : `(${text} || ${subject} === null)`;
      yield draft(
        'typeof.null',
        0.6,
        `\`typeof\` null is 'object' too.`,
        replace(node, positive ? `(${joined})` : joined),
      );
      yield draft(
        'typeof.array',
        0.3,
        `An array is an object too.`,
        replace(node, positive ? `(${text} && !Array.isArray(${subject}))` : `(${text} || Array.isArray(${subject}))`),
      );
    }
    for (const other of ['string', 'number', 'object', 'function', 'undefined', 'boolean', 'bigint', 'symbol']) {
      if (other !== right['value'])
        yield draft(
          'typeof.other',
          0.15,
          `The type asked for in ${shown(text)} should be '${other}'.`,
          replace(right, `'${other}'`),
        );
    }
  }
  for (const [self, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const subject = facts.textOf(other);
    const no = positive ? '' : '!';
    if (nameOf(self) === 'NaN')
      yield draft('nan.compare', 0.8, 'Nothing equals NaN.', replace(node, `${no}Number.isNaN(${subject})`));
    if (self.type === 'Literal' && self['value'] === null && String(node['operator']).length === 3) {
      yield draft(
        'null.undefined',
        0.4,
        `${shown(text)} leaves out undefined.`,
        replace(node, `${subject} ${positive ? '==' : '!='} null`),
      );
    }
    if (nameOf(self) === 'undefined' && String(node['operator']).length === 3) {
      yield draft(
        'null.undefined',
        0.4,
        `${shown(text)} leaves out null.`,
        replace(node, `${subject} ${positive ? '==' : '!='} null`),
      );
    }
  }
  if (
    /^(Identifier|MemberExpression)$/.test(left.type) &&
    /^(Identifier|MemberExpression)$/.test(right.type) &&
    positive
  ) {
    yield draft(
      'nan.same',
      0.15,
      'Two NaN are not equal.',
      replace(node, `Object.is(${facts.textOf(left)}, ${facts.textOf(right)})`),
    );
  }
}

/** A truthiness test that is wrong for 0, '' or empty lists, and the other way round. */
export function* truthiness(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (!/^(Identifier|MemberExpression|CallExpression)$/.test(node.type)) return;
  const parent = facts.tree.parents.get(node);
  const negated = parent?.type === 'UnaryExpression' && parent['operator'] === '!';
  const place = negated ? parent : node;
  if (!isCondition(place, facts)) return;
  const text = facts.textOf(node);
  for (const [positive, negative, prior] of [
    [`${text} !== undefined`, `${text} === undefined`, 0.45],
    [`${text} != null`, `${text} == null`, 0.4],
    [`${text}.length > 0`, `${text}.length === 0`, 0.25],
    [`typeof ${text} === 'function'`, `typeof ${text} !== 'function'`, 0.15],
    [`typeof ${text} === 'string'`, `typeof ${text} !== 'string'`, 0.15],
    [`typeof ${text} === 'number'`, `typeof ${text} !== 'number'`, 0.15],
    [`Array.isArray(${text})`, `!Array.isArray(${text})`, 0.15],
    [`!Number.isNaN(${text})`, `Number.isNaN(${text})`, 0.12],
    [`${text} > 0`, `${text} <= 0`, 0.15],
    [`${text} >= 0`, `${text} < 0`, 0.25],
    [`${text} !== -1`, `${text} === -1`, 0.25],
  ] as const) {
    yield draft(
      'condition.truthiness',
      prior,
      `${shown(facts.textOf(place))} mistakes falsy values.`,
      replace(place, negated ? negative : positive),
    );
  }
}

/** Swaps the values or the bodies of a branch. */
export function* branches(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (node.type !== 'ConditionalExpression' && node.type !== 'IfStatement') return;
  const [test, yes, no] = [nodeIn(node, 'test'), nodeIn(node, 'consequent'), nodeIn(node, 'alternate')];
  if (!test || !yes) return;
  if (no && no.type !== 'IfStatement') {
    yield draft(
      'branch.swap',
      0.35,
      `The two outcomes of ${shown(facts.textOf(test))} are swapped.`,
      replace(yes, facts.textOf(no)),
      replace(no, facts.textOf(yes)),
    );
  }
  if (node.type === 'ConditionalExpression' && no) {
    yield draft(
      'branch.only',
      0.15,
      `The outcome should not depend on ${shown(facts.textOf(test))}.`,
      replace(node, facts.textOf(yes)),
    );
    yield draft(
      'branch.only',
      0.15,
      `The outcome should not depend on ${shown(facts.textOf(test))}.`,
      replace(node, facts.textOf(no)),
    );
    return;
  }
  if (node.type === 'IfStatement') {
    if (no && no.type !== 'IfStatement') yield* conditionalElse(node, yes, no, facts);
    yield draft('branch.always', 0.1, `The branch should not depend on ${shown(facts.textOf(test))}.`, {
      start: node.start,
      end: no ? node.end : yes.start,
      text: no ? facts.textOf(yes) : '',
    });
    yield draft(
      'loop.while',
      0.15,
      `${shown(facts.textOf(test))} must be handled as often as it holds.`,
      ...(no ? [] : [{ start: node.start, end: node.start + 2, text: 'while' }]),
    );
  }
}

/** An `else` that should depend on a condition which the file knows. */
function* conditionalElse(node: SyntaxNode, yes: SyntaxNode, no: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  const own = nodeIn(node, 'test');
  const seen = new Set<string>();
  for (const condition of facts.conditions) {
    const text = facts.textOf(condition);
    if (condition === own || seen.has(text) || !facts.fits(text, node)) continue;
    seen.add(text);
    const why = `The second part should happen only if ${shown(text)}.`;
    yield draft('branch.else-if', 0.1, why, { start: yes.end, end: no.start, text: ` else if (${text}) ` });
  }
}
