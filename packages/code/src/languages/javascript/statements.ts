import { headEnd, isStatement, type SyntaxTree } from './syntax.ts';

/** Lines of one statement; of a compound statement only its head, and of `x => value` the value. */
interface StatementRange {
  readonly startLine: number;
  readonly endLine: number;
}

/** The statements of a file in order; ranges on the same lines are given once. */
export function statementRanges(tree: SyntaxTree): StatementRange[] {
  const ranges = new Map<string, StatementRange>();
  const add = (start: number, end: number) => {
    const range = { startLine: tree.lineOf(start), endLine: tree.lineOf(Math.max(start, end - 1)) };
    ranges.set(`${range.startLine}-${range.endLine}`, range);
  };
  for (const node of tree.nodes) {
    if (isStatement(node)) add(node.start, headEnd(node));
    else if (node.type === 'ArrowFunctionExpression' && node['expression'] === true) {
      const body = node['body'] as { start: number; end: number };
      add(body.start, body.end);
    } else if (node.type === 'PropertyDefinition') add(node.start, node.end);
    else if (node.type === 'AssignmentPattern') add(node.start, node.end);
  }
  return [...ranges.values()].sort((a, b) => a.startLine - b.startLine || a.endLine - b.endLine);
}

/** The smallest range that holds a line, null when none does. */
export function innermostRange(ranges: readonly StatementRange[], line: number): StatementRange | null {
  let best: StatementRange | null = null;
  for (const range of ranges) {
    if (range.startLine > line || range.endLine < line) continue;
    if (!best || range.endLine - range.startLine < best.endLine - best.startLine) best = range;
  }
  return best;
}
