import { type Draft, type Place, replacing, type Template } from '../place.ts';
import { field, parts, type SyntaxNode } from '../syntax.ts';

const comparisons: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  '<': [
    ['<=', 0.36],
    ['>', 0.17],
    ['>=', 0.1],
    ['!=', 0.07],
    ['==', 0.04],
  ],
  '<=': [
    ['<', 0.36],
    ['>=', 0.13],
    ['>', 0.1],
    ['==', 0.06],
    ['!=', 0.03],
  ],
  '>': [
    ['>=', 0.36],
    ['<', 0.17],
    ['<=', 0.1],
    ['!=', 0.07],
    ['==', 0.04],
  ],
  '>=': [
    ['>', 0.36],
    ['<=', 0.13],
    ['<', 0.1],
    ['==', 0.06],
    ['!=', 0.03],
  ],
  '==': [
    ['!=', 0.25],
    ['<=', 0.09],
    ['>=', 0.09],
    ['in', 0.05],
    ['is', 0.05],
    ['<', 0.05],
    ['>', 0.05],
  ],
  '!=': [
    ['==', 0.25],
    ['>', 0.09],
    ['<', 0.09],
    ['is not', 0.06],
    ['>=', 0.04],
    ['<=', 0.04],
    ['not in', 0.04],
  ],
  is: [
    ['is not', 0.25],
    ['==', 0.18],
  ],
  'is not': [
    ['is', 0.25],
    ['!=', 0.18],
  ],
  in: [
    ['not in', 0.25],
    ['==', 0.07],
  ],
  'not in': [
    ['in', 0.25],
    ['!=', 0.07],
  ],
};

const arithmetic: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  '+': [
    ['-', 0.26],
    ['*', 0.08],
  ],
  '-': [
    ['+', 0.26],
    ['*', 0.04],
    ['/', 0.03],
    ['%', 0.03],
  ],
  '*': [
    ['/', 0.14],
    ['+', 0.12],
    ['**', 0.09],
    ['//', 0.06],
    ['-', 0.04],
  ],
  '/': [
    ['//', 0.25],
    ['*', 0.2],
    ['%', 0.05],
    ['-', 0.03],
  ],
  '//': [
    ['/', 0.25],
    ['%', 0.14],
    ['*', 0.14],
  ],
  '%': [
    ['//', 0.16],
    ['/', 0.07],
    ['*', 0.09],
    ['-', 0.04],
  ],
  '**': [['*', 0.25]],
  '&': [
    ['|', 0.25],
    ['^', 0.1],
    ['and', 0.05],
  ],
  '|': [
    ['&', 0.25],
    ['^', 0.1],
    ['or', 0.05],
  ],
  '^': [
    ['&', 0.2],
    ['|', 0.15],
    ['**', 0.1],
  ],
  '<<': [['>>', 0.3]],
  '>>': [['<<', 0.3]],
  '@': [['*', 0.1]],
};

/** Another comparison, arithmetic, bit or boolean operator. */
export const operators: Template = function* (place) {
  for (const node of place.nodes) {
    if (node.type === 'comparison_operator') yield* compared(place, node);
    else if (node.type === 'binary_operator') yield* calculated(place, node);
    else if (node.type === 'boolean_operator') yield* joined(place, node);
    else if (node.type === 'augmented_assignment') yield* augmented(place, node);
    else if (node.type === 'unary_operator') yield* signed(place, node);
    else if (node.type === 'assignment') yield* accumulated(place, node);
  }
};

