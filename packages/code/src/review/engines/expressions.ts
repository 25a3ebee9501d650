import { parseJavaScript } from '../../languages/javascript/syntax.ts';
import type { PythonParser, SyntaxNode } from '../../languages/python/syntax.ts';

/** A regular expression in a source file, in JavaScript's notation. */
export interface Expression {
  readonly source: string;
  readonly flags: string;
  readonly start: number;
  readonly end: number;
}

/** Expressions that stand whole in a JavaScript or TypeScript file: literals, and strings given to `RegExp`. */
export function javaScriptExpressions(path: string, text: string): Expression[] {
  const found: Expression[] = [];
  for (const node of parseJavaScript(path, text)?.nodes ?? []) {
    const { start, end } = node;
    const regex = node['regex'] as { pattern: string; flags: string } | undefined;
    if (node.type === 'Literal' && regex) found.push({ source: regex.pattern, flags: regex.flags, start, end });
    if (node.type !== 'NewExpression' && node.type !== 'CallExpression') continue;
    const callee = node['callee'] as { type: string; name?: string };
    if (callee.type !== 'Identifier' || callee.name !== 'RegExp') continue;
    const [pattern, flags] = node['arguments'] as { type: string; value?: unknown }[];
    if (typeof pattern?.value !== 'string') continue;
    found.push({ source: pattern.value, flags: typeof flags?.value === 'string' ? flags.value : '', start, end });
  }
  return found;
}

const pythonCalls = /^re\.(compile|match|search|fullmatch|findall|finditer|sub|subn|split)$/;

/** Strings in which a backslash is one that a Python file gives to `re`, in JavaScript's notation as far as there is the same. */
export async function pythonExpressions(text: string, parser: PythonParser): Promise<Expression[]> {
  if (!/\bre\./.test(text)) return [];
  const found: Expression[] = [];
  const pending: SyntaxNode[] = [(await parser.parse(text)).root];
  for (let node = pending.pop(); node; node = pending.pop()) {
    pending.push(...node.children);
    if (node.type !== 'call') continue;
    const [callee, list] = node.children;
    if (!callee || !list || !pythonCalls.test(text.slice(callee.start, callee.end))) continue;
    const pattern = list.children.find((child) => child.named);
    const written = pattern?.type === 'string' ? text.slice(pattern.start, pattern.end) : '';
    const [, prefix = '', , body] = /^([rRbBuU]{0,2})('''|"""|'|")([\s\S]*)\2$/.exec(written) ?? [];
    if (!pattern || body === undefined || (body.includes('\\') && !/r/i.test(prefix))) continue;
    const name = text.slice(callee.start, callee.end);
    const given = text.slice(list.start, pattern.start) + text.slice(pattern.end, list.end);
    found.push({ ...inJavaScript(body, name.endsWith('match'), given), start: pattern.start, end: pattern.end });
  }
  return found;
}

function inJavaScript(pattern: string, anchored: boolean, given: string): { source: string; flags: string } {
  const [whole = '', inline = ''] = /^\s*\(\?([aiLmsux]+)\)/.exec(pattern) ?? [];
  const has = (letter: string, name: string) =>
    inline.includes(letter) || new RegExp(`\\b(?:${letter.toUpperCase()}|${name})\\b`).test(given);
  const body = pattern.slice(whole.length);
  const source = (has('x', 'VERBOSE') ? withoutLayout(body) : body)
    .replace(/\(\?P</g, '(?<')
    .replace(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replace(/\\A/g, '^')
    .replace(/\\Z/g, '$');
  const flags = `${has('i', 'IGNORECASE') ? 'i' : ''}${has('m', 'MULTILINE') ? 'm' : ''}${has('s', 'DOTALL') ? 's' : ''}`;
  return { source: anchored ? `^(?:${source})` : source, flags };
}

/** Spaces and comments of Python's verbose notation mean nothing, but in a class and after a backslash. */
function withoutLayout(pattern: string): string {
  return pattern.replace(/\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\s+|#.*/g, (part) =>
    /^[\s#]/.test(part) ? '' : part,
  );
}
