import { isStatement, type SyntaxNode } from '../syntax.ts';

/** The statements of a block. */
export function within(body: SyntaxNode): SyntaxNode[] {
  return body.children.filter((child) => child.named && isStatement(child));
}

/** Siblings of a statement in its block, itself included. */
export function block(node: SyntaxNode): SyntaxNode[] {
  return node.parent
    ? node.parent.children.filter(
        (child) => child.named && (isStatement(child) || child.type === 'decorated_definition'),
      )
    : [];
}

/** True for a documentation string. */
export function isDocstring(node: SyntaxNode): boolean {
  return node.type === 'expression_statement' && node.children[0]?.type === 'string';
}
