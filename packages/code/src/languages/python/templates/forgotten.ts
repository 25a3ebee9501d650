import { after, before, brief, type Draft, ownsItsLines, type Place, replacing, type Template } from '../place.ts';
import { ancestor, descend, field, isSimple, parts, type SyntaxNode } from '../syntax.ts';
import { block, isDocstring } from './blocks.ts';
import { visible } from './mined.ts';
import { similarity } from './names.ts';

/** What somebody forgot or misspelt, as the same file writes it elsewhere. */
export const forgotten: Template = function* (place) {
  yield* keywordNames(place);
  yield* unusedFunctions(place);
  yield* returnValues(place);
  if (!takesNeighbours(place)) return;
  yield* attributesSet(place);
  yield* superCalls(place);
  yield* statementsElsewhere(place);
};

/** True where a statement can be put before or after this one. */
function takesNeighbours(place: Place): boolean {
  const node = place.statement;
  if (/_clause$|^import|_definition$/.test(node.type) || isDocstring(node)) return false;
  return ownsItsLines(place, node) || !isSimple(node);
}

function isLast(node: SyntaxNode): boolean {
  return block(node).at(-1) === node && !/^(?:return|raise|break|continue)_statement$/.test(node.type);
}

/** The name of a keyword argument: one of those that the called function takes, or that are used with it elsewhere. */
function* keywordNames(place: Place): Generator<Draft> {
  for (const node of place.nodes) {
    const name = node.type === 'keyword_argument' ? field(node, 'name') : null;
    const call = node.parent?.parent;
    const called = call ? field(call, 'function') : null;
    if (!name || !call || !called) continue;
    const text = place.code(name);
    const refused = place.ingredients.messages.includes(`keyword argument '${text}'`) ? 4 : 1;
    const callee = place.code(called).split('.').at(-1) ?? '';
    const given = new Set(parts(node.parent ?? node).map((part) => place.code(field(part, 'name') ?? part)));
    const found = new Map<string, number>();
    const note = (other: string, prior: number) => {
      if (!given.has(other) && /^\w+$/.test(other)) found.set(other, Math.max(found.get(other) ?? 0, prior));
    };
    note(text.endsWith('s') ? text.slice(0, -1) : `${text}s`, 0.06);
    for (const [, meant = ''] of place.ingredients.messages.matchAll(/Did you mean '(\w+)'/g)) note(meant, 0.2);
    for (const other of place.scope.signatures.get(callee) ?? []) note(other, 0.08);
    for (const [owner, lists] of place.scope.calls) {
      for (const part of lists.flatMap(parts)) {
        const other = part.type === 'keyword_argument' ? place.code(field(part, 'name') ?? part) : '';
        if (owner === callee) note(other, 0.07);
        else if (similarity(other, text) > 0.5) note(other, 0.05);
      }
    }
    const ranked = [...found].sort((a, b) => b[1] - a[1] || similarity(b[0], text) - similarity(a[0], text));
    for (const [rank, [other, prior]] of ranked.slice(0, 6).entries()) {
      yield replacing(
        place,
        name,
        other,
        'wrong-keyword',
        Math.min(0.5, (prior * refused) / (1 + rank * 0.25)),
        `\`${callee}(...)\` is given the keyword {old}; this gives it {new}.`,
      );
    }
  }
}

const usesOf = new WeakMap<SyntaxNode, ReadonlyMap<string, number>>();

