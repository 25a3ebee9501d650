import { replacing, type Template } from '../place.ts';
import { field, parts } from '../syntax.ts';

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
