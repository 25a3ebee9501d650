import { before, brief, type Draft, ownsItsLines, type Place, type Template } from '../place.ts';
import { ancestor, descend, field, isSimple, type SyntaxNode } from '../syntax.ts';
import { isDocstring } from './blocks.ts';
import { visible } from './mined.ts';
import { returned } from './returns.ts';

/** A check that the same file makes elsewhere, repeated before this statement. */
export const minedGuards: Template = function* (place) {
  const node = place.statement;
  const owner = place.scope.owner;
  if (owner?.type !== 'function_definition' || node === owner || /_clause$/.test(node.type)) return;
  let rank = 0;
  const inside = (guard: SyntaxNode) => guard.start >= owner.start && guard.end <= owner.end;
  const inLoop = hasLoop(node, owner);
  const ordered = [...place.scope.guards].sort(
    (a, b) => Number(inside(b)) - Number(inside(a)) || Math.abs(a.start - node.start) - Math.abs(b.start - node.start),
  );
  const seen = new Set<string>();
  for (const guard of ordered) {
    if (rank >= 8) break;
    const condition = field(guard, 'condition');
    const body = field(guard, 'consequence');
    const exit = body?.children.find((child) => child.named && child.type !== 'comment');
    if (!condition || !exit || guard === node || !visible(place, condition) || !visible(place, exit)) continue;
    if (/^(?:continue|break)/.test(exit.type) && !inLoop) continue;
    const lines = [`if ${place.code(condition)}:`, `${place.level}${place.code(exit)}`];
    if (seen.has(lines.join())) continue;
    seen.add(lines.join());
    yield {
      template: 'insert-copy',
      prior: (inside(guard) ? 0.04 : 0.035) / (1 + rank * 0.2),
      edits: [before(place, node, lines)],
      explanation: `A check is missing before ${brief(place.code(node).split('\n')[0] ?? '')}: ${brief(lines.join(' '))} is repeated from line ${guard.startLine}.`,
    };
    rank += 1;
  }
};

function hasLoop(node: SyntaxNode, owner: SyntaxNode): boolean {
  for (let at = node.parent; at && at !== owner; at = at.parent)
    if (/^(?:for|while)_statement$/.test(at.type)) return true;
  return false;
}

/** Conditions that a statement, or what follows it, may depend on: of the file, and the usual ones of its names. */
export const minedConditions: Template = function* (place) {
  const node = place.statement;
  const owner = place.scope.owner;
  if (owner?.type !== 'function_definition' || node === owner || /_clause$/.test(node.type)) return;
  if (!ownsItsLines(place, node) && isSimple(node)) return;
  if (/^(?:import|global|nonlocal)/.test(node.type) || isDocstring(node)) return;
  const inLoop = hasLoop(node, owner);
  const exits = [
    ...(inLoop ? ['continue', 'break'] : []),
    ...returned(place)
      .slice(0, 2)
      .map((value) => `return ${value}`.trim()),
  ];
  for (const [rank, [condition, prior]] of likely(place, node, owner).entries()) {
    const weight = prior / (1 + rank * 0.1);
    if (isSimple(node) && node.startLine === node.endLine) yield wrapped(place, node, condition, weight * 0.8);
    for (const [order, exit] of exits.slice(0, 2).entries()) {
      yield {
        template: 'missing-guard',
        prior: (weight * 0.7) / (1 + order * 0.6),
        edits: [before(place, node, [`if ${condition}:`, `${place.level}${exit}`])],
        explanation: `A check is missing before ${brief(place.code(node).split('\n')[0] ?? '')}: \`if ${condition}: ${exit}\` is added.`,
      };
    }
  }
};

function wrapped(place: Place, node: SyntaxNode, condition: string, prior: number): Draft {
  return {
    template: 'missing-condition',
    prior,
    edits: [
      { start: node.start, end: node.start, text: `if ${condition}:${place.newline}${place.indent}${place.level}` },
    ],
    explanation: `${brief(place.code(node))} runs always; this runs it only if \`${condition}\`.`,
  };
}

/** Conditions that a statement may depend on, likeliest first, with their priors. */
export function likely(place: Place, node: SyntaxNode, owner: SyntaxNode): [string, number][] {
  const used = new Set([...descend(node)].filter((part) => part.type === 'identifier').map((part) => place.code(part)));
  const found = new Map<string, number>();
  const note = (condition: string, prior: number) => found.set(condition, Math.max(found.get(condition) ?? 0, prior));
  const names = [...used].filter((name) => place.scope.locals.has(name) && !/^(?:self|cls)$/.test(name));
  for (const name of names.slice(0, 4)) {
    note(name, 0.03);
    note(`${name} is not None`, 0.03);
    note(`not ${name}`, 0.02);
    for (const other of place.scope.variables.slice(0, 8)) {
      const kinds = place.scope.kinds.get(other);
      if (other === name || !place.scope.locals.has(other) || !(kinds?.has('sequence') || kinds?.has('mapping')))
        continue;
      if (place.scope.kinds.get(name)?.has('sequence')) continue;
      note(`${name} in ${other}`, 0.022);
      note(`${name} not in ${other}`, 0.025);
    }
  }
  for (const unused of place.scope.unused) {
    note(unused, 0.05);
    note(`not ${unused}`, 0.035);
  }
  for (const part of descend(owner)) {
    if (part.field !== 'condition' || part.startLine !== part.endLine || part.end - part.start > 60) continue;
    if (ancestor(part, 'if_statement', 'while_statement', 'elif_clause') === node || !visible(place, part)) continue;
    note(place.code(part), 0.024);
    if (/^(?:identifier|attribute|call)$/.test(part.type)) note(`not ${place.code(part)}`, 0.02);
    if (part.type === 'not_operator') {
      const argument = field(part, 'argument');
      if (argument) note(place.code(argument), 0.02);
    }
  }
  return [...found].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 14);
}