function uses(place: Place): ReadonlyMap<string, number> {
  const known = usesOf.get(place.root);
  if (known) return known;
  const counts = new Map<string, number>();
  for (const [word] of place.text.matchAll(/[A-Za-z_]\w*/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  usesOf.set(place.root, counts);
  return counts;
}

/** A private function that nothing calls was meant to be called; where a value is handed on, perhaps on that. */
function* unusedFunctions(place: Place): Generator<Draft> {
  const counts = uses(place);
  const methods = place.scope.methods.get('self') ?? [];
  const idle = [...place.scope.callables, ...place.scope.imported].filter(
    (name) => counts.get(name) === 1 && (/^_[a-z]/.test(name) || place.scope.imported.has(name)),
  );
  if (idle.length === 0) return;
  for (const node of place.nodes) {
    const parent = node.parent;
    if (!parent || !/^(?:identifier|attribute|call|subscript)$/.test(node.type)) continue;
    const read = /^(?:assignment|augmented_assignment)$/.test(parent.type)
      ? node.field === 'right'
      : /^(?:argument_list|return_statement|comparison_operator|binary_operator)$/.test(parent.type) ||
        (/^for/.test(parent.type) && node.field === 'right');
    if (!read) continue;
    for (const name of idle.slice(0, 4)) {
      const callee = methods.includes(name) ? `self.${name}` : name;
      const text = `${callee}(${place.code(node)})`;
      yield replacing(place, node, text, 'missing-call', 0.1, `\`${name}\` is used nowhere; this makes {old} {new}.`);
    }
  }
}

/** What a return without a value, or an end without a return, should hand back. */
function* returnValues(place: Place): Generator<Draft> {
  const { owner, ownerName } = place.scope;
  const node = place.statement;
  if (owner?.type !== 'function_definition' || ownerName === null) return;
  const bare = node.type === 'return_statement' && parts(node).length === 0;
  const end = isSimple(node) && isLast(node) && node.parent === field(owner, 'body');
  if (!bare && !(end && !/\breturn [^N\n]/.test(place.code(owner)))) return;
  const values = new Set([...place.scope.unused].filter((name) => !place.scope.parameters.includes(name)));
  for (const name of place.scope.variables.filter((one) => place.scope.locals.has(one)).slice(0, 3)) values.add(name);
  const others = returnsOf(place)
    .filter(({ value }) => value.end - value.start <= 80 && visible(place, value))
    .sort((a, b) => similarity(b.ownerName, ownerName) - similarity(a.ownerName, ownerName));
  for (const { value } of others.slice(0, 6)) values.add(place.code(value));
  for (const [rank, value] of [...values].slice(0, 10).entries()) {
    const line = `return ${value}`;
    const explanation = `The function hands back nothing; this makes it ${brief(line)}.`;
    const edit = bare ? { start: node.start, end: node.end, text: line } : after(place, node, [line]);
    yield { template: 'missing-return', prior: (bare ? 0.25 : 0.06) / (1 + rank * 0.2), edits: [edit], explanation };
  }
}

/** Values that functions of the file return, with their functions' names. */
function returnsOf(place: Place): { value: SyntaxNode; ownerName: string }[] {
  return descend(place.root).flatMap((node) => {
    const value = node.type === 'return_statement' && node.startLine === node.endLine ? parts(node)[0] : undefined;
    const owner = value ? ancestor(node, 'function_definition') : null;
    const name = owner ? field(owner, 'name') : null;
    return value && name ? [{ value, ownerName: place.code(name) }] : [];
  });
}

/** An attribute that an object turns out not to have, given its first value. */
function* attributesSet(place: Place): Generator<Draft> {
  const { scope } = place;
  if (scope.parameters[0] !== 'self' || place.statement === scope.owner) return;
  for (const [, name = ''] of place.ingredients.messages.matchAll(/object has no attribute '(\w+)'/g)) {
    const values = new Set<string>(scope.variables.includes(name) ? [name] : []);
    for (const node of descend(place.root)) {
      if (node.type !== 'assignment' || place.code(field(node, 'left') ?? node) !== `self.${name}`) continue;
      const right = field(node, 'right');
      if (right && right.startLine === right.endLine && visible(place, right)) values.add(place.code(right));
    }
    for (const value of ['None', '[]', '{}', '0', 'False', "''", 'set()']) values.add(value);
    const likely = scope.ownerName === '__init__' ? 0.3 : 0.06;
    for (const [rank, value] of [...values].entries()) {
      const line = `self.${name} = ${value}`;
      const last = isLast(place.statement);
      yield {
        template: 'missing-initialisation',
        prior: likely / (1 + rank * 0.3),
        edits: [last ? after(place, place.statement, [line]) : before(place, place.statement, [line])],
        explanation: `\`self.${name}\` has no value yet; this starts it with ${brief(value)}.`,
      };
    }
  }
}

/** A method of a derived class that leaves out what its base does. */
function* superCalls(place: Place): Generator<Draft> {
  const owner = place.scope.owner;
  const kind = owner ? ancestor(owner, 'class_definition') : null;
  const name = place.scope.ownerName;
  if (!owner || !kind || !field(kind, 'superclasses') || place.scope.parameters[0] !== 'self' || name === null) return;
  const body = field(owner, 'body');
  if (!body || place.statement.parent !== body || place.text.slice(body.start, body.end).includes('super(')) return;
  const first = block(place.statement).find((one) => !isDocstring(one)) === place.statement;
  if (!first && !isLast(place.statement)) return;
  const list = field(owner, 'parameters');
  const given = list
    ? parts(list)
        .map((part) => place.code(part).replace(/\s*[:=].*$/s, ''))
        .filter((part) => part !== 'self' && part !== '*' && part !== '/')
    : [];
  const lists = new Set([given.join(', '), '', ...given.filter((part) => part.startsWith('*'))]);
  for (const [rank, passed] of [...lists].slice(0, 4).entries()) {
    const line = `super().${name}(${passed})`;
    yield {
      template: 'missing-super',
      prior: (name === '__init__' ? 0.08 : 0.03) / (1 + rank * 0.4),
      edits: [first ? before(place, place.statement, [line]) : after(place, place.statement, [line])],
      explanation: `What the base class does is left out; ${brief(line)} is added.`,
    };
  }
}

interface Line {
  readonly node: SyntaxNode;
  readonly owner: SyntaxNode | null;
  readonly ownerName: string;
}

const linesOf = new WeakMap<SyntaxNode, readonly Line[]>();

function lines(place: Place): readonly Line[] {
  const known = linesOf.get(place.root);
  if (known) return known;
  const found = descend(place.root)
    .filter((node) => node.type === 'expression_statement' && node.startLine === node.endLine && !isDocstring(node))
    .filter((node) => node.end - node.start <= 90)
    .map((node) => {
      const owner = ancestor(node, 'function_definition');
      const name = owner ? field(owner, 'name') : null;
      return { node, owner, ownerName: name ? place.code(name) : '' };
    })
    .filter(({ owner }) => owner !== null);
  linesOf.set(place.root, found);
  return found;
}

/** A statement that functions like this one have, and this one has not. */
function* statementsElsewhere(place: Place): Generator<Draft> {
  const { owner, ownerName } = place.scope;
  if (owner?.type !== 'function_definition' || ownerName === null || place.statement === owner) return;
  const here = place.text.slice(owner.start, owner.end);
  const weigh = (line: Line) =>
    (line.ownerName === ownerName ? 2 : 0) +
    similarity(line.ownerName, ownerName) +
    1 / (1 + Math.abs(line.node.startLine - place.statement.startLine) / 40);
  const ranked = lines(place)
    .filter((line) => line.owner !== owner)
    .map((line) => ({ line, text: place.code(line.node), weight: weigh(line) }))
    .sort((a, b) => b.weight - a.weight || a.line.node.start - b.line.node.start);
  const seen = new Set<string>();
  for (const { line, text, weight } of ranked.slice(0, 60)) {
    if (seen.size >= 8) return;
    if (seen.has(text) || here.includes(text) || !visible(place, line.node)) continue;
    if (/\b(?:yield|await)\b/.test(text)) continue;
    seen.add(text);
    const prior = (0.02 * Math.min(weight, 3)) / (1 + seen.size * 0.1);
    const explanation = `${brief(text)} is left out here, which line ${line.node.startLine} does not leave out.`;
    yield { template: 'insert-elsewhere', prior, edits: [before(place, place.statement, [text])], explanation };
    if (isLast(place.statement))
      yield { template: 'insert-elsewhere', prior, edits: [after(place, place.statement, [text])], explanation };
  }
}