function* compared(place: Place, node: SyntaxNode): Generator<Draft> {
  const operands = parts(node);
  for (let index = 0; index + 1 < operands.length; index += 1) {
    const left = operands[index];
    const right = operands[index + 1];
    if (!left || !right) continue;
    const between = node.children.filter((child) => child.start >= left.end && child.end <= right.start);
    const first = between[0];
    const last = between.at(-1);
    if (!first || !last) continue;
    const operator = between.map((child) => place.code(child)).join(' ');
    const range = { start: first.start, end: last.end };
    for (const [other, prior] of comparisons[operator.replace(/\s+/g, ' ')] ?? []) {
      const edit = { ...range, text: other };
      const written = place.text.slice(node.start, range.start) + other + place.text.slice(range.end, node.end);
      yield {
        template: 'comparison-operator',
        prior:
          /^(?:is|in|not in|is not)$/.test(other) && right.type !== 'identifier' && other.endsWith('in')
            ? prior / 2
            : prior,
        edits: [edit],
        explanation: `The comparison \`${place.code(node)}\` uses \`${operator}\`; this makes it \`${written}\`.`,
      };
    }
    if (operands.length === 2 && /^[<>]=?$/.test(operator) && right.type !== 'integer') {
      yield swapped(place, left, right, 'swap-operands', 0.05);
    }
    // An emptiness test that must hold for one element too, and the other way round.
    if (right.type === 'integer' && /^(?:==|<=?|>=?|!=)$/.test(operator)) {
      const value = Number(place.code(right));
      const pairs: [string, number, number][] =
        operator === '=='
          ? [
              ['<=', value + 1, 0.08],
              ['<', value, 0.03],
              ['>', value, 0.03],
            ]
          : operator === '!='
            ? [['>', value + 1, 0.03]]
            : [];
      for (const [other, limit, prior] of pairs) {
        yield replacing(
          place,
          { start: left.end, end: right.end },
          ` ${other} ${limit}`,
          'comparison-boundary',
          prior,
          `The limit \`${operator} ${place.code(right)}\` leaves out a case; this makes it {new}.`,
        );
      }
    }
  }
}

function* calculated(place: Place, node: SyntaxNode): Generator<Draft> {
  const left = field(node, 'left');
  const right = field(node, 'right');
  const operator = field(node, 'operator');
  if (!left || !right || !operator) return;
  const textual = [left.type, right.type].some((type) => /^(?:string|concatenated_string|list|tuple)$/.test(type));
  for (const [other, prior] of arithmetic[operator.type] ?? []) {
    yield replacing(
      place,
      operator,
      other,
      'arithmetic-operator',
      textual ? prior / 8 : prior,
      `\`${place.code(node)}\` calculates with {old}; this uses {new}.`,
    );
  }
  if (textual && /^[-*/+]$/.test(operator.type)) {
    yield replacing(
      place,
      operator,
      '%',
      'arithmetic-operator',
      0.05,
      '{old} beside a text; this formats it with {new}.',
    );
  }
  if (/^[-/+%]|^\/\/|^\*\*|^<<|^>>/.test(operator.type)) {
    const prior = operator.type === '+' ? (left.type === 'integer' || right.type === 'integer' ? 0.004 : 0.06) : 0.1;
    yield swapped(place, left, right, 'swap-operands', prior);
  }
  const one = /^1$/.test(place.code(right)) && /^[+-]$/.test(operator.type);
  yield replacing(
    place,
    node,
    place.code(left),
    'drop-operand',
    one ? 0.22 : 0.07,
    '{old} holds a term too many; this leaves {new}.',
  );
  yield replacing(
    place,
    node,
    place.code(right),
    'drop-operand',
    0.05,
    '{old} holds a term too many; this leaves {new}.',
  );
  // a * b + c and a * (b + c)
  const inner = left.type === 'binary_operator' ? left : null;
  const innerRight = inner ? field(inner, 'right') : null;
  if (
    inner &&
    innerRight &&
    /^[*/%]|^\/\//.test(field(inner, 'operator')?.type ?? '') &&
    /^[+-]$/.test(operator.type)
  ) {
    yield {
      template: 'grouping',
      prior: 0.05,
      edits: [
        { start: innerRight.start, end: innerRight.start, text: '(' },
        { start: node.end, end: node.end, text: ')' },
      ],
      explanation: `In \`${place.code(node)}\` the addition should come first; this adds parentheses.`,
    };
  }
  for (const side of [left, right]) {
    const bare = side.type === 'parenthesized_expression' ? parts(side)[0] : null;
    if (bare)
      yield replacing(
        place,
        side,
        place.code(bare),
        'grouping',
        0.04,
        'The parentheses in {old} change the order of calculation; this takes them away.',
      );
  }
}

