import { brief, type Draft, type Place, replacing, type Template } from '../place.ts';
import { ancestor, descend, field, type SyntaxNode } from '../syntax.ts';

/** Another variable, attribute or function in the place of the one that is used. */
export const names: Template = function* (place) {
  for (const node of place.nodes) {
    if (node.type === 'identifier') yield* renamed(place, node);
    else if (node.type === 'attribute' && !isCalled(node)) yield* attributed(place, node);
  }
};

function isCalled(node: SyntaxNode): boolean {
  return node.parent?.type === 'call' && node.field === 'function';
}

/** True for an identifier that reads a variable: no keyword, no attribute name, no parameter, no import. */
export function readsVariable(node: SyntaxNode): boolean {
  const parent = node.parent;
  if (node.type !== 'identifier' || !parent) return false;
  if (parent.type === 'attribute' && node.field === 'attribute') return false;
  if (parent.type === 'keyword_argument' && node.field === 'name') return false;
  if (/^(?:list_splat_pattern|dictionary_splat_pattern)$/.test(parent.type) && ancestor(node, 'parameters'))
    return false;
  if (
    /^(?:parameters|default_parameter|typed_parameter|lambda_parameters|dotted_name|type|global_statement|nonlocal_statement|aliased_import|function_definition|class_definition|decorator|as_pattern_target|for_in_clause)$/.test(
      parent.type,
    )
  ) {
    return (
      (parent.type === 'default_parameter' && node.field === 'value') ||
      (parent.type === 'for_in_clause' && node.field === 'right')
    );
  }
  return true;
}

function* renamed(place: Place, node: SyntaxNode): Generator<Draft> {
  if (!readsVariable(node)) return;
  const name = place.code(node);
  const target =
    node.field === 'left' && /^(?:assignment|augmented_assignment|for_statement)$/.test(node.parent?.type ?? '');
  const { scope } = place;
  if (isCalled(node)) {
    if (!scope.callables.includes(name)) return;
    let rank = 0;
    for (const other of scope.callables
      .filter((entry) => entry !== name)
      .sort(nearest(name))
      .slice(0, 6)) {
      yield replacing(
        place,
        node,
        other,
        'wrong-function',
        0.06 / (1 + rank),
        `\`${name}\` is called where another function is meant; this calls {new}.`,
      );
      rank += 1;
    }
    return;
  }
  const kinds = scope.kinds.get(name);
  const others = scope.variables.filter((other) => other !== name);
  const ranked = others
    .map((other, index) => {
      const theirs = scope.kinds.get(other);
      const alike = kinds && theirs ? ([...kinds].some((kind) => theirs.has(kind)) ? 1.4 : 0.4) : 1;
      const inside = scope.locals.has(other) ? 1 : 0.25;
      const similar = similarity(name, other) > 0.5 ? 1.5 : 1;
      const forgotten = scope.unused.has(other) ? 2 : 1;
      const object = node.parent?.type === 'attribute' && !scope.attributes.has(other) ? 0.5 : 1;
      return { other, weight: (alike * inside * similar * object * forgotten) / (1 + index * 0.12) };
    })
    .sort((a, b) => b.weight - a.weight)
    .slice(0, 8);
  for (const { other, weight } of ranked) {
    const prior = Math.min(0.16, 0.1 * weight) * (target ? 0.35 : 1);
    yield replacing(
      place,
      node,
      other,
      'wrong-variable',
      prior,
      `\`${place.code(node.parent ?? node).slice(0, 60)}\` uses the variable {old}; this uses {new} instead.`,
    );
  }
  if (target) return;
  // A member of the variable that is used elsewhere, and the attribute of self with the same name.
  for (const member of (scope.attributes.get(name) ?? []).slice(0, 3)) {
    if (node.parent?.type !== 'attribute')
      yield replacing(
        place,
        node,
        `${name}.${member}`,
        'missing-attribute',
        0.03,
        '{old} stands where its member {new} is meant.',
      );
  }
  if ((scope.attributes.get('self') ?? []).includes(name)) {
    yield replacing(
      place,
      node,
      `self.${name}`,
      'missing-self',
      0.12,
      '{old} is not the attribute of the object; this uses {new}.',
    );
  }
}

