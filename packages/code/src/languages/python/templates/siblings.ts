import { after, before, brief, type Draft, ownsItsLines, type Place, type Template } from '../place.ts';
import { ancestor, descend, field, isSimple, parts, type SyntaxNode } from '../syntax.ts';
import { block, isDocstring, within } from './blocks.ts';
import { visible } from './mined.ts';

const leaving = /^(?:return_statement|raise_statement|break_statement|continue_statement)$/;
const compound = /_clause$|^(?:function_definition|class_definition|import_statement|import_from_statement)$/;
const mostCopies = 10;

/** Statements that are missing here and that a similar place has: another method, another branch, another function. */
export const siblings: Template = function* (place) {
  const node = place.statement;
  const owner = place.scope.owner;
  if (owner?.type !== 'function_definition' || node === owner || compound.test(node.type)) return;
  if ((!ownsItsLines(place, node) && isSimple(node)) || isDocstring(node)) return;
  yield* keptParameters(place, owner);
  yield* missingNames(place);
  yield* otherMethods(place, owner);
  yield* otherBranches(place);
};

function insertion(
  place: Place,
  text: string,
  where: 'before' | 'after',
  template: string,
  prior: number,
  why: string,
) {
  const node = place.statement;
  const edit = where === 'before' ? before(place, node, [text]) : after(place, node, [text]);
  return {
    template,
    // A branch that says it does nothing is where something was forgotten.
    prior: node.type === 'pass_statement' ? prior * 2 : prior,
    edits: [edit],
    explanation: `A statement is missing ${where} ${brief(place.code(node).split('\n')[0] ?? '')}: ${brief(text)} ${why}`,
  } satisfies Draft;
}

/** Before the statement, and after it where control gets there and it is the last one of its block. */
function wheres(place: Place): readonly ('before' | 'after')[] {
  const node = place.statement;
  const last = isSimple(node) && !leaving.test(node.type) && block(node).at(-1) === node;
  return last ? ['before', 'after'] : ['before'];
}

/** A parameter that the class reads as an attribute and this method never keeps. */
function* keptParameters(place: Place, owner: SyntaxNode): Generator<Draft> {
  const type = ancestor(owner, 'class_definition');
  const own = place.scope.parameters[0];
  if (!type || own === undefined || !/^(?:self|cls)$/.test(own)) return;
  const inClass = attributesOf(place, type, own);
  const set = new Set(assignedIn(place, owner));
  const demanded = new Set(
    [...place.ingredients.messages.matchAll(/has no attribute '(\w+)'/g)].map((match) => match[1]),
  );
  const ownName = place.scope.ownerName ?? '';
  for (const name of place.scope.parameters.slice(1)) {
    for (const attribute of [`_${ownName}`, `_${ownName.replace(/^set_/, '')}`, name, `_${name}`, `__${name}`]) {
      if (!inClass.has(attribute) || set.has(`${own}.${attribute}`)) continue;
      const wanted = demanded.has(attribute) ? 0.5 : place.scope.unused.has(name) ? 0.12 : 0.04;
      for (const where of wheres(place)) {
        yield insertion(place, `${own}.${attribute} = ${name}`, where, 'missing-attribute-update', wanted, 'is added.');
      }
    }
  }
}

/** A name that a message says has no value, given the one it gets in other functions. */
function* missingNames(place: Place): Generator<Draft> {
  const named = place.ingredients.messages.matchAll(/(?:local variable|name) '(\w+)'/g);
  for (const name of new Set([...named].map((match) => match[1] ?? ''))) {
    if (!place.nodes.some((node) => node.type === 'identifier' && place.code(node) === name)) continue;
    let rank = 0;
    for (const text of assignmentsTo(place, name)) {
      yield insertion(place, text, 'before', 'missing-initialisation', 0.4 / (1 + rank * 0.3), 'is made elsewhere.');
      rank += 1;
      if (rank >= mostCopies) break;
    }
  }
}

function* assignmentsTo(place: Place, name: string): Generator<string> {
  const seen = new Set<string>();
  for (const node of nearest(place, descend(place.root))) {
    if (node.type !== 'assignment' || node.startLine !== node.endLine) continue;
    const left = field(node, 'left');
    const right = field(node, 'right');
    if (!left || !right || place.code(left) !== name || !visible(place, right)) continue;
    const text = place.code(node);
    if (!seen.has(text)) yield text;
    seen.add(text);
  }
}

