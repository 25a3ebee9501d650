import { ancestor, descend, field, parts, type SyntaxNode } from './syntax.ts';

/** The names that a place can see, nearest and most used first. */
export interface Scope {
  /** The function around the place, or null at module level. */
  readonly owner: SyntaxNode | null;
  readonly ownerName: string | null;
  readonly parameters: readonly string[];
  /** Variables: of this function, then of those around it, then of the module. */
  readonly variables: readonly string[];
  readonly locals: ReadonlySet<string>;
  /** Functions and classes defined in the file, and what is imported. */
  readonly callables: readonly string[];
  readonly imported: ReadonlySet<string>;
  /** Attributes used on each object expression, most used first. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
  /** How the function's variables are used: as a number, a sequence, a mapping, a truth value. */
  readonly kinds: ReadonlyMap<string, ReadonlySet<Kind>>;
  /** Parameters of the functions defined in the file, by name. */
  readonly signatures: ReadonlyMap<string, readonly string[]>;
}

/** How a variable is used. */
export type Kind = 'number' | 'sequence' | 'mapping' | 'text' | 'none' | 'iterator';

/** Reads the scope of a statement. */
export function scopeOf(root: SyntaxNode, statement: SyntaxNode, code: (node: SyntaxNode) => string): Scope {
  const owner =
    statement.type === 'function_definition' ? statement : ancestor(statement, 'function_definition', 'lambda');
  const locals = owner ? bound(owner, code, statement) : new Map<string, number>();
  const outer = new Map<string, number>();
  for (let at = owner ? ancestor(owner, 'function_definition') : null; at; at = ancestor(at, 'function_definition')) {
    for (const [name, weight] of bound(at, code, statement)) outer.set(name, weight);
  }
  const module = bound(root, code, statement);
  const callables = new Set<string>();
  const imported = new Set<string>();
  const signatures = new Map<string, string[]>();
  const attributes = new Map<string, Map<string, number>>();
  for (const node of descend(root)) {
    if (node.type === 'function_definition' || node.type === 'class_definition') {
      const name = field(node, 'name');
      if (name) callables.add(code(name));
      if (name && node.type === 'function_definition') signatures.set(code(name), parameterNames(node, code));
    } else if (node.type === 'import_statement' || node.type === 'import_from_statement') {
      for (const name of importedNames(node, code)) imported.add(name);
    } else if (node.type === 'attribute') {
      const object = field(node, 'object');
      const name = field(node, 'attribute');
      const called = node.parent?.type === 'call' && node.field === 'function';
      if (object && name && !called) {
        const key = code(object);
        const known = attributes.get(key) ?? new Map<string, number>();
        attributes.set(key, known);
        known.set(code(name), (known.get(code(name)) ?? 0) + 1);
      }
    }
  }
  const name = owner ? field(owner, 'name') : null;
  const variables = [...byWeight(locals), ...byWeight(outer), ...byWeight(module)];
  return {
    owner,
    ownerName: name ? code(name) : null,
    parameters: owner ? parameterNames(owner, code) : [],
    variables: [...new Set(variables)].filter((entry) => entry !== '_' && !/^__\w+__$/.test(entry)),
    locals: new Set(locals.keys()),
    callables: [...callables],
    imported,
    attributes: new Map([...attributes].map(([key, known]) => [key, byWeight(known)])),
    kinds: kindsIn(owner ?? root, code),
    signatures,
  };
}

function byWeight(weights: ReadonlyMap<string, number>): string[] {
  return [...weights].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
}

/** Names bound in a function or module itself, weighted by how near to the statement they are used. */
function bound(owner: SyntaxNode, code: (node: SyntaxNode) => string, statement: SyntaxNode): Map<string, number> {
  const names = new Set<string>(owner.type === 'module' ? [] : parameterNames(owner, code));
  const inside = (node: SyntaxNode) =>
    node === owner || !['function_definition', 'class_definition', 'lambda'].includes(node.type);
  for (const node of descend(owner, inside)) {
    if (node.type === 'assignment' || node.type === 'augmented_assignment' || node.type === 'for_statement') {
      const left = field(node, 'left');
      if (left) for (const name of targets(left, code)) names.add(name);
    } else if (node.type === 'for_in_clause') {
      const comprehension = node.parent;
      const near = comprehension && comprehension.start <= statement.end && comprehension.end >= statement.start;
      const left = field(node, 'left');
      if (left && near) for (const name of targets(left, code)) names.add(name);
    } else if (node.type === 'named_expression') {
      const name = field(node, 'name');
      if (name) names.add(code(name));
    } else if (node.type === 'as_pattern_target') {
      for (const name of targets(node, code)) names.add(name);
    }
  }
  const weights = new Map([...names].map((name) => [name, 0]));
  for (const node of descend(owner)) {
    if (node.type !== 'identifier') continue;
    const name = code(node);
    const weight = weights.get(name);
    if (weight === undefined) continue;
    const distance = Math.abs(node.startLine - statement.startLine);
    weights.set(name, weight + 1 / (1 + distance / 4));
  }
  return weights;
}

