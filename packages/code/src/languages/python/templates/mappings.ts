import { type Draft, type Place, replacing, type Template } from '../place.ts';
import { field, parts, type SyntaxNode } from '../syntax.ts';

/** Functions that go through what they are given. */
const goesThrough =
  /^(?:sum|max|min|sorted|list|tuple|set|any|all|enumerate|map|filter|zip|frozenset)$|\.join$|\.extend$/;

/** A dictionary that is gone through gives its keys; its values or its pairs were meant. */
export const mappings: Template = function* (place) {
  for (const node of place.nodes) {
    if (!/^(?:identifier|attribute|subscript)$/.test(node.type) || !isGoneThrough(place, node)) continue;
    const known = isMapping(place, place.code(node));
    yield* asked(place, node, 'values', known ? 0.25 : 0.03);
    yield* asked(place, node, 'items', (known ? 0.1 : 0.015) * (takesPairs(node) ? 3 : 1));
  }
};

function* asked(place: Place, node: SyntaxNode, method: string, prior: number): Generator<Draft> {
  const explanation = `Going through {old} gives its keys; this takes its ${method}: {new}.`;
  yield replacing(place, node, `${place.code(node)}.${method}()`, 'missing-call', prior, explanation);
}

function isGoneThrough(place: Place, node: SyntaxNode): boolean {
  const { parent } = node;
  if (!parent) return false;
  if (/^(?:for_statement|for_in_clause)$/.test(parent.type)) return node.field === 'right';
  const called = parent.type === 'argument_list' && parent.parent ? field(parent.parent, 'function') : null;
  return called !== null && goesThrough.test(place.code(called));
}

/** True when the file makes a dictionary of it, in whatever function. */
function isMapping(place: Place, text: string): boolean {
  if (place.scope.kinds.get(text)?.has('mapping')) return true;
  const name = text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const made = String.raw`(?:\{\s*\}|\{[^}\n]*:|dict\(|(?:collections\.)?(?:defaultdict|OrderedDict|Counter)\()`;
  return new RegExp(String.raw`(?<![\w.])${name}\s*(?::[^=\n]+)?=\s*${made}`).test(place.text);
}

function takesPairs(node: SyntaxNode): boolean {
  const target = node.parent && field(node.parent, 'left');
  return target !== null && /^(?:pattern_list|tuple_pattern)$/.test(target.type) && parts(target).length === 2;
}