/** What other methods of the class do to their object and this one does not. */
function* otherMethods(place: Place, owner: SyntaxNode): Generator<Draft> {
  const around = ancestor(owner, 'class_definition') ?? place.root;
  const here = new Set([...descend(owner)].filter(isSimple).map((node) => place.code(node)));
  const found = new Map<string, number>();
  for (const node of nearest(place, descend(around))) {
    if (node.type !== 'expression_statement' || node.startLine !== node.endLine || isDocstring(node)) continue;
    const text = place.code(node);
    if (here.has(text) || text.length > 80 || !parts(node)[0] || !visible(place, node)) continue;
    const value = parts(node)[0];
    const changes = value !== undefined && /^(?:assignment|augmented_assignment)$/.test(value.type);
    const onObject = /^(?:self|cls)\./.test(text);
    if (!changes && value?.type !== 'call') continue;
    found.set(text, (found.get(text) ?? 0) + (onObject ? 2 : 1));
    // What goes up in one place comes down in another.
    const other = text.replace(/ ([+-])= /, (_, sign: string) => ` ${sign === '+' ? '-' : '+'}= `);
    if (other !== text && !here.has(other)) found.set(other, (found.get(other) ?? 0) + 1);
  }
  let rank = 0;
  for (const [text, weight] of [...found].sort((one, other) => other[1] - one[1]).slice(0, mostCopies)) {
    for (const where of wheres(place)) {
      const prior = (0.015 + 0.006 * Math.min(4, weight)) / (1 + rank * 0.2);
      yield insertion(place, text, where, 'insert-sibling', prior, 'is done in a similar function.');
    }
    rank += 1;
  }
}

/** A statement of another branch of the same decision whose target this branch leaves alone. */
function* otherBranches(place: Place): Generator<Draft> {
  const node = place.statement;
  const body = node.parent;
  const whole = body ? ancestor(body, 'if_statement', 'try_statement', 'match_statement') : null;
  if (!body || !whole || body === whole) return;
  const own = new Set(assignedIn(place, body));
  const others = [...descend(whole)].filter(
    (part) => part.type === 'block' && part !== body && isBranchOf(part, whole),
  );
  const seen = new Set<string>();
  for (const other of others) {
    for (const statement of within(other)) {
      const text = place.code(statement);
      if (!isSimple(statement) || statement.startLine !== statement.endLine || seen.has(text) || text.length > 80)
        continue;
      seen.add(text);
      const targets = assignedIn(place, statement);
      const missing = targets.length > 0 && targets.every((name) => !own.has(name));
      if (!missing && parts(statement)[0]?.type !== 'call') continue;
      if (!visible(place, statement) || within(body).some((mine) => place.code(mine) === text)) continue;
      for (const where of wheres(place)) {
        yield insertion(place, text, where, 'insert-sibling', missing ? 0.05 : 0.03, 'is done in another branch.');
      }
    }
  }
}

function isBranchOf(part: SyntaxNode, whole: SyntaxNode): boolean {
  return part.parent === whole || part.parent?.parent === whole;
}

/** Names and attributes that are assigned below a node. */
function assignedIn(place: Place, node: SyntaxNode): string[] {
  return [...descend(node)]
    .filter((part) => /^(?:assignment|augmented_assignment)$/.test(part.type))
    .flatMap((part) => {
      const left = field(part, 'left');
      return left ? place.code(left).split(/\s*,\s*/) : [];
    });
}

function attributesOf(place: Place, type: SyntaxNode, own: string): Set<string> {
  const found = new Set<string>();
  for (const part of descend(type)) {
    if (part.type !== 'attribute') continue;
    const [object, attribute] = [field(part, 'object'), field(part, 'attribute')];
    if (object && attribute && place.code(object) === own) found.add(place.code(attribute));
  }
  return found;
}

function nearest(place: Place, nodes: readonly SyntaxNode[]): SyntaxNode[] {
  const line = place.statement.startLine;
  return nodes
    .filter((node) => isSimple(node) || node.type === 'assignment')
    .sort((one, other) => Math.abs(one.startLine - line) - Math.abs(other.startLine - line) || one.start - other.start)
    .slice(0, 400);
}
