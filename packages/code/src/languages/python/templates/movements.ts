import { brief, lineEnd, lineStart, ownsItsLines, type Place, replacing, type Template } from '../place.ts';
import { isSimple, isStatement, type SyntaxNode } from '../syntax.ts';
import { block, isDocstring } from './blocks.ts';

/** A statement dropped, moved by one, or set one level in or out. */
export const movements: Template = function* (place) {
  const node = place.statement;
  if (
    !isStatement(node) ||
    /^(?:elif_clause|else_clause|except_clause|finally_clause|case_clause|function_definition|class_definition)$/.test(
      node.type,
    ) ||
    isDocstring(node)
  )
    return;
  if (!ownsItsLines(place, node) && isSimple(node)) return;
  const all = block(node);
  const index = all.indexOf(node);
  const range = { start: lineStart(place.text, node.start), end: lineEnd(place.text, node.end) };
  const simple = isSimple(node);
  const declares = /^(?:import_statement|import_from_statement|global_statement|nonlocal_statement)$/.test(node.type);
  if (all.length > 1)
    yield replacing(
      place,
      range,
      '',
      'drop-statement',
      declares ? 0.01 : simple ? 0.1 : 0.07,
      'The statement {old} does harm; this drops it.',
    );
  else if (simple && node.type !== 'pass_statement')
    yield replacing(place, node, 'pass', 'drop-statement', 0.06, 'The statement {old} does harm; this drops it.');
  if (declares) return;
  const text = place.text.slice(range.start, range.end);
  const previous = all[index - 1];
  const next = all[index + 1];
  if (previous && !isDocstring(previous) && place.text.slice(0, range.end).endsWith('\n')) {
    const start = lineStart(place.text, previous.start);
    yield {
      template: 'move-statement',
      prior: 0.06,
      edits: [
        { start, end: start, text },
        { start: range.start, end: range.end, text: '' },
      ],
      explanation: `${brief(text)} comes too late; this moves it before ${brief(place.code(previous).split('\n')[0] ?? '')}.`,
    };
  }
  if (next && node.type !== 'return_statement' && next.type !== 'decorated_definition') {
    const ended = lineEnd(place.text, next.end);
    const complete = place.text.slice(0, ended).endsWith('\n');
    yield {
      template: 'move-statement',
      prior: 0.06,
      edits: [
        { start: range.start, end: range.end, text: '' },
        { start: ended, end: ended, text: complete ? text : place.newline + text.trimEnd() },
      ],
      explanation: `${brief(text)} comes too early; this moves it after ${brief(place.code(next).split('\n')[0] ?? '')}.`,
    };
  }
  if (!simple) return;
  const outer = node.parent?.type === 'block' ? node.parent.parent : null;
  if (
    outer &&
    index === all.length - 1 &&
    all.length > 1 &&
    /^(?:for_statement|while_statement|if_statement|else_clause|with_statement|elif_clause)$/.test(outer.type)
  ) {
    const whole = outer.type.endsWith('clause') ? outer.parent : outer;
    // Out of the block: the statement follows the block only when nothing of the block comes after it.
    if (whole && lineEnd(place.text, whole.end) <= range.end + 1) {
      const indent = indentOf(place, whole);
      yield replacing(
        place,
        range,
        `${indent}${place.text.slice(node.start, range.end)}`,
        'statement-level',
        0.14,
        '{old} should run after the block, not in it; this sets it one level out.',
      );
    }
  }
  if (previous && /^(?:for_statement|while_statement|if_statement|with_statement)$/.test(previous.type)) {
    yield replacing(
      place,
      range,
      `${place.level}${place.text.slice(range.start, range.end)}`,
      'statement-level',
      0.12,
      '{old} should run inside the block above; this sets it one level in.',
    );
  }
};

function indentOf(place: Place, node: SyntaxNode): string {
  return place.text.slice(lineStart(place.text, node.start), node.start);
}
