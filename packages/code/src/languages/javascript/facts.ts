import type { TestCase } from '@nova/core';
import { isReferencePosition, namesInScope, type ScopedName } from './scope.ts';
import {
  childrenOf,
  functionOf,
  isFunction,
  nameOf,
  nodeIn,
  nodesIn,
  type SyntaxNode,
  type SyntaxTree,
} from './syntax.ts';

/** What templates may draw on: the file, and the values that the failing tests name. */
export interface FileFacts {
  readonly tree: SyntaxTree;
  textOf(node: SyntaxNode): string;
  /** Names that may be used at a node, nearest scope first. */
  scopeAt(node: SyntaxNode): readonly ScopedName[];
  /** Literals (as source text) of the failing assertions first, then of the file, most frequent first. */
  readonly numbers: readonly string[];
  readonly strings: readonly string[];
  /** Property names used in the file, most frequent first. */
  readonly properties: readonly string[];
  /** Short expressions that the file's functions return, most frequent first. */
  readonly returned: readonly string[];
  /** Literals that a failing assertion expected. */
  readonly expected: readonly string[];
  /** Calls in the file by callee text: the argument lists seen. */
  readonly calls: ReadonlyMap<string, readonly SyntaxNode[]>;
  /** The same by the method's name alone. */
  readonly callsByMethod: ReadonlyMap<string, readonly SyntaxNode[]>;
  /** Short calls of methods by the text of the object. */
  readonly callsOn: ReadonlyMap<string, readonly SyntaxNode[]>;
  /** Conditions of the file's branches and loops, short ones. */
  readonly conditions: readonly SyntaxNode[];
  /** Nodes of each function, without those of functions inside it. */
  nodesOf(fn: SyntaxNode): readonly SyntaxNode[];
  /** True when every name that a short piece of code reads is visible at a node. */
  fits(code: string, node: SyntaxNode): boolean;
}