function targets(node: SyntaxNode, code: (node: SyntaxNode) => string): string[] {
  if (node.type === 'identifier') return [code(node)];
  if (node.type === 'attribute' || node.type === 'subscript') return [];
  return parts(node).flatMap((part) => targets(part, code));
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

function importedNames(node: SyntaxNode, code: (node: SyntaxNode) => string): string[] {
  return parts(node)
    .filter((part) => part.field === 'name')
    .map((part) => {
      const alias = field(part, 'alias');
      return alias ? code(alias) : (code(part).split('.')[0] ?? '');
    });
}

const textMethods =
  /^(?:strip|lstrip|rstrip|split|rsplit|lower|upper|startswith|endswith|replace|join|encode|format|splitlines|isdigit|isspace|isalpha)$/;
const sequenceMethods = /^(?:append|extend|insert|pop|popleft|appendleft|sort|reverse|remove|index|count)$/;
const mappingMethods = /^(?:items|keys|values|get|setdefault|update)$/;

function kindsIn(owner: SyntaxNode, code: (node: SyntaxNode) => string): Map<string, Set<Kind>> {
  const kinds = new Map<string, Set<Kind>>();
  const note = (node: SyntaxNode | null | undefined, kind: Kind) => {
    if (!node || (node.type !== 'identifier' && node.type !== 'attribute')) return;
    const name = code(node);
    const known = kinds.get(name) ?? new Set<Kind>();
    kinds.set(name, known);
    known.add(kind);
  };
  for (const node of descend(owner)) {
    switch (node.type) {
      case 'binary_operator': {
        const operator = field(node, 'operator')?.type ?? '';
        const left = field(node, 'left');
        const right = field(node, 'right');
        if (operator === '+' || operator === '%') {
          const sides = [left?.type, right?.type];
          const kind: Kind = sides.includes('string') ? 'text' : sides.includes('list') ? 'sequence' : 'number';
          note(left, kind);
          note(right, kind);
        } else {
          note(left, 'number');
          note(right, 'number');
        }
        break;
      }
      case 'assignment':
      case 'augmented_assignment': {
        const left = field(node, 'left');
        const right = field(node, 'right');
        if (!right) break;
        if (right.type === 'integer' || right.type === 'float') note(left, 'number');
        else if (right.type === 'string') note(left, 'text');
        else if (/^(?:list|set|list_comprehension)$/.test(right.type)) note(left, 'sequence');
        else if (right.type.startsWith('dictionary')) note(left, 'mapping');
        else if (right.type === 'none') note(left, 'none');
        else if (right.type === 'call' && /^len\(|^int\(|^sum\(/.test(code(right))) note(left, 'number');
        else if (right.type === 'call' && /^iter\(/.test(code(right))) note(left, 'iterator');
        break;
      }
      case 'comparison_operator':
        for (const part of parts(node)) {
          if (parts(node).some((other) => other.type === 'integer')) note(part, 'number');
          if (parts(node).some((other) => other.type === 'none')) note(part, 'none');
          if (parts(node).some((other) => other.type === 'string')) note(part, 'text');
        }
        break;
      case 'subscript':
        for (const index of node.children.filter((child) => child.field === 'subscript')) {
          if (index.type === 'slice') note(field(node, 'value'), 'sequence');
          else if (index.type === 'integer' || index.type === 'unary_operator') note(field(node, 'value'), 'sequence');
          else if (index.type === 'string') note(field(node, 'value'), 'mapping');
          if (index.type === 'slice') for (const part of parts(index)) note(part, 'number');
        }
        break;
      case 'call': {
        const called = field(node, 'function');
        const list = field(node, 'arguments');
        const name = called ? code(called) : '';
        if (name === 'len' && list) note(parts(list)[0], 'sequence');
        if (name === 'range' && list) for (const part of parts(list)) note(part, 'number');
        if (called?.type === 'attribute') {
          const method = field(called, 'attribute');
          const object = field(called, 'object');
          const text = method ? code(method) : '';
          if (textMethods.test(text)) note(object, 'text');
          else if (sequenceMethods.test(text)) note(object, 'sequence');
          else if (mappingMethods.test(text)) note(object, 'mapping');
        }
        break;
      }
      case 'for_statement':
      case 'for_in_clause': {
        const right = field(node, 'right');
        note(right, 'sequence');
        if (right?.type === 'call' && /^range\(/.test(code(right))) note(field(node, 'left'), 'number');
        break;
      }
    }
  }
  return kinds;
}
