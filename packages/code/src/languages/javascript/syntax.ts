import { parseSync } from 'oxc-parser';

/** A node of an ESTree, as oxc-parser gives it; offsets count UTF-16 code units. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** A parsed file with what the templates and the instrumentation ask of it. */
export interface SyntaxTree {
  readonly text: string;
  readonly program: SyntaxNode;
  readonly parents: ReadonlyMap<SyntaxNode, SyntaxNode>;
  /** Every node, a parent before its children, in order of the text. */
  readonly nodes: readonly SyntaxNode[];
  /** 1-based line of an offset. */
  lineOf(offset: number): number;
}

/** Parses a file by its extension; null when it has syntax errors in every reading (module, script, with JSX). */
export function parseJavaScript(path: string, text: string): SyntaxTree | null {
  for (const name of readings(path)) {
    const parsed = parseSync(name, text, { preserveParens: true });
    if (!parsed.errors.some((error) => error.severity === 'Error')) {
      return treeOf(text, parsed.program as unknown as SyntaxNode);
    }
  }
  return null;
}

/** True when the text has no syntax errors in some reading; much cheaper than a tree. */
export function parsesAsJavaScript(path: string, text: string): boolean {
  return readings(path).some((name) => !parseSync(name, text).errors.some((error) => error.severity === 'Error'));
}

function readings(path: string): string[] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  if (extension === 'js') return ['file.js', 'file.cjs', 'file.jsx'];
  if (['mjs', 'cjs', 'jsx', 'ts', 'mts', 'cts', 'tsx'].includes(extension)) return [`file.${extension}`];
  return ['file.js', 'file.cjs'];
}

function treeOf(text: string, program: SyntaxNode): SyntaxTree {
  const parents = new Map<SyntaxNode, SyntaxNode>();
  const nodes: SyntaxNode[] = [];
  const pending: SyntaxNode[] = [program];
  for (let node = pending.pop(); node; node = pending.pop()) {
    nodes.push(node);
    const inside = childrenOf(node);
    for (const child of inside) parents.set(child, node);
    for (let index = inside.length - 1; index >= 0; index--) pending.push(inside[index] as SyntaxNode);
  }
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return { text, program, parents, nodes, lineOf: (offset) => lineIndex(lineStarts, offset) };
}

function lineIndex(lineStarts: readonly number[], offset: number): number {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}

/** True for an object that is a node. */
function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** The nodes directly inside, in order of the text. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (const field in node) {
    const value = node[field];
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) found.push(item);
    } else if (isNode(value)) found.push(value);
  }
  return found.sort((a, b) => a.start - b.start);
}

/** The node in a field, null when there is none. */
export function nodeIn(node: SyntaxNode, field: string): SyntaxNode | null {
  const value = node[field];
  return isNode(value) ? value : null;
}

/** The nodes in a list field; holes are left out. */
export function nodesIn(node: SyntaxNode, field: string): SyntaxNode[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The name of an identifier or private identifier; null for anything else. */
export function nameOf(node: SyntaxNode | null): string | null {
  return node && (node.type === 'Identifier' || node.type === 'PrivateIdentifier') ? String(node['name']) : null;
}

const statementTypes = new Set([
  'ExpressionStatement',
  'VariableDeclaration',
  'ReturnStatement',
  'IfStatement',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'WhileStatement',
  'DoWhileStatement',
  'SwitchStatement',
  'ThrowStatement',
  'TryStatement',
  'BreakStatement',
  'ContinueStatement',
  'LabeledStatement',
  'WithStatement',
]);

/** True for a statement that does something when reached: no block, declaration of a function or import. */
export function isStatement(node: SyntaxNode): boolean {
  return statementTypes.has(node.type);
}

export function isFunction(node: SyntaxNode): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
}

/** The list of statements that a node stands in, when it stands in one. */
export function siblingsOf(tree: SyntaxTree, node: SyntaxNode): SyntaxNode[] | null {
  const parent = tree.parents.get(node);
  if (!parent) return null;
  for (const field of parent.type === 'SwitchCase' ? ['consequent'] : ['body']) {
    const list = parent[field];
    if (Array.isArray(list) && list.includes(node)) return list.filter(isNode);
  }
  return null;
}

const functions = new WeakMap<SyntaxNode, SyntaxNode>();

/** The nearest enclosing function; the program when there is none. */
export function functionOf(tree: SyntaxTree, node: SyntaxNode): SyntaxNode {
  const known = functions.get(node);
  if (known) return known;
  let at = tree.parents.get(node);
  while (at && !isFunction(at)) at = tree.parents.get(at);
  functions.set(node, at ?? tree.program);
  return at ?? tree.program;
}

/** The offset at which a compound statement's own head ends and its bodies begin. */
export function headEnd(node: SyntaxNode): number {
  const body =
    nodeIn(node, 'consequent') ??
    nodeIn(node, 'body') ??
    nodeIn(node, 'block') ??
    (node.type === 'SwitchStatement' ? (nodesIn(node, 'cases')[0] ?? null) : null);
  return body && isStatementLike(node) ? Math.max(node.start, body.start) : node.end;
}

function isStatementLike(node: SyntaxNode): boolean {
  return /Statement$/.test(node.type) && !/^(ExpressionStatement|ReturnStatement|ThrowStatement)$/.test(node.type);
}
