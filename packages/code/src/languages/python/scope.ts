import { byWeight, type FileFacts, parameterNames, targets } from './facts.ts';
import { ancestor, descend, field, parts, type SyntaxNode } from './syntax.ts';

/** The names that a place can see, nearest and most used first. */
export interface Scope extends FileFacts {
  /** The function around the place, or null at module level. */
  readonly owner: SyntaxNode | null;
  readonly ownerName: string | null;
  readonly parameters: readonly string[];
  /** Variables: of this function, then of those around it, then of the module. */
  readonly variables: readonly string[];
  readonly locals: ReadonlySet<string>;
  /** Parameters and variables of the function that it never reads: somebody forgot them. */
  readonly unused: ReadonlySet<string>;
  /** How the function's variables are used: as a number, a sequence, a mapping, a truth value. */
  readonly kinds: ReadonlyMap<string, ReadonlySet<Kind>>;
}

/** How a variable is used. */
export type Kind = 'number' | 'sequence' | 'mapping' | 'text' | 'none' | 'iterator';

/** Reads the scope of a statement. */
export function scopeOf(
  root: SyntaxNode,
  statement: SyntaxNode,
  facts: FileFacts,
  code: (node: SyntaxNode) => string,
): Scope {
  const owner =
    statement.type === 'function_definition' ? statement : ancestor(statement, 'function_definition', 'lambda');
  const locals = owner ? bound(owner, code, statement) : new Map<string, number>();
  const outer = new Map<string, number>();
  for (let at = owner ? ancestor(owner, 'function_definition') : null; at; at = ancestor(at, 'function_definition')) {
    for (const [name, weight] of bound(at, code, statement)) outer.set(name, weight);
  }
  const near = (lines: readonly number[]) =>
    lines.reduce((sum, line) => sum + 1 / (1 + Math.abs(line - statement.startLine) / 4), 0);
  const module = owner
    ? new Map([...facts.moduleNames].map(([name, lines]) => [name, near(lines)]))
    : bound(root, code, statement);
  const name = owner ? field(owner, 'name') : null;
  const variables = [...byWeight(locals), ...byWeight(outer), ...byWeight(module)];
  return {
    ...facts,
    owner,
    ownerName: name ? code(name) : null,
    parameters: owner ? parameterNames(owner, code) : [],
    variables: [...new Set(variables)].filter((entry) => entry !== '_' && !/^__\w+__$/.test(entry)),
    locals: new Set(locals.keys()),
    unused: owner ? unusedIn(owner, new Set(locals.keys()), code) : new Set(),
    kinds: kindsIn(owner ?? root, code),
  };
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

function unusedIn(owner: SyntaxNode, locals: ReadonlySet<string>, code: (node: SyntaxNode) => string): Set<string> {
  const unused = new Set([...locals].filter((name) => !/^(?:self|cls|_.*)$/.test(name)));
  for (const node of descend(owner)) {
    if (node.type !== 'identifier' || !unused.has(code(node))) continue;
    const written =
      node.field === 'left' && /^(?:assignment|for_statement|for_in_clause)$/.test(node.parent?.type ?? '');
    const declared = /parameter|pattern_list|tuple_pattern/.test(node.parent?.type ?? '') && node.field !== 'value';
    const keyword = node.parent?.type === 'keyword_argument' && node.field === 'name';
    const member = node.parent?.type === 'attribute' && node.field === 'attribute';
    if (!written && !declared && !keyword && !member) unused.delete(code(node));
  }
  return unused;
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
