import bash from 'highlight.js/lib/languages/bash';
import css from 'highlight.js/lib/languages/css';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import markdown from 'highlight.js/lib/languages/markdown';
import python from 'highlight.js/lib/languages/python';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import { createLowlight } from 'lowlight';

/** A piece of a line in one colour; `name` is a class of the highlighter's, without its prefix. */
export interface Piece {
  readonly text: string;
  readonly name: string | null;
}

const lowlight = createLowlight({ bash, css, javascript, json, markdown, python, typescript, xml, yaml });
const byEnding: Readonly<Record<string, string>> = {
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
  ts: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  tsx: 'typescript',
  py: 'python',
  pyi: 'python',
  json: 'json',
  css: 'css',
  html: 'xml',
  xml: 'xml',
  svg: 'xml',
  md: 'markdown',
  yml: 'yaml',
  yaml: 'yaml',
  sh: 'bash',
};
/** Beyond this many letters colours are not worth the time they take. */
const mostLetters = 200_000;

/** Colours lines that follow each other in a file; in a language that it does not know every line is one piece. */
export function highlightLines(lines: readonly string[], path: string): readonly (readonly Piece[])[] {
  const language = byEnding[path.split('.').at(-1)?.toLowerCase() ?? ''];
  const text = lines.join('\n');
  if (language === undefined || text.length > mostLetters) return lines.map((line) => [{ text: line, name: null }]);
  const result: Piece[][] = [[]];
  for (const { text: run, name } of runs(lowlight.highlight(language, text), null)) {
    run.split('\n').forEach((part, index) => {
      if (index > 0) result.push([]);
      if (part !== '') result.at(-1)?.push({ text: part, name });
    });
  }
  return result;
}

type Tree = ReturnType<typeof lowlight.highlight>;
type Node = Tree | Tree['children'][number];

function* runs(node: Node, name: string | null): Iterable<Piece> {
  if (node.type === 'text') yield { text: node.value, name };
  if (node.type !== 'root' && node.type !== 'element') return;
  const classes = node.type === 'element' ? node.properties['className'] : null;
  const own = Array.isArray(classes) ? String(classes[0] ?? '').replace(/^hljs-/, '') : name;
  for (const child of node.children) yield* runs(child, own);
}

/** Cuts pieces so that a range of the line's letters can be marked: what is inside comes back with `marked`. */
export function markRange(
  pieces: readonly Piece[],
  [start, end]: readonly [number, number],
): readonly (Piece & { readonly marked: boolean })[] {
  let at = 0;
  return pieces.flatMap(({ text, name }) => {
    const from = at;
    at += text.length;
    const cuts = [0, start - from, end - from, text.length].map((cut) => Math.min(text.length, Math.max(0, cut)));
    const [a = 0, b = 0, c = 0, d = 0] = cuts;
    return [
      { text: text.slice(a, b), name, marked: false },
      { text: text.slice(b, c), name, marked: true },
      { text: text.slice(c, d), name, marked: false },
    ].filter((piece) => piece.text !== '');
  });
}
