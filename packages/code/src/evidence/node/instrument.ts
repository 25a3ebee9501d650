import MagicString from 'magic-string';
import {
  isStatement,
  nodeIn,
  parseJavaScript,
  type SyntaxNode,
  type SyntaxTree,
} from '../../languages/javascript/syntax.ts';

/** A file with counters in it; `lines[n]` is the line at which counter n's statement starts. */
interface Instrumented {
  readonly text: string;
  readonly lines: readonly number[];
}

/**
 * Puts a call to `__novaHit` before every statement, on the statement's own line, so that stack traces keep
 * their lines. Where the function is absent, the text behaves as before. Null when the file does not parse.
 */
export function instrument(path: string, text: string, source: number): Instrumented | null {
  const tree = parseJavaScript(path, text);
  if (!tree) return null;
  const reach = /\.[cm]?tsx?$/i.test(path) ? '(globalThis as any).__novaHit' : 'globalThis.__novaHit';
  const magic = new MagicString(text);
  const lines: number[] = [];
  const call = (at: number) => {
    lines.push(tree.lineOf(at));
    return `${reach}?.(${source},${lines.length - 1})`;
  };
  for (const node of tree.nodes) {
    if (node.type === 'ArrowFunctionExpression' && node['expression'] === true) {
      const body = nodeIn(node, 'body');
      if (!body) continue;
      magic.appendRight(body.start, `(${call(body.start)},`);
      magic.prependLeft(body.end, ')');
    } else if (node.type === 'ExportNamedDeclaration' && nodeIn(node, 'declaration')?.type === 'VariableDeclaration') {
      if (!isDeclare(nodeIn(node, 'declaration') ?? node)) magic.appendRight(node.start, `;${call(node.start)};`);
    } else if (isStatement(node) && node['directive'] === undefined && !isDeclare(node)) {
      if (standsInList(tree, node)) magic.appendRight(node.start, `;${call(node.start)};`);
      else if (standsAsBody(tree, node)) {
        magic.appendRight(node.start, `{;${call(node.start)};`);
        magic.prependLeft(node.end, '}');
      }
    }
  }
  return { text: magic.toString(), lines };
}

function isDeclare(node: SyntaxNode): boolean {
  return node['declare'] === true;
}

/** In a block, a program, a function's or a module's body, or a case: a place that takes any number of statements. */
function standsInList(tree: SyntaxTree, node: SyntaxNode): boolean {
  const parent = tree.parents.get(node);
  if (!parent) return false;
  const list = parent.type === 'SwitchCase' ? parent['consequent'] : parent['body'];
  return (
    ['Program', 'BlockStatement', 'FunctionBody', 'StaticBlock', 'SwitchCase'].includes(parent.type) &&
    Array.isArray(list) &&
    list.includes(node)
  );
}

/** The unbraced body of a branch or loop. */
function standsAsBody(tree: SyntaxTree, node: SyntaxNode): boolean {
  const parent = tree.parents.get(node);
  if (!parent || node.type === 'VariableDeclaration') return false;
  if (parent.type === 'IfStatement') return parent['consequent'] === node || parent['alternate'] === node;
  return /^(For|ForIn|ForOf|While|DoWhile)Statement$/.test(parent.type) && parent['body'] === node;
}
