import { before, lineStart, type Template } from '../place.ts';
import { field, isStatement, parts } from '../syntax.ts';
import { isDocstring } from './blocks.ts';

/** Default arguments that are shared, or have the wrong value. */
export const defaults: Template = function* (place) {
  const node = place.statement;
  const list = node.type === 'function_definition' ? field(node, 'parameters') : null;
  const body = field(node, 'body');
  const first = body?.children.find((child) => child.named);
  if (!list || !body || !first) return;
  const target = isDocstring(first)
    ? (body.children.filter((child) => child.named && isStatement(child))[1] ?? null)
    : first;
  for (const part of parts(list)) {
    const value = field(part, 'value');
    const name = field(part, 'name');
    if (!value || !name) continue;
    if (
      /^(?:list|dictionary|set|call)$/.test(value.type) &&
      target &&
      /^(?:\[\]|\{\}|set\(\)|list\(\)|dict\(\)|\[.*\]|\{.*\})$/.test(place.code(value))
    ) {
      const indent = place.text.slice(lineStart(place.text, target.start), target.start);
      yield {
        template: 'mutable-default',
        prior: 0.45,
        edits: [
          { start: value.start, end: value.end, text: 'None' },
          before(
            place,
            target,
            [`if ${place.code(name)} is None:`, `${place.level}${place.code(name)} = ${place.code(value)}`],
            indent,
          ),
        ],
        explanation: `The default \`${place.code(value)}\` of \`${place.code(name)}\` is shared by all calls; this makes a new one for each.`,
      };
    }
  }
};
