import { type Draft, type Place, replacing, type Template } from '../place.ts';
import { descend, field, parts, type SyntaxNode } from '../syntax.ts';
import { likely } from './guards.ts';

/** Code that cannot have been meant as it stands: a value that is thrown away, a fixed condition, a return of nothing. */
export const smells: Template = function* (place) {
  yield* thrownAway(place);
  yield* fixedCondition(place);
  yield* emptyReturn(place);
};

/** A name or an attribute alone does nothing: it, or one of its methods, should be called. */
function* thrownAway(place: Place): Generator<Draft> {
  const node = place.statement;
  const value = node.type === 'expression_statement' ? parts(node)[0] : undefined;
  if (!value || !/^(?:identifier|attribute)$/.test(value.type)) return;
  const text = place.code(value);
  const made = (next: string, prior: number) =>
    replacing(place, value, next, 'missing-call', prior, '{old} alone does nothing; this calls {new}.');
  yield made(`${text}()`, 0.35);
  const known = place.scope.methods.get(text) ?? [];
  const names = [...new Set([...known, ...place.scope.bareMethods])].slice(0, 12);
  for (const [rank, name] of names.entries()) yield made(`${text}.${name}()`, 0.12 / (1 + rank * 0.15));
}

/** A condition that is always the same should ask for something. */
function* fixedCondition(place: Place): Generator<Draft> {
  const { statement: node } = place;
  const owner = place.scope.owner;
  const condition = field(node, 'condition');
  if (!owner || !condition || !/^(?:if_statement|elif_clause)$/.test(node.type)) return;
  if (!/^(?:true|false|integer|none)$/.test(condition.type)) return;
  for (const [rank, [text, prior]] of likely(place, node, owner).entries()) {
    const explanation = 'The condition is fixed to {old}; this makes it {new}.';
    yield replacing(place, condition, text, 'missing-condition', (prior * 2.5) / (1 + rank * 0.1), explanation);
  }
}

/** A bare return in a function that has computed something hands back what was assigned last. */
function* emptyReturn(place: Place): Generator<Draft> {
  const { statement: node } = place;
  const owner = place.scope.owner;
  if (node.type !== 'return_statement' || parts(node)[0] || !owner) return;
  for (const [rank, name] of lastAssigned(place, owner).slice(0, 8).entries()) {
    const explanation = 'Nothing is handed back; this makes it {new}.';
    yield replacing(place, node, `return ${name}`, 'wrong-return', 0.14 / (1 + rank * 0.3), explanation);
  }
}

function lastAssigned(place: Place, owner: SyntaxNode): string[] {
  const found = new Map<string, number>();
  for (const part of descend(owner)) {
    if (part.start >= place.statement.start) continue;
    const left = /^(?:assignment|augmented_assignment|for_statement|named_expression)$/.test(part.type)
      ? (field(part, 'left') ?? field(part, 'name'))
      : null;
    for (const name of left ? place.code(left).split(/\s*,\s*/) : []) {
      if (/^(?:self\.)?\w+$/.test(name)) found.set(name, part.start);
    }
  }
  for (const name of place.scope.parameters) if (!/^(?:self|cls)$/.test(name) && !found.has(name)) found.set(name, 0);
  return [...found].sort((one, other) => other[1] - one[1]).map(([name]) => name);
}
