import type { Ingredients } from './ingredients.ts';
import type { Scope } from './scope.ts';
import type { SyntaxNode } from './syntax.ts';

/** A replacement within the file of a place. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A suspected statement with all that the templates need to know about it. */
export interface Place {
  readonly text: string;
  readonly root: SyntaxNode;
  readonly statement: SyntaxNode;
  /** Nodes of the statement itself, without its body. */
  readonly nodes: readonly SyntaxNode[];
  readonly scope: Scope;
  readonly ingredients: Ingredients;
  /** White space before the statement, one level of it, and the end of a line, as the file has them. */
  readonly indent: string;
  readonly level: string;
  readonly newline: string;
  code(node: SyntaxNode): string;
}

/** A repair that a template suggests; see `Proposal`. */
export interface Draft {
  readonly template: string;
  readonly prior: number;
  readonly edits: readonly Edit[];
  readonly explanation: string;
}

/** A rule that looks at a place and suggests repairs. */
export type Template = (place: Place) => Iterable<Draft>;

/** A draft that puts other code in the place of a node. */
export function replacing(
  place: Place,
  node: { start: number; end: number },
  text: string,
  template: string,
  prior: number,
  explanation: string,
): Draft {
  const old = place.text.slice(node.start, node.end);
  return {
    template,
    prior,
    edits: [{ start: node.start, end: node.end, text }],
    explanation: explanation.replace('{old}', () => brief(old)).replace('{new}', () => brief(text)),
  };
}

/** Code as it stands in a sentence: one line, not too long. */
export function brief(code: string): string {
  const line = code.trim().replace(/\s+/g, ' ');
  return `\`${line.length > 70 ? `${line.slice(0, 67)}...` : line}\``;
}

/** Start of the line on which an offset lies. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Offset just after the line on which an offset lies, its end included. */
export function lineEnd(text: string, offset: number): number {
  const found = text.indexOf('\n', offset);
  return found < 0 ? text.length : found + 1;
}

/** True when a statement has its lines to itself, so that lines may be put before and after it. */
export function ownsItsLines(place: Place, node: SyntaxNode): boolean {
  const before = place.text.slice(lineStart(place.text, node.start), node.start);
  const after = place.text.slice(node.end, lineEnd(place.text, node.end)).trim();
  return before.trim() === '' && (after === '' || after.startsWith('#'));
}

/** An edit that puts statements on lines of their own before a node. */
export function before(place: Place, node: SyntaxNode, lines: readonly string[], indent = place.indent): Edit {
  const at = lineStart(place.text, node.start);
  return { start: at, end: at, text: lines.map((line) => `${indent}${line}${place.newline}`).join('') };
}

/** An edit that puts statements on lines of their own after a node. */
export function after(place: Place, node: SyntaxNode, lines: readonly string[], indent = place.indent): Edit {
  const at = lineEnd(place.text, node.end);
  const ended = place.text.slice(0, at).endsWith('\n');
  const text = lines.map((line) => `${indent}${line}${place.newline}`).join('');
  return { start: at, end: at, text: ended ? text : `${place.newline}${text}` };
}