function* attributed(place: Place, node: SyntaxNode): Generator<Draft> {
  const object = field(node, 'object');
  const member = field(node, 'attribute');
  if (!object || !member) return;
  const name = place.code(member);
  const own = (place.scope.attributes.get(place.code(object)) ?? []).filter((other) => other !== name);
  const everywhere = [...new Set([...place.scope.attributes.values()].flat())].filter(
    (other) => other !== name && !own.includes(other),
  );
  let rank = 0;
  for (const other of [
    ...own.slice(0, 6),
    ...everywhere.filter((entry) => similarity(entry, name) > 0.4).slice(0, 3),
  ]) {
    yield replacing(
      place,
      member,
      other,
      'wrong-attribute',
      0.12 / (1 + rank * 0.35),
      `\`${place.code(node)}\` reads the wrong attribute; this reads {new}.`,
    );
    rank += 1;
  }
  const isTarget = node.field === 'left';
  if (!isTarget)
    yield replacing(
      place,
      node,
      place.code(object),
      'drop-attribute',
      0.04,
      '{old} goes one member too deep; this uses {new}.',
    );
  if (place.code(object) === 'self' && place.scope.variables.includes(name)) {
    yield replacing(place, node, name, 'drop-self', 0.1, '{old} is not the variable of that name; this uses {new}.');
  }
}

/** Another element: a subscript dropped or added, keys and indexes exchanged. */
export const elements: Template = function* (place) {
  for (const node of place.nodes) {
    if (node.type !== 'subscript') continue;
    const value = field(node, 'value');
    const index = field(node, 'subscript');
    if (!value || !index || node.field === 'left') continue;
    yield replacing(
      place,
      node,
      place.code(value),
      'drop-index',
      0.03,
      '{old} takes an element where the whole is meant; this uses {new}.',
    );
    if (index.type === 'integer' && place.code(index) === '0') {
      yield replacing(
        place,
        index,
        '-1',
        'wrong-constant',
        0.1,
        `\`${place.code(node)}\` takes the first element; this takes the last.`,
      );
    }
    if (index.type !== 'slice' && !/^(?:integer|unary_operator)$/.test(index.type)) {
      for (const fallback of ['', ', 0', ', []', ", ''"]) {
        yield replacing(
          place,
          node,
          `${place.code(value)}.get(${place.code(index)}${fallback})`,
          'missing-default',
          fallback === '' ? 0.03 : 0.012,
          '{old} fails for a missing key; this uses {new}.',
        );
      }
    }
    const indexes = node.children.filter((child) => child.field === 'subscript');
    if (indexes.length === 2 && indexes[0] && indexes[1]) {
      yield exchange(place, indexes[0], indexes[1]);
    }
    const outer = node.parent?.type === 'subscript' && node.field === 'value' ? field(node.parent, 'subscript') : null;
    if (outer) yield exchange(place, index, outer);
  }
};

function exchange(place: Place, a: SyntaxNode, b: SyntaxNode): Draft {
  return {
    template: 'swap-indexes',
    prior: 0.07,
    edits: [
      { start: a.start, end: a.end, text: place.code(b) },
      { start: b.start, end: b.end, text: place.code(a) },
    ],
    explanation: `The indexes ${brief(place.code(a))} and ${brief(place.code(b))} are exchanged; this swaps them.`,
  };
}

