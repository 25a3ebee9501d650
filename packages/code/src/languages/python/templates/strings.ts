import { brief, type Draft, type Place, replacing, type Template } from '../place.ts';
import { ancestor, descend, field, parts, type SyntaxNode } from '../syntax.ts';

/** Another text, or the same one with another case, space, prefix or formatting. */
export const strings: Template = function* (place) {
  for (const node of place.nodes) {
    if (node.type !== 'string' || node.parent?.type === 'expression_statement') continue;
    const start = node.children.find((child) => child.type === 'string_start');
    const end = node.children.find((child) => child.type === 'string_end');
    if (!start || !end) continue;
    const opening = place.code(start);
    if (opening.length > 5) continue;
    const content = place.text.slice(start.end, end.start);
    if (isPattern(place, node)) yield* patterns(place, node, opening, content, place.code(end));
    const made = (next: string, prior: number, why = 'The text {old} is wrong; this makes it {new}.'): Draft =>
      replacing(place, node, next, 'wrong-text', prior, why);
    const quoted = (text: string) => `${opening}${text}${place.code(end)}`;
    let rank = 0;
    for (const other of place.ingredients.strings) {
      if (rank >= 8) break;
      const said = place.ingredients.messages.includes(other);
      if (other.slice(1, -1) === content || /[\n]/.test(other)) continue;
      yield made(other, Math.max((said ? 0.12 : 0.05) / (1 + rank * 0.4), 0.008));
      rank += 1;
    }
    if (
      !opening.toLowerCase().includes('f') &&
      /\{\w[\w.]*(?:[:!][^{}]*)?\}/.test(content) &&
      !/^\.format/.test(place.text.slice(node.end, node.end + 7))
    ) {
      const names = [...content.matchAll(/\{(\w+)/g)].map((found) => found[1] ?? '');
      if (names.some((name) => place.scope.variables.includes(name)))
        yield made(`f${place.code(node)}`, 0.35, '{old} is not formatted: it lacks its `f`.');
    }
    if (!/r/i.test(opening) && content.includes('\\'))
      yield made(`r${place.code(node)}`, 0.08, '{old} reads its backslashes as escapes; this makes it raw.');
    if (content === '') yield made(quoted(' '), 0.06);
    else {
      if (content === ' ') yield made(quoted(''), 0.08);
      if (content.length > 1 && /^\s/.test(content)) yield made(quoted(content.slice(1)), 0.03);
      if (content.length > 1 && /\s$/.test(content)) yield made(quoted(content.slice(0, -1)), 0.03);
      if (/\w$/.test(content) && content.length < 40) yield made(quoted(`${content} `), 0.008);
      const formatted = /f/i.test(opening);
      if (!formatted && content.length < 40 && content.toLowerCase() !== content)
        yield made(quoted(content.toLowerCase()), 0.02);
      if (!formatted && content.length < 40 && content.toUpperCase() !== content && /^[a-z]/.test(content))
        yield made(quoted(content.toUpperCase()), 0.012);
      yield made(quoted(''), 0.03);
      if (content.length <= 4 && content.length > 1) {
        yield made(quoted(content.slice(1)), 0.02);
        yield made(quoted(content.slice(0, -1)), 0.02);
      }
      if (content === ',') yield made(quoted(', '), 0.1);
      if (content === ', ') yield made(quoted(','), 0.1);
      if (content === '/') yield made(quoted('\\\\'), 0.01);
    }
    for (const part of node.children.filter((child) => child.type === 'interpolation'))
      yield* interpolated(place, part);
  }
};

function* interpolated(place: Place, node: SyntaxNode): Generator<Draft> {
  const expression = field(node, 'expression') ?? parts(node)[0];
  if (!expression) return;
  const text = place.code(expression);
  const plain = !node.children.some((child) => /^(?:type_conversion|format_specifier)$/.test(child.type));
  if (plain) {
    for (const suffix of ['!r', ':.2f', ':02d', ':,', '!s']) {
      yield replacing(
        place,
        node,
        `{${text}${suffix}}`,
        'format-specifier',
        suffix === '!r' ? 0.05 : 0.02,
        '{old} is formatted wrongly; this makes it {new}.',
      );
    }
  } else
    yield replacing(
      place,
      node,
      `{${text}}`,
      'format-specifier',
      0.08,
      '{old} is formatted wrongly; this makes it {new}.',
    );
}

function isPattern(place: Place, node: SyntaxNode): boolean {
  const call = ancestor(node, 'call');
  const called = call ? place.code(field(call, 'function') ?? call) : '';
  return (
    /^re\.|(?:^|_)(?:regex|pattern|compile)|\.(?:match|search|fullmatch|findall|finditer|sub)$/i.test(called) ||
    /(?:_re|regex|pattern|_rx)\b/i.test(
      place.text
        .slice(Math.max(0, node.start - 40), node.start)
        .split('\n')
        .at(-1) ?? '',
    )
  );
}

/** Repairs of a regular expression. */
function* patterns(
  place: Place,
  node: SyntaxNode,
  opening: string,
  content: string,
  closing: string,
): Generator<Draft> {
  const offered = new Set<string>([content]);
  const made = function* (next: string, prior: number): Generator<Draft> {
    if (offered.has(next)) return;
    offered.add(next);
    yield replacing(
      place,
      node,
      `${opening}${next}${closing}`,
      'regular-expression',
      prior,
      'The regular expression {old} matches the wrong texts; this makes it {new}.',
    );
  };
  const at = (index: number, length: number, text: string) =>
    content.slice(0, index) + text + content.slice(index + length);
  for (const found of content.matchAll(/(?<!\\)([*+?]|\{\d+(?:,\d*)?\})(\??)/g)) {
    const [all, quantifier = '', lazy = ''] = found;
    if (content[found.index - 1] === '(') continue;
    if (lazy) yield* made(at(found.index, all.length, quantifier), 0.08);
    else if (quantifier !== '?') yield* made(at(found.index, all.length, `${quantifier}?`), 0.09);
    if (quantifier === '*') yield* made(at(found.index, 1, '+'), 0.12);
    if (quantifier === '+') yield* made(at(found.index, 1, '*'), 0.12);
    if (quantifier === '?') {
      yield* made(at(found.index, 1, '*'), 0.05);
      yield* made(at(found.index, all.length, ''), 0.05);
    } else yield* made(at(found.index, all.length, ''), 0.04);
  }
  for (const found of content.matchAll(/(?<![\\[])(?:\\[dwsDWSbB]|\)|\])(?![*+?{])/g)) {
    for (const [quantifier, prior] of [
      ['+', 0.06],
      ['*', 0.05],
      ['?', 0.06],
    ] as const)
      yield* made(at(found.index + found[0].length, 0, quantifier), prior);
  }
  if (!content.startsWith('^') && !content.startsWith('\\A')) yield* made(`^${content}`, 0.07);
  else yield* made(content.replace(/^(?:\^|\\A)/, ''), 0.06);
  if (!/(?:\$|\\Z)$/.test(content)) yield* made(`${content}$`, 0.07);
  else yield* made(content.replace(/(?:\$|\\Z)$/, ''), 0.06);
  if (/\$$/.test(content)) yield* made(content.replace(/\$$/, '\\Z'), 0.03);
  for (const found of content.matchAll(/\[(\^?)((?:\\.|[^\]\\])*)\]/g)) {
    const [all, not = '', members = ''] = found;
    for (const extra of ['_', '-', '.', '\\s', '0-9', 'a-z', 'A-Z', "'", '+']) {
      if (!members.includes(extra)) yield* made(at(found.index, all.length, `[${not}${members}${extra}]`), 0.025);
    }
    yield* made(at(found.index, all.length, `[${not ? '' : '^'}${members}]`), 0.06);
  }
  for (const found of content.matchAll(/(?<!\\)\./g)) yield* made(at(found.index, 1, '\\.'), 0.07);
  for (const found of content.matchAll(/\\\./g)) yield* made(at(found.index, 2, '.'), 0.04);
  for (const found of content.matchAll(/\\([dwsDWSbB])/g)) {
    const letter = found[1] ?? '';
    const flipped = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
    yield* made(at(found.index, 2, `\\${flipped}`), 0.06);
    for (const other of 'dws')
      if (other !== letter && letter !== 'b') yield* made(at(found.index, 2, `\\${other}`), 0.04);
  }
  for (const found of content.matchAll(/\((?!\?)/g)) yield* made(at(found.index, 1, '(?:'), 0.03);
}

/** Keys of a dictionary literal exchanged, and elements of a literal dropped or swapped. */
export const literals: Template = function* (place) {
  for (const node of place.nodes) {
    if (!/^(?:list|tuple|set|expression_list|pattern_list)$/.test(node.type)) continue;
    const given = parts(node);
    if (given.length < 2 || given.length > 6) continue;
    for (let index = 0; index + 1 < given.length; index += 1) {
      const a = given[index];
      const b = given[index + 1];
      if (!a || !b || place.code(a) === place.code(b)) continue;
      yield {
        template: 'swap-elements',
        prior: 0.07,
        edits: [
          { start: a.start, end: a.end, text: place.code(b) },
          { start: b.start, end: b.end, text: place.code(a) },
        ],
        explanation: `${brief(place.code(a))} and ${brief(place.code(b))} stand in each other's place; this swaps them.`,
      };
    }
  }
  for (const node of place.nodes) {
    if (node.type === 'generator_expression' && node.parent?.type === 'call' && [...descend(node)].length < 80) {
      const inner = place.code(node).replace(/^\(|\)$/g, '');
      yield replacing(
        place,
        node,
        `([${inner}])`,
        'generator-to-list',
        0.012,
        '{old} can be run through only once; this makes a list.',
      );
    } else if (node.type === 'generator_expression') {
      yield replacing(
        place,
        node,
        `[${place.code(node).slice(1, -1)}]`,
        'generator-to-list',
        0.05,
        '{old} can be run through only once; this makes a list.',
      );
    }
    if (node.type === 'list_comprehension' && node.parent?.type !== 'call') {
      yield replacing(
        place,
        node,
        `{${place.code(node).slice(1, -1)}}`,
        'generator-to-list',
        0.006,
        '{old} keeps doubles; this makes a set.',
      );
    }
    if (
      node.type === 'for_in_clause' &&
      node.parent &&
      !node.parent.children.some((child) => child.type === 'if_clause')
    ) {
      const left = field(node, 'left');
      if (left?.type === 'identifier') {
        for (const [condition, prior] of [
          [place.code(left), 0.04],
          [`${place.code(left)} is not None`, 0.02],
        ] as const) {
          yield {
            template: 'missing-condition',
            prior,
            edits: [{ start: node.end, end: node.end, text: ` if ${condition}` }],
            explanation: `\`${place.code(node.parent)}\` takes every element; this leaves out those without \`${condition}\`.`,
          };
        }
      }
    }
    if (node.type === 'if_clause') {
      const previous = node.parent?.children[node.parent.children.indexOf(node) - 1];
      if (previous)
        yield replacing(
          place,
          { start: previous.end, end: node.end },
          '',
          'drop-condition',
          0.06,
          `The filter \`${place.code(node)}\` leaves out too much; this drops it.`,
        );
    }
    if (node.type === 'yield' && place.scope.owner?.children[0]?.type !== 'async') {
      const inner = parts(node)[0];
      const from = node.children.some((child) => child.type === 'from');
      if (inner)
        yield replacing(
          place,
          node,
          from ? `yield ${place.code(inner)}` : `yield from ${place.code(inner)}`,
          'yield-from',
          0.15,
          '{old} hands on the wrong thing; this makes it {new}.',
        );
    }
    if (node.type === 'conditional_expression') {
      const [yes, , no] = parts(node);
      if (yes && no) {
        yield {
          template: 'swap-branches',
          prior: 0.12,
          edits: [
            { start: yes.start, end: yes.end, text: place.code(no) },
            { start: no.start, end: no.end, text: place.code(yes) },
          ],
          explanation: `The two outcomes of \`${place.code(node)}\` are exchanged; this swaps them.`,
        };
        yield replacing(place, node, place.code(yes), 'drop-condition', 0.04, '{old} should always be {new}.');
        yield replacing(place, node, place.code(no), 'drop-condition', 0.04, '{old} should always be {new}.');
      }
    }
  }
};
