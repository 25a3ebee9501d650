import { descend, field, isStatement, parts, type SyntaxNode } from './syntax.ts';

/** What one file offers to a repair of any of its statements: the code that its authors have already written. */
export interface FileFacts {
  /** Functions and classes defined in the file. */
  readonly callables: readonly string[];
  readonly imported: ReadonlySet<string>;
  /** Attributes read on each object expression, most used first. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
  /** Methods called on each object expression, most used first. */
  readonly methods: ReadonlyMap<string, readonly string[]>;
  /** Methods called without arguments on anything, most used first. */
  readonly bareMethods: readonly string[];
  /** Functions called with one argument, most used first. */
  readonly unaryCalls: readonly string[];
  /** Parameters of the functions defined in the file, by name. */
  readonly signatures: ReadonlyMap<string, readonly string[]>;
  /** Argument lists with which each function is called, by its last name. */
  readonly calls: ReadonlyMap<string, readonly SyntaxNode[]>;
  /** Short `if` statements without branches, whose body is one way out. */
  readonly guards: readonly SyntaxNode[];
  /** Lines on which each variable of the module itself is named. */
  readonly moduleNames: ReadonlyMap<string, readonly number[]>;
}

/** Names of a function's parameters, in order. */
export function parameterNames(owner: SyntaxNode, code: (node: SyntaxNode) => string): string[] {
  const list = field(owner, 'parameters');
  if (!list) return [];
  return parts(list).flatMap((part) => {
    const name = field(part, 'name') ?? [...descend(part)].find((node) => node.type === 'identifier');
    return name ? [code(name)] : [];
  });
}

/** A raised error with its message may take some lines. */
const longestExit = 300;

/** Reads a file once for all its statements. */
export function factsOf(root: SyntaxNode, code: (node: SyntaxNode) => string): FileFacts {
  const callables = new Set<string>();
  const imported = new Set<string>();
  const signatures = new Map<string, string[]>();
  const attributes = new Map<string, Map<string, number>>();
  const methods = new Map<string, Map<string, number>>();
  const bareMethods = new Map<string, number>();
  const unaryCalls = new Map<string, number>();
  const calls = new Map<string, SyntaxNode[]>();
  const guards: SyntaxNode[] = [];
  const count = (into: Map<string, number>, key: string) => into.set(key, (into.get(key) ?? 0) + 1);
  const under = (into: Map<string, Map<string, number>>, key: string) => {
    const known = into.get(key) ?? new Map<string, number>();
    into.set(key, known);
    return known;
  };
  for (const node of descend(root)) {
    if (node.type === 'function_definition' || node.type === 'class_definition') {
      const name = field(node, 'name');
      if (!name) continue;
      callables.add(code(name));
      if (node.type === 'function_definition') signatures.set(code(name), parameterNames(node, code));
      if (node.type === 'function_definition' && node.parent?.parent?.type === 'class_definition') {
        under(methods, 'self').set(code(name), under(methods, 'self').get(code(name)) ?? 0);
      }
    } else if (/^import/.test(node.type) && node.type.endsWith('_statement')) {
      for (const name of importedNames(node, code)) imported.add(name);
    } else if (node.type === 'attribute') {
      const object = field(node, 'object');
      const name = field(node, 'attribute');
      if (!object || !name) continue;
      const called = node.parent?.type === 'call' && node.field === 'function';
      count(under(called ? methods : attributes, code(object)), code(name));
    } else if (node.type === 'call') {
      const called = field(node, 'function');
      const list = field(node, 'arguments');
      if (!called || list?.type !== 'argument_list') continue;
      const name = called.type === 'attribute' ? field(called, 'attribute') : called;
      if (name?.type !== 'identifier') continue;
      const known = calls.get(code(name)) ?? [];
      calls.set(code(name), known);
      known.push(list);
      const given = parts(list).length;
      if (given === 0 && called.type === 'attribute') count(bareMethods, code(name));
      if (given === 1 && called.end - called.start < 30) count(unaryCalls, code(called));
    } else if (node.type === 'if_statement') {
      const body = field(node, 'consequence');
      const only = body?.children.filter((child) => child.named && isStatement(child)) ?? [];
      const branches = node.children.some((child) => /^(?:else|elif)_clause$/.test(child.type));
      const out = /^(?:return|continue|break|raise)_statement$/.test(only[0]?.type ?? '');
      const condition = field(node, 'condition');
      if (!branches && only.length === 1 && out && condition && condition.startLine === condition.endLine) {
        if (only[0] && only[0].end - only[0].start <= longestExit) guards.push(node);
      }
    }
  }
  return {
    callables: [...callables],
    imported,
    attributes: new Map([...attributes].map(([key, known]) => [key, byWeight(known)])),
    methods: new Map([...methods].map(([key, known]) => [key, byWeight(known)])),
    bareMethods: byWeight(bareMethods),
    unaryCalls: byWeight(unaryCalls).filter(
      (name) => !/^(?:print|super)$/.test(name) && (!name.includes('.') || imported.has(name.split('.')[0] ?? '')),
    ),
    signatures,
    calls,
    guards,
    moduleNames: moduleNamesOf(root, code),
  };
}

/** Keys by falling weight, then by name. */
export function byWeight(weights: ReadonlyMap<string, number>): string[] {
  return [...weights].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
}

function importedNames(node: SyntaxNode, code: (node: SyntaxNode) => string): string[] {
  return parts(node)
    .filter((part) => part.field === 'name')
    .map((part) => {
      const alias = field(part, 'alias');
      return alias ? code(alias) : (code(part).split('.')[0] ?? '');
    });
}

function moduleNamesOf(root: SyntaxNode, code: (node: SyntaxNode) => string): Map<string, number[]> {
  const names = new Map<string, number[]>();
  const inside = (node: SyntaxNode) => !/^(?:function_definition|class_definition|lambda)$/.test(node.type);
  for (const node of descend(root, inside)) {
    const binds = /^(?:assignment|augmented_assignment|for_statement|named_expression)$/.test(node.type);
    const left = binds ? (field(node, 'left') ?? field(node, 'name')) : null;
    if (left) for (const name of targets(left, code)) names.set(name, []);
  }
  for (const node of descend(root)) if (node.type === 'identifier') names.get(code(node))?.push(node.startLine);
  return names;
}

/** Names that an assignment to this target binds. */
export function targets(node: SyntaxNode, code: (node: SyntaxNode) => string): string[] {
  if (node.type === 'identifier') return [code(node)];
  if (node.type === 'attribute' || node.type === 'subscript') return [];
  return parts(node).flatMap((part) => targets(part, code));
}
