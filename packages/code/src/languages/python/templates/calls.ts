import { type Draft, type Place, replacing, type Template } from '../place.ts';
import { field, parts, type SyntaxNode } from '../syntax.ts';
import { swapped } from './operators.ts';

/** Methods and functions that are taken for each other, with how often. */
const families: readonly (readonly string[])[] = [
  ['append', 'extend', 'insert', 'add', 'appendleft'],
  ['pop', 'popleft', 'popitem'],
  ['remove', 'discard', 'pop', 'clear'],
  ['append', 'remove'],
  ['append', 'pop'],
  ['acquire', 'release'],
  ['start', 'stop'],
  ['open', 'close'],
  ['update', 'add', 'setdefault'],
  ['find', 'rfind'],
  ['index', 'rindex'],
  ['find', 'index'],
  ['rfind', 'rindex'],
  ['strip', 'lstrip', 'rstrip'],
  ['removeprefix', 'removesuffix'],
  ['startswith', 'endswith'],
  ['lower', 'upper', 'casefold', 'title', 'capitalize', 'swapcase'],
  ['items', 'keys', 'values'],
  ['isdigit', 'isdecimal', 'isnumeric', 'isalnum', 'isalpha'],
  ['islower', 'isupper', 'istitle'],
  ['isspace', 'isalnum'],
  ['split', 'rsplit', 'splitlines'],
  ['partition', 'rpartition'],
  ['ljust', 'rjust', 'center', 'zfill'],
  ['match', 'search', 'fullmatch'],
  ['findall', 'finditer'],
  ['sub', 'subn'],
  ['group', 'groups', 'groupdict'],
  ['start', 'end', 'span'],
  ['union', 'intersection', 'difference', 'symmetric_difference'],
  ['issubset', 'issuperset', 'isdisjoint'],
  ['read', 'readline', 'readlines'],
  ['write', 'writelines'],
  ['encode', 'decode'],
  ['get', 'setdefault', 'pop'],
  ['copy', 'deepcopy'],
  ['weekday', 'isoweekday'],
  ['days', 'seconds', 'total_seconds'],
  ['min', 'max', 'sum'],
  ['any', 'all'],
  ['floor', 'ceil', 'trunc', 'fabs'],
  ['sqrt', 'pow', 'exp'],
  ['sin', 'cos', 'tan'],
  ['bisect_left', 'bisect_right', 'bisect'],
  ['insort_left', 'insort_right'],
  ['heappush', 'heappop', 'heapreplace', 'heappushpop'],
  ['nlargest', 'nsmallest'],
  ['sorted', 'list', 'set', 'tuple', 'reversed'],
  ['int', 'float', 'round', 'str', 'bool'],
  ['iter', 'list'],
  ['map', 'filter'],
  ['zip', 'enumerate'],
  ['ord', 'chr'],
  ['str', 'repr', 'ascii'],
  ['isinstance', 'issubclass'],
  ['getattr', 'hasattr'],
  ['dirname', 'basename'],
  ['exists', 'isfile', 'isdir'],
  ['loads', 'load'],
  ['dumps', 'dump'],
  ['accumulate', 'chain'],
  ['combinations', 'permutations', 'product'],
];

/** Another method or function of the same family. */
export const methodFamilies: Template = function* (place) {
  for (const node of place.nodes) {
    if (node.type !== 'call') continue;
    const called = field(node, 'function');
    const list = field(node, 'arguments');
    if (!called || !list) continue;
    const name =
      called.type === 'attribute' ? field(called, 'attribute') : called.type === 'identifier' ? called : null;
    if (!name) continue;
    const text = place.code(name);
    const offered = new Set<string>();
    for (const family of families) {
      if (!family.includes(text)) continue;
      const prior = family.length <= 3 ? 0.2 : 0.13;
      for (const other of family) {
        if (other === text || offered.has(other)) continue;
        offered.add(other);
        if (other === 'insert' && text === 'append') {
          const inner = place.text.slice(list.start + 1, list.end - 1);
          yield {
            template: 'method-family',
            prior: 0.1,
            edits: [{ start: name.start, end: list.end, text: `insert(0, ${inner})` }],
            explanation: `\`${place.code(node)}\` adds at the wrong end; this inserts at the front.`,
          };
          continue;
        }
        yield replacing(
          place,
          name,
          other,
          'method-family',
          prior,
          `\`${place.code(node)}\` calls {old} where {new} is meant.`,
        );
      }
    }
    yield* particular(place, node, called, list, text);
  }
};