/** Gathers the facts of one file. */
export function gatherFacts(
  tree: SyntaxTree,
  failing: readonly TestCase[],
  testSources: ReadonlyMap<string, string>,
): FileFacts {
  const textOf = (node: SyntaxNode) => tree.text.slice(node.start, node.end);
  const numbers = new Tally();
  const strings = new Tally();
  const properties = new Tally();
  const returned = new Tally();
  const calls = new Map<string, SyntaxNode[]>();
  const conditions: SyntaxNode[] = [];
  const callsByMethod = new Map<string, SyntaxNode[]>();
  const callsOn = new Map<string, SyntaxNode[]>();
  const byFunction = new Map<SyntaxNode, SyntaxNode[]>();
  const scopes = new Map<SyntaxNode, readonly ScopedName[]>();
  const scopeAt = (node: SyntaxNode) => {
    const known = scopes.get(node);
    if (known) return known;
    const found = namesInScope(tree, node);
    scopes.set(node, found);
    return found;
  };
  const expected = expectedLiterals(failing);
  for (const value of expected) (/^['"]/.test(value) ? strings : numbers).add(value, 1000);
  for (const node of tree.nodes) {
    push(byFunction, functionOf(tree, node), node);
    if (node.type === 'Literal' && typeof node['value'] === 'number') numbers.add(textOf(node));
    else if (node.type === 'Literal' && typeof node['value'] === 'string' && isValuePosition(tree, node))
      strings.add(textOf(node));
    else if (node.type === 'MemberExpression' && node['computed'] !== true)
      properties.add(nameOf(nodeIn(node, 'property')) ?? '');
    else if (node.type === 'Property' && node['computed'] !== true) properties.add(nameOf(nodeIn(node, 'key')) ?? '');
    else if (node.type === 'ReturnStatement') {
      const value = nodeIn(node, 'argument');
      if (value && value.end - value.start <= 30 && !isFunction(value)) returned.add(textOf(value));
    } else if (node.type === 'CallExpression') {
      const callee = nodeIn(node, 'callee');
      if (callee) {
        const key = textOf(callee);
        push(calls, key, node);
        const object =
          callee.type === 'MemberExpression' && callee['computed'] !== true ? nodeIn(callee, 'object') : null;
        const method = object ? nameOf(nodeIn(callee, 'property')) : null;
        if (object && method !== null) {
          push(callsByMethod, method, node);
          if (node.end - object.end <= 60) push(callsOn, textOf(object), node);
        }
      }
    } else if (/^(If|While)Statement$|^ConditionalExpression$/.test(node.type)) {
      const test = nodeIn(node, 'test');
      if (test && test.end - test.start <= 60) conditions.push(test);
    }
  }
  const tests = literalsIn([...testSources.values()].join('\n'));
  for (const value of tests.slice(0, 60)) (/^['"]/.test(value) ? strings : numbers).add(value);
  return {
    tree,
    textOf,
    scopeAt,
    numbers: numbers.ordered(),
    strings: strings.ordered(),
    properties: properties.ordered(),
    returned: returned.ordered(),
    expected,
    calls,
    callsByMethod,
    callsOn,
    conditions,
    nodesOf: (fn) => byFunction.get(fn) ?? [],
    fits: (code, node) => namesRead(code).every((name) => scopeAt(node).some((item) => item.name === name)),
  };
}

function push(map: Map<SyntaxNode | string, SyntaxNode[]>, key: SyntaxNode | string, node: SyntaxNode): void {
  const list = map.get(key);
  if (list) list.push(node);
  else map.set(key, [node]);
}

const globals =
  /^(return|throw|break|continue|new|null|undefined|true|false|this|typeof|await|if|else|in|of|instanceof|void|delete|async|function|const|let|var|Math|Object|Array|String|Number|Boolean|BigInt|JSON|Error|TypeError|RangeError|SyntaxError|Map|Set|WeakMap|Date|RegExp|Symbol|Promise|Reflect|NaN|Infinity|parseInt|parseFloat|isNaN|isFinite|process|Buffer|arguments)$/;

/** Names of variables that a short piece of code reads, by its words; those of the language are left out. */
function namesRead(code: string): string[] {
  const plain = code.replaceAll(
    /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|\/(?![*/ ])(?:[^/\\\n]|\\.)+\/[a-z]*/g,
    '0',
  );
  const words = plain.match(/(?<![\w$.])[A-Za-z_$][\w$]*(?!\s*:)/g) ?? [];
  return [...new Set(words)].filter((word) => !globals.test(word));
}

class Tally {
  readonly #counts = new Map<string, number>();

  add(value: string, weight = 1): void {
    if (value !== '') this.#counts.set(value, (this.#counts.get(value) ?? 0) + weight);
  }

  ordered(): string[] {
    return [...this.#counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([value]) => value);
  }
}

/** True for a string that is a value: no key, no module name, no directive. */
export function isValuePosition(tree: SyntaxTree, node: SyntaxNode): boolean {
  const parent = tree.parents.get(node);
  if (!parent) return false;
  if (/^(Import|Export)/.test(parent.type) || parent['directive'] !== undefined) return false;
  return !(/Property|Method/.test(parent.type) && parent['key'] === node && parent['computed'] !== true);
}

/** Literals in the text of failed assertions: what was expected, then everything else that was printed. */
function expectedLiterals(failing: readonly TestCase[]): string[] {
  const found = new Set<string>();
  for (const { failure } of failing) {
    if (!failure) continue;
    const lines = failure.message.split('\n');
    for (const line of lines) {
      const named = /^\s*(?:expected:|\+(?!\+)|-(?!-))\s*(.*)$/.exec(line)?.[1];
      for (const value of literalsIn(named ?? '')) found.add(value);
    }
    for (const value of literalsIn(lines.slice(0, 6).join('\n'))) found.add(value);
  }
  return [...found].slice(0, 40);
}

/** Numbers and short strings in any text, as JavaScript literals, each once in order of appearance. */
function literalsIn(text: string): string[] {
  const found = new Set<string>();
  for (const match of text.matchAll(
    /'(?:[^'\\\n]|\\.){0,60}'|"(?:[^"\\\n]|\\.){0,60}"|(?<![\w.$])-?\d+(?:\.\d+)?(?![\w$])/g,
  )) {
    const literal = match[0];
    found.add(literal.startsWith('"') && !literal.includes("'") ? `'${literal.slice(1, -1)}'` : literal);
  }
  return [...found];
}

/** Identifiers that are read at or below a node, in order of the text. */
export function referencesIn(tree: SyntaxTree, node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  const visit = (inner: SyntaxNode) => {
    if (inner.type === 'Identifier' && isReferencePosition(tree, inner)) found.push(inner);
    for (const child of childrenOf(inner)) visit(child);
  };
  visit(node);
  return found;
}

/** Parameters of a function as plain names; patterns are left out. */
export function parameterNames(fn: SyntaxNode): string[] {
  return nodesIn(fn, 'params').flatMap((parameter) => {
    const name = nameOf(parameter.type === 'AssignmentPattern' ? nodeIn(parameter, 'left') : parameter);
    return name === null ? [] : [name];
  });
}
