import { isFunction, nameOf, nodeIn, nodesIn, type SyntaxNode, type SyntaxTree } from './syntax.ts';

/** A name visible somewhere. */
export interface ScopedName {
  readonly name: string;
  readonly kind: 'parameter' | 'variable' | 'constant' | 'function' | 'class' | 'import';
  /** How many scopes out: 0 is the nearest. */
  readonly distance: number;
}

const declared = new WeakMap<
  SyntaxNode,
  { name: string; kind: ScopedName['kind']; start: number; hoisted: boolean }[]
>();

/** Names visible at a node, nearest first; a let or const declared later in the same function is left out. */
export function namesInScope(tree: SyntaxTree, node: SyntaxNode): ScopedName[] {
  const names = new Map<string, ScopedName>();
  let distance = 0;
  let leftFunction = false;
  for (let at: SyntaxNode | undefined = node; at; at = tree.parents.get(at)) {
    if (!isScope(at)) continue;
    for (const { name, kind, start, hoisted } of declarationsOf(at)) {
      if (names.has(name)) continue;
      if (!hoisted && !leftFunction && start > node.start) continue;
      names.set(name, { name, kind, distance });
    }
    if (isFunction(at)) leftFunction = true;
    distance++;
  }
  return [...names.values()];
}

function isScope(node: SyntaxNode): boolean {
  return (
    isFunction(node) ||
    /^(Program|BlockStatement|FunctionBody|StaticBlock|ForStatement|ForInStatement|ForOfStatement|CatchClause|SwitchStatement)$/.test(
      node.type,
    )
  );
}

function declarationsOf(scope: SyntaxNode) {
  const known = declared.get(scope);
  if (known) return known;
  const found: { name: string; kind: ScopedName['kind']; start: number; hoisted: boolean }[] = [];
  const add = (pattern: SyntaxNode | null, kind: ScopedName['kind'], hoisted: boolean) => {
    for (const name of boundNames(pattern)) found.push({ name, kind, start: pattern?.start ?? 0, hoisted });
  };
  for (const parameter of nodesIn(scope, 'params')) add(parameter, 'parameter', true);
  if (scope.type === 'CatchClause') add(nodeIn(scope, 'param'), 'parameter', true);
  for (const statement of statementsOf(scope)) {
    const declaration = /^Export(Named|Default)Declaration$/.test(statement.type)
      ? (nodeIn(statement, 'declaration') ?? statement)
      : statement;
    if (declaration.type === 'VariableDeclaration') {
      for (const declarator of nodesIn(declaration, 'declarations')) {
        add(
          nodeIn(declarator, 'id'),
          declaration['kind'] === 'const' ? 'constant' : 'variable',
          declaration['kind'] === 'var',
        );
      }
    } else if (declaration.type === 'FunctionDeclaration') add(nodeIn(declaration, 'id'), 'function', true);
    else if (declaration.type === 'ClassDeclaration') add(nodeIn(declaration, 'id'), 'class', true);
    else if (declaration.type === 'ImportDeclaration') {
      for (const specifier of nodesIn(declaration, 'specifiers')) add(nodeIn(specifier, 'local'), 'import', true);
    }
  }
  declared.set(scope, found);
  return found;
}

function statementsOf(scope: SyntaxNode): SyntaxNode[] {
  if (/^For/.test(scope.type)) return [nodeIn(scope, 'init'), nodeIn(scope, 'left')].filter((node) => node !== null);
  if (scope.type === 'SwitchStatement') return nodesIn(scope, 'cases').flatMap((item) => nodesIn(item, 'consequent'));
  return nodesIn(scope, 'body');
}

function boundNames(pattern: SyntaxNode | null): string[] {
  if (!pattern) return [];
  switch (pattern.type) {
    case 'Identifier':
      return [nameOf(pattern) ?? ''];
    case 'AssignmentPattern':
      return boundNames(nodeIn(pattern, 'left'));
    case 'RestElement':
      return boundNames(nodeIn(pattern, 'argument'));
    case 'TSParameterProperty':
      return boundNames(nodeIn(pattern, 'parameter'));
    case 'ArrayPattern':
      return nodesIn(pattern, 'elements').flatMap(boundNames);
    case 'ObjectPattern':
      return nodesIn(pattern, 'properties').flatMap((property) =>
        boundNames(property.type === 'Property' ? nodeIn(property, 'value') : property),
      );
    default:
      return [];
  }
}

/** True for an identifier that reads a variable: no declaration, key, label, property or type. */
export function isReferencePosition(tree: SyntaxTree, node: SyntaxNode): boolean {
  const parent = tree.parents.get(node);
  if (!parent) return false;
  switch (parent.type) {
    case 'MemberExpression':
      return parent['object'] === node || parent['computed'] === true;
    case 'Property':
      if (parent['shorthand'] === true) return false;
      return parent['value'] === node
        ? tree.parents.get(parent)?.type !== 'ObjectPattern'
        : parent['computed'] === true && parent['key'] === node;
    case 'PropertyDefinition':
    case 'MethodDefinition':
      return parent['value'] === node;
    case 'VariableDeclarator':
      return parent['init'] === node;
    case 'AssignmentPattern':
      return parent['right'] === node;
    case 'AssignmentExpression':
      return parent['right'] === node || parent['operator'] !== '=';
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ClassDeclaration':
    case 'ClassExpression':
    case 'LabeledStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'CatchClause':
    case 'RestElement':
    case 'ArrayPattern':
    case 'MetaProperty':
      return parent.type === 'ClassDeclaration' && parent['superClass'] === node;
    case 'ArrowFunctionExpression':
      return parent['body'] === node;
    default:
      return !/^(Import|Export|TS(?!NonNull|As|Satisfies))/.test(parent.type);
  }
}

/** True when a node lies in a type, which is erased before anything runs. */
export function isInType(tree: SyntaxTree, node: SyntaxNode): boolean {
  for (let at: SyntaxNode | undefined = node; at; at = tree.parents.get(at)) {
    if (/^TS(TypeAnnotation|TypeParameter|Interface|TypeAlias|TypeReference|Declare)/.test(at.type)) return true;
    if (/Statement$/.test(at.type)) return false;
  }
  return false;
}
