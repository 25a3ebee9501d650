import type { FileFacts } from '../facts.ts';
import { isStatement, type SyntaxNode, siblingsOf } from '../syntax.ts';
import { breakBefore } from './guards.ts';
import { type Draft, draft, insert, shown } from './template.ts';

const longest = 120;
const mostMissing = 8;
const word = /(?<![\w$])[A-Za-z_$][\w$]*/g;

/**
 * A statement that similar code has and this code lacks: in another list of statements of the file (a function, a branch,
 * a case) a neighbour has the form of this statement, and beside it stands something that is not here. Its names are
 * adapted by how the neighbour's names correspond to the names here.
 */
export function* symmetry(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (!isStatement(node) || node.end - node.start > longest) return;
  const siblings = siblingsOf(facts.tree, node);
  if (!siblings) return;
  const here = facts.textOf(node);
  const form = formOf(here);
  const present = new Set(siblings.map((sibling) => facts.textOf(sibling)));
  const seen = new Set<string>();
  const space = breakBefore(node, facts);
  for (const other of facts.tree.nodes) {
    if (seen.size >= mostMissing) return;
    if (other === node || other.type !== node.type || other.end - other.start > longest) continue;
    const text = facts.textOf(other);
    if (formOf(text) !== form) continue;
    const list = siblingsOf(facts.tree, other);
    if (!list || list === siblings || list.includes(node)) continue;
    const index = list.indexOf(other);
    const names = correspondence(text, here);
    for (const [missing, after] of [
      [list[index + 1], true],
      [list[index - 1], false],
    ] as const) {
      if (!missing || !isStatement(missing) || missing.end - missing.start > longest) continue;
      const made = facts.textOf(missing).replaceAll(word, (name) => names.get(name) ?? name);
      const key = `${after} ${made}`;
      if (present.has(made) || seen.has(key) || !facts.fits(made, node)) continue;
      seen.add(key);
      yield draft(
        'statement.symmetry',
        0.2,
        `Similar code also has ${shown(made)}.`,
        after ? insert(node.end, space + made) : insert(node.start, made + space),
      );
    }
  }
}

/** A statement's text with every name alike. */
function formOf(text: string): string {
  return text.replaceAll(word, 'x').replaceAll(/\s+/g, ' ');
}

/** Which name here stands where another stands there; both texts have one form. */
function correspondence(there: string, here: string): Map<string, string> {
  const [from, to] = [there.match(word) ?? [], here.match(word) ?? []];
  return new Map(from.map((name, index) => [name, to[index] ?? name]));
}
