import { type Place, replacing, type Template } from '../place.ts';
import { ancestor, descend, parts, type SyntaxNode } from '../syntax.ts';

/** True for a generator: it can only end, not hand back a value. */
function yields(owner: SyntaxNode): boolean {
  const inside = (node: SyntaxNode) => !/^(?:function_definition|class_definition|lambda)$/.test(node.type);
  return owner.children.some(
    (child) => inside(child) && [...descend(child, inside)].some((node) => node.type === 'yield'),
  );
}

/** Values that the function returns elsewhere, and likely ones, most likely first. */
export function returned(place: Place): string[] {
  const owner = place.scope.owner;
  if (owner?.type !== 'function_definition') return [];
  if (yields(owner)) return [''];
  const found = new Map<string, number>();
  for (const node of descend(owner)) {
    if (node.type !== 'return_statement') continue;
    const value = parts(node)[0];
    const text = value ? place.code(value) : '';
    if (text.length < 60 && !text.includes('\n')) found.set(text, (found.get(text) ?? 0) + 2);
  }
  for (const name of place.scope.variables.slice(0, 4))
    if (place.scope.locals.has(name) && !found.has(name)) found.set(name, 1);
  const booleans = found.has('True') || found.has('False');
  for (const value of booleans ? ['True', 'False'] : ['None', '0', '[]', "''", 'self', 'False', 'True'])
    if (!found.has(value)) found.set(value, booleans ? 1 : 0);
  return [...found].sort((a, b) => b[1] - a[1]).map(([text]) => text);
}

/** The value that a return statement hands back, from what the function knows. */
export const returns: Template = function* (place) {
  const node = place.statement;
  if (node.type === 'return_statement') {
    const value = parts(node)[0];
    const old = value ? place.code(value) : '';
    let rank = 0;
    for (const other of new Set([...place.ingredients.values, ...returned(place)])) {
      if (other === old || other === '' || rank > 9) continue;
      yield replacing(
        place,
        node,
        `return ${other}`,
        'wrong-return',
        0.08 / (1 + rank * 0.3),
        '{old} hands back the wrong value; this makes it {new}.',
      );
      rank += 1;
    }
    if (!value) return;
    yield replacing(
      place,
      node,
      `yield ${old}`,
      'missing-yield',
      0.015,
      '{old} ends the generator; this yields the value.',
    );
    if (/^(?:true|false)$/.test(value.type) || value.type === 'none') {
      for (const name of place.scope.variables.slice(0, 5)) {
        const kinds = place.scope.kinds.get(name);
        if (kinds?.has('number'))
          for (const check of ['== 0', '> 0', '!= 0'])
            yield replacing(
              place,
              value,
              `${name} ${check}`,
              'wrong-return',
              check === '== 0' ? 0.06 : 0.03,
              'The outcome is fixed to {old}; this makes it depend on {new}.',
            );
      }
    }
    if (/^return (?:True|False|None)$/.test(place.code(node)) || value.type === 'identifier') {
      yield replacing(
        place,
        node,
        'continue',
        'wrong-jump',
        ancestor(node, 'for_statement', 'while_statement') ? 0.05 : 0,
        '{old} ends the loop too early; this goes on.',
      );
    }
  }
  if (/^(?:break_statement|continue_statement)$/.test(node.type)) {
    yield replacing(
      place,
      node,
      node.type === 'break_statement' ? 'continue' : 'break',
      'wrong-jump',
      0.3,
      '{old} leaves the loop in the wrong way; this makes it {new}.',
    );
    for (const value of returned(place).slice(0, 4))
      yield replacing(
        place,
        node,
        value === '' ? 'return' : `return ${value}`,
        'wrong-jump',
        0.06,
        '{old} leaves the loop in the wrong way; this makes it {new}.',
      );
  }
  if (node.type === 'pass_statement') {
    for (const value of returned(place).slice(0, 4))
      yield replacing(
        place,
        node,
        value === '' ? 'return' : `return ${value}`,
        'missing-return',
        0.1,
        'Nothing happens here; this makes it {new}.',
      );
    if (ancestor(node, 'for_statement', 'while_statement'))
      for (const jump of ['continue', 'break'])
        yield replacing(place, node, jump, 'wrong-jump', 0.1, 'Nothing happens here; this makes it {new}.');
    yield replacing(
      place,
      node,
      'raise',
      'missing-raise',
      ancestor(node, 'except_clause') ? 0.1 : 0,
      'The exception is swallowed; this raises it again.',
    );
  }
};
