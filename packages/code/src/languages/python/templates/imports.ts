import { type Draft, lineStart, type Place, replacing, type Template } from '../place.ts';
import { descend, field, type SyntaxNode } from '../syntax.ts';
import { similarity } from './names.ts';

/** Where names of the standard library come from. */
const origins: Readonly<Record<string, string>> = {
  defaultdict: 'collections',
  OrderedDict: 'collections',
  Counter: 'collections',
  deque: 'collections',
  namedtuple: 'collections',
  ChainMap: 'collections',
  Iterable: 'collections.abc',
  Mapping: 'collections.abc',
  Sequence: 'collections.abc',
  partial: 'functools',
  wraps: 'functools',
  lru_cache: 'functools',
  reduce: 'functools',
  total_ordering: 'functools',
  cached_property: 'functools',
  chain: 'itertools',
  groupby: 'itertools',
  islice: 'itertools',
  product: 'itertools',
  zip_longest: 'itertools',
  permutations: 'itertools',
  combinations: 'itertools',
  accumulate: 'itertools',
  datetime: 'datetime',
  timedelta: 'datetime',
  date: 'datetime',
  timezone: 'datetime',
  Path: 'pathlib',
  dataclass: 'dataclasses',
  Decimal: 'decimal',
  Fraction: 'fractions',
  StringIO: 'io',
  BytesIO: 'io',
  Enum: 'enum',
  ABC: 'abc',
  abstractmethod: 'abc',
  contextmanager: 'contextlib',
  suppress: 'contextlib',
  deepcopy: 'copy',
  Any: 'typing',
  Optional: 'typing',
  Union: 'typing',
  List: 'typing',
  Dict: 'typing',
  Callable: 'typing',
  sqrt: 'math',
  ceil: 'math',
  floor: 'math',
  heappush: 'heapq',
  heappop: 'heapq',
  bisect_left: 'bisect',
  bisect_right: 'bisect',
  sleep: 'time',
};
const modules = new Set(
  (
    'abc argparse ast asyncio base64 bisect calendar collections contextlib copy csv dataclasses datetime decimal difflib enum errno fnmatch fractions functools ' +
    'getpass glob gzip hashlib heapq hmac html http importlib inspect io ipaddress itertools json keyword locale logging math mimetypes numbers operator os ' +
    'pathlib pickle platform posixpath pprint queue random re secrets shlex shutil signal socket sqlite3 ssl stat statistics string struct subprocess sys ' +
    'tempfile textwrap threading time timeit traceback types typing unicodedata urllib uuid warnings weakref xml zipfile zlib'
  ).split(' '),
);

/** A module or name of the standard library that is used but not imported, and names that exist nowhere. */
export const imports: Template = function* (place) {
  const missing = [...place.ingredients.messages.matchAll(/NameError: name '(\w+)' is not defined/g)].map(
    (found) => found[1] ?? '',
  );
  const known = new Set([
    ...place.scope.variables,
    ...place.scope.callables,
    ...place.scope.imported,
    ...place.scope.parameters,
  ]);
  for (const node of place.nodes) {
    if (node.type !== 'identifier' || known.has(place.code(node))) continue;
    if (node.parent?.type === 'attribute' && node.field === 'attribute') continue;
    if (node.parent?.type === 'keyword_argument' && node.field === 'name') continue;
    const name = place.code(node);
    const said = missing.includes(name);
    if (modules.has(name) && (said || node.parent?.type === 'attribute'))
      yield imported(place, `import ${name}`, name, said ? 0.9 : 0.3);
    const origin = origins[name];
    if (origin) yield imported(place, `from ${origin} import ${name}`, name, said ? 0.9 : 0.3);
    if (said) {
      const near = [...known].filter((other) => similarity(other, name) > 0.6).slice(0, 4);
      for (const other of near)
        yield replacing(
          place,
          node,
          other,
          'misspelt-name',
          0.5 * similarity(other, name),
          'The name {old} does not exist; this uses {new}.',
        );
    }
  }
  for (const [, attribute, suggestion] of place.ingredients.messages.matchAll(
    /has no attribute '(\w+)'(?:\. Did you mean: '(\w+)')?/g,
  )) {
    for (const node of place.nodes) {
      const member = node.type === 'attribute' ? field(node, 'attribute') : null;
      if (member && place.code(member) === attribute && suggestion)
        yield replacing(place, member, suggestion, 'misspelt-name', 0.6, 'There is no {old}; this uses {new}.');
    }
  }
};

function imported(place: Place, line: string, name: string, prior: number): Draft {
  const at = importPlace(place);
  return {
    template: 'missing-import',
    prior,
    edits: [{ start: at, end: at, text: `${line}${place.newline}` }],
    explanation: `\`${name}\` is used but not imported; this adds \`${line}\`.`,
  };
}

function importPlace(place: Place): number {
  const statements = place.root.children.filter((node) => node.named && node.type !== 'comment');
  const last = statements
    .filter(
      (node) =>
        node.type === 'import_statement' ||
        node.type === 'import_from_statement' ||
        node.type === 'future_import_statement',
    )
    .at(0);
  const future = statements.filter((node) => node.type === 'future_import_statement').at(-1);
  const target: SyntaxNode | undefined = future
    ? statements[statements.indexOf(future) + 1]
    : (last ??
      statements.find(
        (node) => ![...descend(node)].some((part) => part.type === 'string' && part.parent?.parent === node.parent),
      ));
  return target ? lineStart(place.text, target.start) : 0;
}