function* particular(
  place: Place,
  node: SyntaxNode,
  called: SyntaxNode,
  list: SyntaxNode,
  name: string,
): Generator<Draft> {
  const object = called.type === 'attribute' ? field(called, 'object') : null;
  const given = parts(list);
  const all = place.code(node);
  const made = (text: string, prior: number): Draft =>
    replacing(place, node, text, 'call-form', prior, '{old} does not do what is meant; this makes it {new}.');
  const inner = place.text.slice(list.start + 1, list.end - 1).trim();
  if (object && name === 'sort' && node.parent?.type !== 'expression_statement')
    yield made(`sorted(${[place.code(object), inner].filter(Boolean).join(', ')})`, 0.15);
  if (!object && name === 'sorted' && node.parent?.type === 'expression_statement' && given[0])
    yield made(`${place.code(given[0])}.sort()`, 0.2);
  if (object && name === 'pop' && given.length === 0) yield made(`${place.code(object)}.pop(0)`, 0.14);
  if (object && name === 'pop' && given.length === 1 && inner === '0') yield made(`${place.code(object)}.pop()`, 0.14);
  if (object && name === 'get' && given.length === 1) {
    for (const fallback of ['0', "''", '[]', '{}', 'False', ...place.scope.variables.slice(0, 2)])
      yield made(`${all.slice(0, -1)}, ${fallback})`, 0.02);
    yield made(`${place.code(object)}[${inner}]`, 0.05);
  }
  if (object && name === 'split' && given.length === 0) yield made(`${place.code(object)}.split(' ')`, 0.06);
  if (object && /^r?split$/.test(name)) {
    if (given.length === 1) {
      yield made(`${all.slice(0, -1)}, 1)`, 0.08);
      yield made(`${place.code(object)}.${name}()`, 0.06);
    }
    if (given.length === 2 && given[0]) yield made(`${place.code(object)}.${name}(${place.code(given[0])})`, 0.08);
  }
  if (object && name === 'replace' && given.length === 2) yield made(`${all.slice(0, -1)}, 1)`, 0.05);
  if (object && name === 'replace' && given.length === 3)
    yield made(`${place.code(object)}.replace(${given.slice(0, 2).map(place.code).join(', ')})`, 0.1);
  if (!object && name === 'int' && given.length === 1)
    for (const base of ['2', '16']) yield made(`${all.slice(0, -1)}, ${base})`, 0.01);
  if (!object && name === 'round' && given.length === 1)
    for (const digits of ['2', '1']) yield made(`${all.slice(0, -1)}, ${digits})`, 0.015);
  if (!object && name === 'enumerate' && given.length === 1) yield made(`${all.slice(0, -1)}, 1)`, 0.1);
  if (object && name === 'extend' && given.length === 1) yield made(`${place.code(object)}.append(${inner})`, 0.1);
  if (object && /^(?:strip|lstrip|rstrip)$/.test(name) && given.length === 1)
    yield made(`${place.code(object)}.${name}()`, 0.05);
  if (/^(?:max|min)$/.test(name) && given.length === 1)
    for (const fallback of ['0', 'None']) yield made(`${all.slice(0, -1)}, default=${fallback})`, 0.025);
  if (/^(?:sorted|sort|max|min|nlargest|nsmallest)$/.test(name)) {
    const keyed = /\bkey\s*=/.test(inner);
    const separator = inner ? ', ' : '';
    if (/^sort/.test(name) && !/\breverse\s*=/.test(inner))
      yield made(`${all.slice(0, -1)}${separator}reverse=True)`, 0.1);
    if (!keyed) {
      for (const key of ['len', 'str.lower', 'str', 'abs', 'lambda item: item[1]', 'lambda item: item[0]'])
        yield made(`${all.slice(0, -1)}${separator}key=${key})`, 0.015);
    }
  }
  if (
    /^(?:search|match|fullmatch|compile|findall|finditer|split|sub)$/.test(name) &&
    object &&
    /^re$/.test(place.code(object))
  ) {
    for (const flag of ['re.IGNORECASE', 're.MULTILINE', 're.DOTALL', 're.VERBOSE'])
      yield made(
        `${all.slice(0, -1)}, ${name === 'sub' || name === 'split' ? 'flags=' : ''}${flag})`,
        flag === 're.VERBOSE' ? 0.005 : 0.03,
      );
  }
  if (/^(?:dumps?)$/.test(name))
    for (const extra of ['sort_keys=True', 'ensure_ascii=False', 'indent=2'])
      yield made(`${all.slice(0, -1)}, ${extra})`, 0.03);
  if (name === 'open' && !object && !/encoding/.test(inner)) yield made(`${all.slice(0, -1)}, encoding='utf-8')`, 0.04);
  if (name === 'isinstance' && given[1]) {
    const kind = given[1];
    const known = kind.type === 'tuple' ? parts(kind).map(place.code) : [place.code(kind)];
    for (const extra of ['int', 'float', 'str', 'list', 'tuple', 'dict', 'set', 'bytes', 'bool']) {
      if (known.includes(extra)) continue;
      yield replacing(
        place,
        kind,
        `(${[...known, extra].join(', ')})`,
        'isinstance-types',
        known.some((type) => related(type, extra)) ? 0.07 : 0.01,
        `\`${all}\` leaves out a type; this checks for {new}.`,
      );
      if (kind.type !== 'tuple')
        yield replacing(
          place,
          kind,
          extra,
          'isinstance-types',
          known.some((type) => related(type, extra)) ? 0.05 : 0.008,
          `\`${all}\` checks for the wrong type; this checks for {new}.`,
        );
    }
    if (kind.type === 'tuple' && known.length > 1) {
      for (const dropped of known)
        yield replacing(
          place,
          kind,
          known.length === 2
            ? (known.find((type) => type !== dropped) ?? '')
            : `(${known.filter((type) => type !== dropped).join(', ')})`,
          'isinstance-types',
          0.04,
          `\`${all}\` includes a type too many; this checks for {new}.`,
        );
    }
  }
}

