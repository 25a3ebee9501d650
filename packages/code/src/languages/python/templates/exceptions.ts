import { type Draft, type Place, replacing, type Template } from '../place.ts';
import { field, parts, type SyntaxNode } from '../syntax.ts';

const exceptions = [
  'Exception',
  'ValueError',
  'TypeError',
  'KeyError',
  'IndexError',
  'AttributeError',
  'LookupError',
  'OSError',
  'RuntimeError',
  'StopIteration',
  'ZeroDivisionError',
  'NotImplementedError',
  'UnicodeDecodeError',
  'FileNotFoundError',
  'ImportError',
  'AssertionError',
];

/** A text or a plain value is no exception: Python raises a TypeError in its place. */
function* raisedValue(place: Place, value: SyntaxNode | undefined): Generator<Draft> {
  if (!value) return;
  const isVariable = value.type === 'identifier' && /^[a-z_]/.test(place.code(value));
  if (!isVariable && !/^(?:string|concatenated_string|binary_operator)$/.test(value.type)) return;
  const { messages } = place.ingredients;
  const prior = /must derive from BaseException/.test(messages) ? 0.3 : 0.03;
  const near = exceptions.filter((name) => place.text.includes(name));
  const own = place.scope.callables.filter((name) => /(?:Error|Exception)$/.test(name));
  for (const [rank, name] of [...new Set([...own, ...near, 'ValueError', 'TypeError', 'KeyError'])].entries()) {
    const likely = messages.includes(name) ? 2 : 1 / (1 + rank * 0.15);
    const explanation = '{old} is no exception; this raises {new}.';
    yield replacing(place, value, `${name}(${place.code(value)})`, 'raise-value', prior * likely, explanation);
  }
}

/** Exceptions caught, raised and kept. */
export const exceptionTypes: Template = function* (place) {
  const node = place.statement;
  if (node.type === 'except_clause') {
    const type = node.children.find((child) => child.named && !/^(?:block|comment)$/.test(child.type));
    if (!type) return;
    const bare = type.type === 'as_pattern' ? (parts(type)[0] ?? type) : type;
    const known = bare.type === 'tuple' ? parts(bare).map(place.code) : [place.code(bare)];
    const seen = new Set(exceptions.filter((name) => place.ingredients.messages.includes(name)));
    for (const name of exceptions) {
      if (known.includes(name)) continue;
      const prior = seen.has(name) ? 0.3 : name === 'Exception' ? 0.1 : 0.03;
      yield replacing(
        place,
        bare,
        `(${[...known, name].join(', ')})`,
        'except-type',
        prior,
        `The handler catches {old} only; this makes it {new}.`,
      );
      yield replacing(
        place,
        bare,
        name,
        'except-type',
        prior * 0.7,
        'The handler catches {old}, the wrong exception; this makes it {new}.',
      );
    }
  }
  if (node.type === 'raise_statement') {
    const value = parts(node)[0];
    const called = value?.type === 'call' ? field(value, 'function') : value;
    if (!called) return;
    yield* raisedValue(place, value);
    const own = place.scope.callables.filter((name) => /(?:Error|Exception|Warning|Invalid|Missing)$/.test(name));
    for (const name of new Set([...own.slice(0, 6), ...exceptions])) {
      if (name === place.code(called)) continue;
      const wanted = place.ingredients.messages.includes(name);
      yield replacing(
        place,
        called,
        name,
        'raise-type',
        wanted ? 0.25 : 0.03,
        '{old} is the wrong exception; this raises {new}.',
      );
    }
  }
};