function* joined(place: Place, node: SyntaxNode): Generator<Draft> {
  const left = field(node, 'left');
  const right = field(node, 'right');
  const operator = field(node, 'operator');
  if (!left || !right || !operator) return;
  const other = operator.type === 'and' ? 'or' : 'and';
  yield replacing(
    place,
    operator,
    other,
    'boolean-operator',
    0.25,
    `\`${place.code(node)}\` joins its parts with {old}; this uses {new}.`,
  );
  yield replacing(
    place,
    node,
    place.code(left),
    'drop-condition',
    0.1,
    'The condition {old} asks for too much or too little; this leaves {new}.',
  );
  yield replacing(
    place,
    node,
    place.code(right),
    'drop-condition',
    0.1,
    'The condition {old} asks for too much or too little; this leaves {new}.',
  );
  yield swapped(place, left, right, 'swap-operands', 0.03);
  const nested = left.type === 'boolean_operator' ? left : null;
  const innerRight = nested ? field(nested, 'right') : null;
  if (nested && innerRight && field(nested, 'operator')?.type !== operator.type) {
    yield {
      template: 'grouping',
      prior: 0.06,
      edits: [
        { start: innerRight.start, end: innerRight.start, text: '(' },
        { start: node.end, end: node.end, text: ')' },
      ],
      explanation: `In \`${place.code(node)}\` the parts are grouped wrongly; this adds parentheses.`,
    };
  }
}

function* augmented(place: Place, node: SyntaxNode): Generator<Draft> {
  const operator = field(node, 'operator');
  if (!operator) return;
  const plain = operator.type.slice(0, -1);
  for (const [other, prior] of arithmetic[plain] ?? []) {
    if (/^[a-z]/.test(other)) continue;
    yield replacing(
      place,
      operator,
      `${other}=`,
      'arithmetic-operator',
      prior,
      `\`${place.code(node)}\` changes with {old}; this uses {new}.`,
    );
  }
  yield replacing(
    place,
    operator,
    '=',
    'assignment-operator',
    0.12,
    `\`${place.code(node)}\` adds to a value that it should replace; this uses {new}.`,
  );
}

function* accumulated(place: Place, node: SyntaxNode): Generator<Draft> {
  const sign = node.children.find((child) => child.type === '=');
  const left = field(node, 'left');
  const right = field(node, 'right');
  if (!sign || !left || !right || /pattern/.test(left.type) || right.type === 'assignment') return;
  if (node.parent?.type === 'assignment') return;
  const kinds = place.scope.kinds.get(place.code(left));
  for (const [operator, prior] of [
    ['+=', kinds?.has('number') ? 0.1 : 0.04],
    ['-=', 0.03],
    ['*=', 0.01],
    ['|=', 0.01],
  ] as const) {
    yield replacing(
      place,
      sign,
      operator,
      'assignment-operator',
      prior,
      `\`${place.code(node)}\` replaces a value that it should change; this uses {new}.`,
    );
  }
}

function* signed(place: Place, node: SyntaxNode): Generator<Draft> {
  const argument = field(node, 'argument');
  if (!argument || field(node, 'operator')?.type === '+') return;
  yield replacing(place, node, place.code(argument), 'sign', 0.14, 'The sign of {old} is wrong; this makes it {new}.');
}

/** A draft that puts two nodes in each other's place. */
export function swapped(place: Place, a: SyntaxNode, b: SyntaxNode, template: string, prior: number): Draft {
  const first = place.code(a);
  const second = place.code(b);
  return {
    template,
    prior,
    edits: [
      { start: a.start, end: a.end, text: second },
      { start: b.start, end: b.end, text: first },
    ],
    explanation: `\`${first}\` and \`${second}\` stand in each other's place; this swaps them.`,
  };
}
