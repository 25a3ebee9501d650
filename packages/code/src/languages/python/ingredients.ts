import type { TestCase } from '@nova/core';
import { descend, type SyntaxNode } from './syntax.ts';

/** Values that a repair may need: of the failing assertions, of the tests that make them, of the file itself. */
export interface Ingredients {
  readonly numbers: readonly string[];
  readonly strings: readonly string[];
  /** Other values of failing assertions, such as lists. */
  readonly values: readonly string[];
  readonly messages: string;
}

const literal = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.])/g;

/** Mines the failing tests and the file. */
export function ingredientsOf(
  failing: readonly TestCase[],
  testSources: ReadonlyMap<string, string>,
  root: SyntaxNode,
  code: (node: SyntaxNode) => string,
): Ingredients {
  const numbers = new Map<string, number>();
  const strings = new Map<string, number>();
  const values = new Set<string>();
  const note = (text: string, weight: number) => {
    for (const [found] of text.matchAll(literal)) {
      const into = /^['"]/.test(found) ? strings : numbers;
      if (found.length <= 60) into.set(found, (into.get(found) ?? 0) + weight);
    }
  };
  const messages = failing
    .slice(0, 20)
    .map((test) => test.failure?.message ?? '')
    .join('\n');
  for (const test of failing.slice(0, 20)) {
    const message = test.failure?.message ?? '';
    note(message.slice(0, 2000), 10);
    for (const value of compared(message)) values.add(value);
    const source = test.file ? testSources.get(test.file) : undefined;
    if (source) note(bodyOf(source, test.name), 3);
  }
  for (const node of descend(root)) {
    if (node.type === 'integer' || node.type === 'float') {
      numbers.set(code(node), (numbers.get(code(node)) ?? 0) + 1);
    } else if (node.type === 'string' && node.end - node.start <= 60 && !code(node).startsWith('"""')) {
      strings.set(code(node), (strings.get(code(node)) ?? 0) + 1);
    }
  }
  const ordered = (found: ReadonlyMap<string, number>) =>
    [...found].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([text]) => text);
  return { numbers: ordered(numbers), strings: ordered(strings), values: [...values], messages };
}

/** The two sides that a failing assertion compared, where the message shows them as literals. */
function compared(message: string): string[] {
  const found: string[] = [];
  const line = /(?:^|\n)(?:AssertionError: |assert )?(.{1,120}?) (?:!=|==) (.{1,120}?)(?:\n|$)/.exec(message);
  for (const side of line ? [line[1], line[2]] : []) {
    const value = (side ?? '').replace(/^.*assert /, '').trim();
    if (/^(?:\[\]|\{\}|\(\)|\[\[\]\]|True|False|None|''|""|\[[\w\s,'".-]{1,40}\])$/.test(value)) found.push(value);
  }
  return found;
}

function bodyOf(source: string, name: string): string {
  const last =
    name
      .replace(/\[.*$/, '')
      .split(/[.: ]+/)
      .at(-1) ?? '';
  const at = source.search(new RegExp(`def ${last.replace(/[^\w]/g, '')}\\b`));
  return at < 0 ? '' : source.slice(at, at + 1200);
}
