import type { FileFacts } from '../facts.ts';
import type { SyntaxNode } from '../syntax.ts';

/** A replacement in the file at hand. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** One idea of a template for one node. */
export interface Draft {
  readonly template: string;
  /** As in `Proposal.prior`. */
  readonly prior: number;
  readonly explanation: string;
  readonly edits: readonly Edit[];
}

/** Makes drafts for a node; called for every node of a suspected statement. */
export type Template = (node: SyntaxNode, facts: FileFacts) => Iterable<Draft>;

/** The edit that puts text in a node's place. */
export function replace(node: SyntaxNode, text: string): Edit {
  return { start: node.start, end: node.end, text };
}

export function insert(at: number, text: string): Edit {
  return { start: at, end: at, text };
}

/** A draft with one edit. */
export function draft(template: string, prior: number, explanation: string, ...edits: Edit[]): Draft {
  return { template, prior, explanation, edits };
}

const primary =
  /^(Identifier|Literal|MemberExpression|CallExpression|ParenthesizedExpression|ArrayExpression|TemplateLiteral|ThisExpression|NewExpression|Super)$/;

/** A node's text in a form that may stand as an operand. */
export function operand(node: SyntaxNode, facts: FileFacts): string {
  const text = facts.textOf(node);
  return primary.test(node.type) ? text : `(${text})`;
}

/** Text shortened for a sentence. */
export function shown(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return `\`${line.length > 60 ? `${line.slice(0, 57)}…` : line}\``;
}