function related(a: string, b: string): boolean {
  return [
    ['int', 'float', 'bool'],
    ['list', 'tuple', 'set'],
    ['str', 'bytes'],
    ['dict', 'list'],
  ].some((group) => group.includes(a) && group.includes(b));
}

/** Arguments in the wrong order, too many, too few. */
export const argumentsOfCalls: Template = function* (place) {
  for (const node of place.nodes) {
    const list = node.type === 'call' ? field(node, 'arguments') : null;
    if (list?.type !== 'argument_list') continue;
    const given = parts(list);
    const called = place.code(field(node, 'function') ?? node);
    const positional = given.filter((part) => !/^(?:keyword_argument|dictionary_splat|list_splat)$/.test(part.type));
    for (let first = 0; first < positional.length; first += 1) {
      for (let second = first + 1; second < Math.min(positional.length, first + 3); second += 1) {
        const a = positional[first];
        const b = positional[second];
        if (a && b && place.code(a) !== place.code(b))
          yield swapped(place, a, b, 'swap-arguments', second === first + 1 ? 0.1 : 0.06);
      }
    }
    for (const [index, part] of given.entries()) {
      const next = given[index + 1];
      const previous = given[index - 1];
      const range = next
        ? { start: part.start, end: next.start }
        : { start: previous ? previous.end : part.start, end: part.end };
      const prior = given.length === 1 ? 0.02 : part.type === 'keyword_argument' ? 0.08 : 0.04;
      yield replacing(
        place,
        range,
        '',
        'drop-argument',
        prior,
        `\`${called}(...)\` is given ${'`'}${place.code(part).slice(0, 50)}${'`'}, which it should not get; this drops it.`,
      );
      if (part.type === 'keyword_argument' && given.filter((other) => other.type === 'keyword_argument').length > 0) {
        const value = field(part, 'value');
        if (value && /^(?:true|false)$/.test(value.type)) continue;
      }
    }
    const parameters = place.scope.signatures.get(called.split('.').at(-1) ?? '');
    const expected = parameters?.filter((name) => name !== 'self' && name !== 'cls') ?? [];
    const at = given.at(-1)?.end ?? list.start + 1;
    const separator = given.length > 0 ? ', ' : '';
    if (expected.length > given.length) {
      const missing = expected
        .slice(positional.length)
        .filter((name) => !given.some((part) => place.code(part).startsWith(`${name}=`)));
      for (const name of missing.slice(0, 5)) {
        for (const value of [name, `self.${name}`]) {
          const visible =
            value === name
              ? place.scope.variables.includes(name)
              : (place.scope.attributes.get('self') ?? []).includes(name);
          if (!visible) continue;
          yield {
            template: 'missing-argument',
            prior: 0.14,
            edits: [{ start: at, end: at, text: `${separator}${name}=${value}` }],
            explanation: `\`${place.code(node)}\` does not hand on \`${value}\`; this adds it.`,
          };
          if (missing[0] === name && positional.length === given.length)
            yield {
              template: 'missing-argument',
              prior: 0.14,
              edits: [{ start: at, end: at, text: `${separator}${value}` }],
              explanation: `\`${place.code(node)}\` does not hand on \`${value}\`; this adds it.`,
            };
        }
      }
    }
    const builtin =
      /^(?:len|str|int|float|print|list|set|dict|tuple|range|isinstance|sorted|repr|abs|iter|next|enumerate|ord|chr|type|super|bool|reversed|sum|any|all)$/.test(
        called,
      );
    if (!builtin && positional.length === given.length) {
      const used = new Set(given.map(place.code));
      for (const name of place.scope.parameters
        .filter((entry) => !used.has(entry) && !/^(?:self|cls)$/.test(entry))
        .slice(0, 4)) {
        yield {
          template: 'missing-argument',
          prior: 0.02,
          edits: [{ start: at, end: at, text: `${separator}${name}` }],
          explanation: `\`${place.code(node)}\` is not given \`${name}\`; this adds it.`,
        };
      }
    }
  }
};
