import type { StatementRange } from '../language.ts';
import { functionOf, headEnd, isStatement, type SyntaxTree } from './syntax.ts';

/** The statements of a file in order, of `x => value` the value; ranges on the same lines are given once. */
export function statementRanges(tree: SyntaxTree): StatementRange[] {
  const ranges = new Map<string, StatementRange>();
  const add = (start: number, end: number, standsInNoFunction: boolean) => {
    const lines = { startLine: tree.lineOf(start), endLine: tree.lineOf(Math.max(start, end - 1)) };
    const key = `${lines.startLine}-${lines.endLine}`;
    ranges.set(key, { ...lines, atLoad: standsInNoFunction && ranges.get(key)?.atLoad !== false });
  };
  for (const node of tree.nodes) {
    const standsInNoFunction = () => functionOf(tree, node) === tree.program;
    if (isStatement(node)) add(node.start, headEnd(node), standsInNoFunction());
    else if (node.type === 'ArrowFunctionExpression' && node['expression'] === true) {
      const body = node['body'] as { start: number; end: number };
      add(body.start, body.end, false);
    } else if (node.type === 'PropertyDefinition') add(node.start, node.end, node['static'] === true);
    else if (node.type === 'AssignmentPattern') add(node.start, node.end, standsInNoFunction());
  }
  return [...ranges.values()].sort((a, b) => a.startLine - b.startLine || a.endLine - b.endLine);
}
