import { createRequire } from 'node:module';
import { Edit, Language, Parser, type Tree, type TreeCursor } from 'web-tree-sitter';

/** A node of a Python syntax tree, as plain data; offsets count UTF-16 code units, lines from 1. */
export interface SyntaxNode {
  readonly type: string;
  readonly named: boolean;
  readonly field: string | null;
  readonly start: number;
  readonly end: number;
  readonly startLine: number;
  readonly endLine: number;
  readonly parent: SyntaxNode | null;
  readonly children: SyntaxNode[];
}

/** A parsed file. */
export interface SyntaxTree {
  readonly root: SyntaxNode;
  readonly sound: boolean;
}

/** Parses Python; the grammar is loaded with the first text. */
export interface PythonParser {
  parse(text: string): Promise<SyntaxTree>;
  /** Whether a text parses; fast for the many texts that differ a little from one another. */
  isSound(text: string): Promise<boolean>;
}

/** Makes a parser of its own around the WebAssembly grammar. */
export function createPythonParser(): PythonParser {
  let loading: Promise<Parser> | null = null;
  let kept: { text: string; tree: Tree } | null = null;
  return {
    async isSound(text) {
      loading ??= load();
      const parser = await loading;
      const change = kept && changeBetween(kept.text, text);
      const near = kept && change ? kept.tree.copy() : null;
      if (near && change) near.edit(change);
      const tree = parser.parse(text, near);
      near?.delete();
      if (!tree) throw new Error('The Python parser gave up.');
      const sound = !tree.rootNode.hasError;
      // What parses is a better start for the next text than what does not.
      if (sound && !change) {
        kept?.tree.delete();
        kept = { text, tree };
      } else tree.delete();
      return sound;
    },
    async parse(text) {
      loading ??= load();
      const parser = await loading;
      const tree = parser.parse(text);
      if (!tree) throw new Error('The Python parser gave up.');
      const cursor = tree.walk();
      try {
        return { root: convert(cursor), sound: !tree.rootNode.hasError };
      } finally {
        cursor.delete();
        tree.delete();
      }
    },
  };
}

async function load(): Promise<Parser> {
  await Parser.init();
  const grammar = createRequire(import.meta.url).resolve('tree-sitter-python/tree-sitter-python.wasm');
  return new Parser().setLanguage(await Language.load(grammar));
}

/** The one stretch that differs; null when the texts have too little in common for it to matter. */
function changeBetween(before: string, after: string): Edit | null {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start += 1;
  let end = 0;
  while (
    end < shorter - start &&
    before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)
  )
    end += 1;
  if (start + end < before.length / 2) return null;
  return new Edit({
    startIndex: start,
    oldEndIndex: before.length - end,
    newEndIndex: after.length - end,
    startPosition: pointAt(before, start),
    oldEndPosition: pointAt(before, before.length - end),
    newEndPosition: pointAt(after, after.length - end),
  });
}

function pointAt(text: string, offset: number): { row: number; column: number } {
  let row = 0;
  let line = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    row += 1;
    line = at + 1;
  }
  return { row, column: offset - line };
}

/** Without recursion: generated code nests deeper than a stack. */
function convert(cursor: TreeCursor): SyntaxNode {
  const root = nodeAt(cursor, null);
  let at = root;
  for (;;) {
    if (cursor.gotoFirstChild()) {
      at = child(cursor, at);
      continue;
    }
    while (!cursor.gotoNextSibling()) {
      if (!at.parent || !cursor.gotoParent()) return root;
      at = at.parent;
    }
    if (!at.parent) return root;
    at = child(cursor, at.parent);
  }
}

function child(cursor: TreeCursor, parent: SyntaxNode): SyntaxNode {
  const node = nodeAt(cursor, parent);
  parent.children.push(node);
  return node;
}

function nodeAt(cursor: TreeCursor, parent: SyntaxNode | null): SyntaxNode {
  return {
    type: cursor.nodeType,
    named: cursor.nodeIsNamed,
    field: cursor.currentFieldName,
    start: cursor.startIndex,
    end: cursor.endIndex,
    startLine: cursor.startPosition.row + 1,
    endLine: cursor.endPosition.row + 1,
    parent,
    children: [],
  };
}

/** The first child under a field. */
export function field(node: SyntaxNode, name: string): SyntaxNode | null {
  return node.children.find((child) => child.field === name) ?? null;
}

/** Children that carry meaning: no punctuation, no comments. */
export function parts(node: SyntaxNode): SyntaxNode[] {
  return node.children.filter((child) => child.named && child.type !== 'comment');
}

/** A node and everything below it, in order of the text. */
export function descend(node: SyntaxNode, into: (node: SyntaxNode) => boolean = () => true): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  const waiting = [node];
  for (let at = waiting.pop(); at; at = waiting.pop()) {
    found.push(at);
    for (let index = at.children.length - 1; index >= 0; index -= 1) {
      const below = at.children[index];
      if (below && into(below)) waiting.push(below);
    }
  }
  return found;
}

/** The nearest ancestor of one of these types. */
export function ancestor(node: SyntaxNode, ...types: string[]): SyntaxNode | null {
  for (let at = node.parent; at; at = at.parent) if (types.includes(at.type)) return at;
  return null;
}

const simpleStatements = new Set([
  'expression_statement',
  'return_statement',
  'raise_statement',
  'assert_statement',
  'delete_statement',
  'pass_statement',
  'break_statement',
  'continue_statement',
  'import_statement',
  'import_from_statement',
  'future_import_statement',
  'global_statement',
  'nonlocal_statement',
  'print_statement',
  'exec_statement',
  'type_alias_statement',
]);
const compoundStatements = new Set([
  'if_statement',
  'elif_clause',
  'else_clause',
  'for_statement',
  'while_statement',
  'try_statement',
  'except_clause',
  'except_group_clause',
  'finally_clause',
  'with_statement',
  'function_definition',
  'class_definition',
  'match_statement',
  'case_clause',
]);

/** True for what stands on lines of its own: a simple statement, or a compound one with its header. */
export function isStatement(node: SyntaxNode): boolean {
  return simpleStatements.has(node.type) || compoundStatements.has(node.type);
}

/** True for a statement without a body. */
export function isSimple(node: SyntaxNode): boolean {
  return simpleStatements.has(node.type);
}

function isBody(node: SyntaxNode): boolean {
  return node.type === 'block' || (node.named && compoundStatements.has(node.type));
}

/** True for a string that stands for itself, as a docstring does. */
export function doesNothing(statement: SyntaxNode): boolean {
  const [only, ...others] = parts(statement);
  return statement.type === 'expression_statement' && only?.type === 'string' && others.length === 0;
}

/** Nodes of a statement itself, without those of its body and of its other branches. */
export function ownNodes(statement: SyntaxNode): SyntaxNode[] {
  return [...descend(statement, (node) => !isBody(node))];
}

/** Last line of a statement's own code: of its header when it has a body. */
export function ownEndLine(statement: SyntaxNode): number {
  if (isSimple(statement)) return statement.endLine;
  const body = statement.children.findIndex(isBody);
  const last = body > 0 ? statement.children[body - 1] : statement.children[0];
  return last ? last.endLine : statement.startLine;
}

/** All statements of a file, in order. */
export function statementsOf(root: SyntaxNode): SyntaxNode[] {
  return [...descend(root)].filter((node) => node.named && isStatement(node));
}
