import { type Draft, type Place, replacing, type Template } from '../place.ts';
import { descend, field, parts, type SyntaxNode } from '../syntax.ts';

/** A conversion, copy or limit around an expression, or one taken away. */
export const wrappers: Template = function* (place) {
  const nested = new Set(['conditional_expression', 'lambda', 'yield', 'generator_expression', 'list_splat']);
  for (const node of place.nodes) {
    const parent = node.parent;
    if (!parent || !node.named) continue;
    if (node.type === 'call') {
      const list = field(node, 'arguments');
      const called = place.code(field(node, 'function') ?? node);
      const only = list && list.type === 'argument_list' ? parts(list) : [];
      if (only[0] && !/^(?:keyword_argument|list_splat|dictionary_splat)$/.test(only[0].type)) {
        const conversion =
          /^(?:int|str|float|list|tuple|set|sorted|reversed|abs|bool|round|len|min|max|dict|iter|repr)$/.test(called);
        const own = called === place.scope.ownerName;
        yield replacing(
          place,
          node,
          place.code(only[0]),
          'drop-call',
          conversion ? 0.09 : own ? 0.06 : 0.025,
          '{old} should be plain {new}.',
        );
        if (only[1] && only.length === 2 && /^(?:min|max)$/.test(called))
          yield replacing(place, node, place.code(only[1]), 'drop-call', 0.06, '{old} should be plain {new}.');
      }
      const method = field(node, 'function');
      const object = method?.type === 'attribute' ? field(method, 'object') : null;
      if (object && place.code(object) !== 'self' && parent.type !== 'expression_statement')
        yield replacing(place, node, place.code(object), 'drop-call', 0.05, '{old} should be plain {new}.');
    }
    const value =
      (parent.type === 'assignment' && node.field === 'right') ||
      (parent.type === 'augmented_assignment' && node.field === 'right') ||
      parent.type === 'return_statement' ||
      (parent.type === 'argument_list' && node.type !== 'keyword_argument') ||
      (parent.type === 'keyword_argument' && node.field === 'value') ||
      parent.type === 'comparison_operator' ||
      (parent.type === 'for_statement' && node.field === 'right') ||
      (parent.type === 'for_in_clause' && node.field === 'right') ||
      parent.type === 'binary_operator' ||
      (parent.type === 'subscript' && node.field === 'subscript' && node.type !== 'slice');
    if (!value || nested.has(node.type) || /^(?:string|true|false|none|integer|float)$/.test(node.type)) continue;
    const text = place.code(node);
    const kinds = place.scope.kinds.get(text);
    const beside = parent.type === 'binary_operator' && parent.children.some((child) => child.type === 'string');
    const weight =
      beside || parent.type === 'return_statement' || parent.type === 'assignment'
        ? 1
        : parent.type === 'binary_operator'
          ? 0.35
          : 0.6;
    const made = (next: string, prior: number): Draft =>
      replacing(place, node, next, 'missing-call', prior * weight, '{old} is used as it is; this makes it {new}.');
    const iterates = node.field === 'right' && parent.type.startsWith('for');
    const number = kinds?.has('number') || node.type === 'binary_operator';
    if (/^(?:comparison_operator|binary_operator)$/.test(parent.type) && /^(?:identifier|attribute)$/.test(node.type)) {
      const sides = parts(parent).filter((side) => side !== node);
      const counted = sides.some(
        (side) => /^len\(/.test(place.code(side)) || place.scope.kinds.get(place.code(side))?.has('number'),
      );
      if (counted && !kinds?.has('text')) yield made(`len(${text})`, kinds?.has('sequence') ? 0.12 : 0.06);
    }
    if (/^(?:assignment|return_statement)$/.test(parent.type) && /^(?:call|subscript|attribute)$/.test(node.type)) {
      yield* onlyIf(place, node);
    }
    if (!number || iterates) {
      for (const [call, prior] of [
        ['list', 0.04],
        ['sorted', 0.03],
        ['set', 0.02],
        ['tuple', 0.02],
        ['reversed', iterates ? 0.04 : 0.008],
        ['len', 0.015],
        ['enumerate', iterates ? 0.01 : 0],
      ] as const) {
        if (prior > 0 && !text.startsWith(`${call}(`)) yield made(`${call}(${text})`, prior);
      }
      if (kinds?.has('mapping')) yield made(`dict(${text})`, 0.05);
      if (/^[\w.]+$/.test(text) && (kinds?.has('sequence') || kinds?.has('mapping')))
        yield made(`${text}.copy()`, 0.03);
    }
    if (!iterates) {
      for (const [call, prior] of [
        ['str', 0.035],
        ['int', 0.035],
        ['abs', number ? 0.04 : 0.008],
        ['float', 0.015],
        ['bool', 0.012],
      ] as const) {
        if (!text.startsWith(`${call}(`)) yield made(`${call}(${text})`, prior);
      }
      if (number) {
        yield made(`max(0, ${text})`, 0.03);
        yield made(`max(1, ${text})`, 0.012);
        yield made(`round(${text})`, 0.012);
      }
      if (kinds?.has('text') || (!kinds && /^(?:identifier|call|subscript|attribute)$/.test(node.type))) {
        for (const method of ['strip', 'lower', 'upper'])
          yield made(`${text}.${method}()`, method === 'upper' ? 0.006 : 0.02);
      }
      if (parent.type === 'assignment' || parent.type === 'return_statement') {
        const target = field(parent, 'left');
        if (target?.type === 'identifier' && parent.type === 'assignment' && number) {
          for (const call of ['max', 'min']) yield made(`${call}(${place.code(target)}, ${text})`, 0.06);
        }
        for (const fallback of ["''", '[]', '0', '{}'])
          if (node.type !== 'binary_operator' && node.type !== 'comparison_operator')
            yield made(`${text} or ${fallback}`, 0.01);
        if (/^(?:identifier|call|attribute|subscript)$/.test(node.type)) yield made(`[${text}]`, 0.02);
      }
    }
    if (node.type === 'call' || node.type === 'identifier') {
      const owner = place.scope.owner;
      if (owner && owner.children[0]?.type === 'async') yield made(`await ${text}`, node.type === 'call' ? 0.3 : 0.02);
    }
  }
  for (const node of place.nodes) {
    if (node.type === 'await') {
      const inner = parts(node)[0];
      if (inner)
        yield replacing(
          place,
          node,
          place.code(inner),
          'drop-await',
          0.08,
          '{old} waits for what is no coroutine; this makes it {new}.',
        );
    }
    if (
      node.type === 'expression_statement' &&
      place.scope.owner?.children[0]?.type === 'async' &&
      parts(node)[0]?.type === 'call'
    ) {
      yield replacing(
        place,
        node,
        `await ${place.code(node)}`,
        'missing-await',
        0.4,
        '{old} is not waited for; this makes it {new}.',
      );
    }
  }
};

/** A value that only stands for itself when what it is made of is there. */
function* onlyIf(place: Place, node: SyntaxNode): Generator<Draft> {
  const text = place.code(node);
  const names = [...descend(node)]
    .filter((part) => part.type === 'identifier' && place.scope.locals.has(place.code(part)))
    .map(place.code);
  for (const name of [...new Set(names)].filter((entry) => !/^(?:self|cls)$/.test(entry)).slice(0, 2)) {
    for (const [condition, other, prior] of [
      [name, name, 0.016],
      [name, 'None', 0.02],
      [name, '0', 0.012],
      [name, "''", 0.01],
      [`${name} is not None`, 'None', 0.02],
    ] as const) {
      yield replacing(
        place,
        node,
        `${text} if ${condition} else ${other}`,
        'missing-condition',
        prior,
        '{old} is not always there; this makes it {new}.',
      );
    }
  }
}