/** A name that an expression should be combined with. */
export const combinations: Template = function* (place) {
  for (const node of place.nodes) {
    const parent = node.parent;
    if (!parent) continue;
    const text = place.code(node);
    const simple = /^(?:identifier|attribute|call|subscript|binary_operator)$/.test(node.type);
    const standing =
      (parent.type === 'return_statement' && node.named) ||
      (parent.type === 'argument_list' && simple) ||
      (parent.type === 'assignment' && node.field === 'right') ||
      (parent.type === 'augmented_assignment' && node.field === 'right') ||
      parent.type === 'comparison_operator';
    if (!standing || !simple) continue;
    const kinds = place.scope.kinds.get(text);
    const number = kinds?.has('number') || node.type === 'binary_operator';
    const used = new Set(
      [...descend(node)].filter((part) => part.type === 'identifier').map((part) => place.code(part)),
    );
    const weight = parent.type === 'argument_list' ? 0.6 : 1;
    if (number || !kinds) {
      for (const name of place.scope.variables.slice(0, 8)) {
        if (used.has(name) || !place.scope.kinds.get(name)?.has('number') || !place.scope.locals.has(name)) continue;
        for (const [operator, prior] of [
          ['-', 0.03],
          ['+', 0.03],
          ['*', 0.012],
        ] as const) {
          const left = node.type === 'binary_operator' && operator === '*' ? `(${text})` : text;
          yield replacing(
            place,
            node,
            `${left} ${operator} ${name}`,
            'missing-operand',
            prior * weight * (number ? 1 : 0.5),
            '{old} leaves something out of account; this makes it {new}.',
          );
        }
      }
    } else if (kinds.has('sequence')) {
      for (const name of place.scope.variables.slice(0, 6)) {
        if (!used.has(name) && place.scope.kinds.get(name)?.has('sequence') && place.scope.locals.has(name)) {
          yield replacing(
            place,
            node,
            `${text} + ${name}`,
            'missing-operand',
            0.03 * weight,
            '{old} leaves a part out; this makes it {new}.',
          );
        }
      }
    }
    if (
      node.type === 'identifier' &&
      (kinds?.has('sequence') || kinds?.has('text')) &&
      parent.type !== 'comparison_operator'
    ) {
      for (const [suffix, prior] of [
        ['[1:]', 0.04],
        ['[:-1]', 0.02],
        ['[::-1]', 0.025],
        ['[0]', 0.015],
        ['[-1]', 0.015],
      ] as const) {
        yield replacing(
          place,
          node,
          `${text}${suffix}`,
          'missing-slice',
          prior,
          '{old} stands for the whole where a part is meant; this uses {new}.',
        );
      }
    }
  }
  // The elements of a list that a recursive function puts together.
  for (const node of place.nodes) {
    if (node.type !== 'list_comprehension' || node.parent?.type !== 'return_statement') continue;
    for (const name of place.scope.variables.slice(0, 5)) {
      if (place.scope.locals.has(name)) {
        yield replacing(
          place,
          node,
          `${name} + ${place.code(node)}`,
          'missing-operand',
          0.04,
          '{old} leaves a part out; this makes it {new}.',
        );
      }
    }
  }
};

/** Likeness of two names, 0..1: their words in common, or their letters' pairs. */
export function similarity(a: string, b: string): number {
  const words = (name: string) =>
    new Set(
      name
        .toLowerCase()
        .split(/_|(?=[A-Z])/)
        .filter(Boolean),
    );
  const [first, second] = [words(a), words(b)];
  const shared = [...first].filter((word) => second.has(word)).length;
  const pairs = (name: string) =>
    new Set(Array.from({ length: Math.max(name.length - 1, 0) }, (_, index) => name.slice(index, index + 2)));
  const [left, right] = [pairs(a.toLowerCase()), pairs(b.toLowerCase())];
  const common = [...left].filter((pair) => right.has(pair)).length;
  return Math.max(shared / Math.max(first.size, second.size, 1), (2 * common) / Math.max(left.size + right.size, 1));
}

function nearest(name: string): (a: string, b: string) => number {
  return (a, b) => similarity(b, name) - similarity(a, name) || (a < b ? -1 : 1);
}
