import { type FileFacts, referencesIn } from '../facts.ts';
import { functionOf, nameOf, nodeIn, nodesIn, type SyntaxNode } from '../syntax.ts';
import { operatorReplacement } from './operators.ts';
import { type Draft, draft, replace, shown } from './template.ts';

/** Both bounds of one condition, or both names of one statement, at once. */
export function* pairs(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (node.type === 'LogicalExpression') {
    const [left, right] = [nodeIn(node, 'left'), nodeIn(node, 'right')];
    if (left?.type === 'BinaryExpression' && right?.type === 'BinaryExpression') {
      const firsts = [...operatorReplacement(left, facts)].filter((item) => item.prior >= 0.5);
      const seconds = [...operatorReplacement(right, facts)].filter((item) => item.prior >= 0.5);
      for (const first of firsts) {
        for (const second of seconds)
          yield draft(
            'pair.comparison',
            0.15,
            `Both sides of ${shown(facts.textOf(node))} are wrong.`,
            ...first.edits,
            ...second.edits,
          );
      }
      if (node['operator'] === '&&' || node['operator'] === '||') {
        const between = facts.tree.text.slice(left.end, right.start);
        const at = left.end + between.indexOf(String(node['operator']));
        const flipped = { start: at, end: at + 2, text: node['operator'] === '&&' ? '||' : '&&' };
        for (const first of firsts.slice(0, 1)) {
          for (const second of seconds.slice(0, 1))
            yield draft(
              'pair.flip',
              0.08,
              `${shown(facts.textOf(node))} is the wrong way round.`,
              ...first.edits,
              flipped,
              ...second.edits,
            );
        }
      }
    }
  }
  if (/^(ExpressionStatement|ReturnStatement|VariableDeclaration)$/.test(node.type)) yield* swappedNames(node, facts);
}

/** Two names of a statement, each where the other belongs. */
function* swappedNames(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (node.end - node.start > 200) return;
  const within = functionOf(facts.tree, node);
  const uses = referencesIn(facts.tree, node).filter((use) => functionOf(facts.tree, use) === within);
  const names = [...new Set(uses.map((use) => nameOf(use) ?? ''))].slice(0, 4);
  for (let first = 0; first < names.length; first++) {
    for (let second = first + 1; second < names.length; second++) {
      const [a, b] = [names[first] ?? '', names[second] ?? ''];
      const edits = uses.flatMap((use) =>
        nameOf(use) === a ? [replace(use, b)] : nameOf(use) === b ? [replace(use, a)] : [],
      );
      yield draft('pair.names', 0.1, `\`${a}\` and \`${b}\` are swapped.`, ...edits);
    }
  }
}

/** Every use of a wrong name in a statement at once. */
export function* renamedThroughout(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (!/^(ExpressionStatement|ReturnStatement|VariableDeclaration|IfStatement)$/.test(node.type)) return;
  const test = node.type === 'IfStatement' ? nodeIn(node, 'test') : node;
  if (!test || test.end - test.start > 200) return;
  const uses = referencesIn(facts.tree, test);
  const names = [...new Set(uses.map((use) => nameOf(use) ?? ''))];
  for (const name of names) {
    const all = uses.filter((use) => nameOf(use) === name);
    if (all.length < 2) continue;
    for (const { name: other, kind, distance } of facts.scopeAt(node)) {
      if (other === name || distance > 2 || !/^(parameter|variable|constant)$/.test(kind)) continue;
      yield draft(
        'pair.rename',
        0.08,
        `\`${name}\` should be \`${other}\` throughout ${shown(facts.textOf(test))}.`,
        ...all.map((use) => replace(use, other)),
      );
    }
  }
}

/** Declarations of two neighbours given each other's value. */
export function* swappedValues(node: SyntaxNode, facts: FileFacts): Iterable<Draft> {
  if (node.type !== 'VariableDeclaration') return;
  const list = nodesIn(node, 'declarations');
  for (let index = 0; index + 1 < list.length; index++) {
    const first = list[index] && nodeIn(list[index] as SyntaxNode, 'init');
    const second = list[index + 1] && nodeIn(list[index + 1] as SyntaxNode, 'init');
    if (first && second)
      yield draft(
        'pair.values',
        0.12,
        'Two initial values are swapped.',
        replace(first, facts.textOf(second)),
        replace(second, facts.textOf(first)),
      );
  }
}
