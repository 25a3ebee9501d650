import {
  after,
  before,
  brief,
  type Draft,
  lineEnd,
  lineStart,
  ownsItsLines,
  type Place,
  replacing,
  type Template,
} from '../place.ts';
import { ancestor, descend, field, isSimple, isStatement, parts, type SyntaxNode } from '../syntax.ts';

/** The statements of a block. */
function within(body: SyntaxNode): SyntaxNode[] {
  return body.children.filter((child) => child.named && isStatement(child));
}

/** Siblings of a statement in its block, itself included. */
function block(node: SyntaxNode): SyntaxNode[] {
  return node.parent
    ? node.parent.children.filter(
        (child) => child.named && (isStatement(child) || child.type === 'decorated_definition'),
      )
    : [];
}

function isDocstring(node: SyntaxNode): boolean {
  return node.type === 'expression_statement' && node.children[0]?.type === 'string';
}

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

/** Statements that are missing before or after this one. */
export const insertions: Template = function* (place) {
  const node = place.statement;
  if (
    /^(?:elif_clause|else_clause|except_clause|finally_clause|case_clause|import_statement|import_from_statement)$/.test(
      node.type,
    )
  )
    return;
  if (!ownsItsLines(place, node) && isSimple(node)) return;
  const owner = place.scope.owner;
  if (node.type === 'function_definition' || node.type === 'class_definition') return;
  const loop = ancestor(node, 'for_statement', 'while_statement', 'function_definition');
  const leaves = /^(?:return_statement|raise_statement|break_statement|continue_statement)$/.test(node.type);
  const insert = (
    lines: string[],
    where: 'before' | 'after',
    template: string,
    prior: number,
    what: string,
  ): Draft => ({
    template,
    prior,
    edits: [where === 'before' ? before(place, node, lines) : after(place, node, lines)],
    explanation: `A statement is missing ${where} ${brief(place.code(node).split('\n')[0] ?? '')}: ${what}`,
  });
  if (isSimple(node) && !leaves) {
    if (loop && loop.type !== 'function_definition') {
      yield insert(['continue'], 'after', 'missing-jump', 0.025, 'the loop should go on with the next element here.');
      yield insert(['break'], 'after', 'missing-jump', 0.035, 'the loop should end here.');
    }
    const last = block(node).at(-1) === node;
    for (const value of returned(place).slice(0, 6)) {
      yield insert(
        [value === '' ? 'return' : `return ${value}`],
        'after',
        'missing-return',
        last ? 0.06 : 0.025,
        `${brief(`return ${value}`)} is added.`,
      );
    }
  }
  if (owner && node.type === 'expression_statement') {
    const value = parts(node)[0];
    if (
      value &&
      /^(?:call|identifier|binary_operator|attribute|comparison_operator|boolean_operator)$/.test(value.type)
    ) {
      const last = block(node).at(-1) === node;
      yield replacing(
        place,
        node,
        `return ${place.code(node)}`,
        'missing-return',
        last ? 0.2 : 0.06,
        'The value of {old} is thrown away; this returns it.',
      );
      yield replacing(
        place,
        node,
        `yield ${place.code(node)}`,
        'missing-yield',
        0.02,
        'The value of {old} is thrown away; this yields it.',
      );
      const object = value.type === 'call' ? field(value, 'function') : null;
      const on = object?.type === 'attribute' ? field(object, 'object') : null;
      if (on && /^(?:identifier|attribute)$/.test(on.type))
        yield replacing(
          place,
          node,
          `${place.code(on)} = ${place.code(node)}`,
          'missing-assignment',
          0.12,
          'The result of {old} is thrown away; this keeps it.',
        );
    }
  }
  yield* copied(place, insert);
  yield* assigned(place, insert);
  yield* guarded(place, insert);
  yield* elses(place);
};

/** Values that the function returns elsewhere, and likely ones, most likely first. */
export function returned(place: Place): string[] {
  const owner = place.scope.owner;
  if (owner?.type !== 'function_definition') return [];
  const found = new Map<string, number>();
  for (const node of descend(owner)) {
    if (node.type !== 'return_statement') continue;
    const value = parts(node)[0];
    const text = value ? place.code(value) : '';
    if (text.length < 60 && !text.includes('\n')) found.set(text, (found.get(text) ?? 0) + 2);
  }
  for (const name of place.scope.variables.slice(0, 4))
    if (place.scope.locals.has(name) && !found.has(name)) found.set(name, 1);
  const booleans = found.has('True') || found.has('False');
  for (const value of booleans ? ['True', 'False'] : ['None', '0', '[]', "''", 'self', 'False', 'True'])
    if (!found.has(value)) found.set(value, booleans ? 1 : 0);
  return [...found].sort((a, b) => b[1] - a[1]).map(([text]) => text);
}

type Insert = (lines: string[], where: 'before' | 'after', template: string, prior: number, what: string) => Draft;

/** A statement of the same function, repeated here, as it is or with a name exchanged. */
function* copied(place: Place, insert: Insert): Generator<Draft> {
  const owner = place.scope.owner ?? place.root;
  const seen = new Set<string>();
  const leaves = /^(?:return_statement|raise_statement|break_statement|continue_statement)$/.test(place.statement.type);
  const candidates = [...descend(owner)].filter((node) => {
    if (node === place.statement || node.startLine !== node.endLine || isDocstring(node)) return false;
    return /^(?:expression_statement|return_statement|break_statement|continue_statement|raise_statement)$/.test(
      node.type,
    );
  });
  candidates.sort(
    (a, b) => Math.abs(a.startLine - place.statement.startLine) - Math.abs(b.startLine - place.statement.startLine),
  );
  for (const [rank, node] of candidates.slice(0, 12).entries()) {
    const text = place.code(node);
    if (seen.has(text) || text.length > 100) continue;
    seen.add(text);
    const weight = 0.05 / (1 + rank * 0.2);
    const jump = node.type !== 'expression_statement';
    if (!jump) yield insert([text], 'before', 'insert-copy', weight, `${brief(text)} is repeated.`);
    if (!leaves && !jump && isSimple(place.statement))
      yield insert([text], 'after', 'insert-copy', weight, `${brief(text)} is repeated.`);
    // A call on one collection, with another value.
    const call = parts(node)[0];
    const list = call?.type === 'call' ? field(call, 'arguments') : null;
    const only = list ? parts(list) : [];
    if (only.length === 1 && only[0] && list && call) {
      const head = place.text.slice(call.start, list.start);
      for (const name of place.scope.variables
        .filter((other) => place.scope.locals.has(other) && !head.startsWith(`${other}.`))
        .slice(0, 5)) {
        const adapted = `${head}(${name})`;
        if (adapted === text || seen.has(adapted)) continue;
        seen.add(adapted);
        yield insert([adapted], 'before', 'insert-copy', weight * 0.8, `${brief(adapted)} is added.`);
        if (!leaves && isSimple(place.statement))
          yield insert([adapted], 'after', 'insert-copy', weight * 0.6, `${brief(adapted)} is added.`);
      }
    }
  }
}

/** A variable that should be carried on, counted, or noted in a collection. */
function* assigned(place: Place, insert: Insert): Generator<Draft> {
  const near = place.scope.variables
    .filter((name) => place.scope.locals.has(name) && !/^(?:self|cls)$/.test(name))
    .slice(0, 6);
  const leaves = /^(?:return_statement|raise_statement|break_statement|continue_statement)$/.test(place.statement.type);
  const wheres = leaves || !isSimple(place.statement) ? (['before'] as const) : (['before', 'after'] as const);
  for (const name of near) {
    const kinds = place.scope.kinds.get(name);
    for (const where of wheres) {
      if (kinds?.has('number')) {
        yield insert([`${name} += 1`], where, 'missing-update', 0.03, `\`${name}\` is counted up.`);
        yield insert([`${name} -= 1`], where, 'missing-update', 0.012, `\`${name}\` is counted down.`);
      }
      for (const other of near) {
        if (other === name) continue;
        const theirs = place.scope.kinds.get(other);
        const alike = kinds && theirs ? [...kinds].some((kind) => theirs.has(kind)) : true;
        if (alike)
          yield insert(
            [`${name} = ${other}`],
            where,
            'missing-update',
            0.022,
            `\`${name}\` takes the value of \`${other}\`.`,
          );
        const appended = methodOn(place, name);
        if (appended && !theirs?.has('mapping'))
          yield insert(
            [`${name}.${appended}(${other})`],
            where,
            'missing-update',
            0.025,
            `\`${other}\` is put into \`${name}\`.`,
          );
      }
    }
  }
}

/** How elements come into a collection of this name, judging by its use and its first value. */
function methodOn(place: Place, name: string): 'append' | 'add' | null {
  const owner = place.scope.owner ?? place.root;
  const text = place.text.slice(owner.start, owner.end);
  const word = name.replaceAll('$', '\\$');
  if (new RegExp(`\\b${word}\\.add\\(|\\b${word}\\s*=\\s*set\\(`).test(text)) return 'add';
  if (new RegExp(`\\b${word}\\.append\\(|\\b${word}\\s*=\\s*(?:\\[|deque\\(|list\\()`).test(text)) return 'append';
  return null;
}

/** An early way out before this statement. */
function* guarded(place: Place, insert: Insert): Generator<Draft> {
  const { scope, level } = place;
  const owner = scope.owner;
  if (owner?.type !== 'function_definition') return;
  const body = field(owner, 'body');
  const first = body ? within(body).find((node) => !isDocstring(node)) : undefined;
  const atStart = first === place.statement;
  const used = new Set(
    [...descend(place.statement)].filter((node) => node.type === 'identifier').map((node) => place.code(node)),
  );
  const names = scope.variables
    .filter((name) => scope.locals.has(name) && used.has(name) && !/^(?:self|cls)$/.test(name))
    .slice(0, 3);
  if (atStart)
    for (const name of scope.parameters) if (!names.includes(name) && !/^(?:self|cls)$/.test(name)) names.push(name);
  const loop = ancestor(place.statement, 'for_statement', 'while_statement', 'function_definition');
  const exits = returned(place)
    .slice(0, 6)
    .map((value) => (value === '' ? 'return' : `return ${value}`));
  if (loop && loop.type !== 'function_definition') exits.unshift('continue', 'break');
  for (const value of place.ingredients.values.slice(0, 2))
    if (!exits.includes(`return ${value}`)) exits.splice(1, 0, `return ${value}`);
  for (const [rank, name] of names.entries()) {
    const kinds = scope.kinds.get(name);
    const checks: [string, number][] = [
      [`${name} is None`, 0.03],
      [`not ${name}`, 0.035],
    ];
    if (kinds?.has('number'))
      checks.push([`${name} == 0`, 0.02], [`${name} < 0`, 0.015], [`${name} <= 0`, 0.012], [`${name} == 1`, 0.006]);
    for (const [check, prior] of checks) {
      for (const [order, exit] of exits.slice(0, 6).entries()) {
        yield insert(
          [`if ${check}:`, `${level}${exit}`],
          'before',
          'missing-guard',
          ((atStart ? 1.5 : 1) * prior) / (1 + order * 0.35) / (1 + rank * 0.4),
          `the case \`${check}\` is left out.`,
        );
      }
    }
  }
}

/** An `else` that gives the variable of the branch a value. */
function* elses(place: Place): Generator<Draft> {
  const node = place.statement;
  if (node.type !== 'if_statement') return;
  const branches = node.children.filter((child) => child.type === 'else_clause' || child.type === 'elif_clause');
  const yes = field(node, 'consequence');
  const last = branches.at(-1);
  if (branches.length === 1 && last?.type === 'else_clause' && yes) {
    const no = field(last, 'body');
    if (no) {
      yield {
        template: 'swap-branches',
        prior: 0.06,
        edits: [
          { start: yes.start, end: yes.end, text: place.code(no) },
          { start: no.start, end: no.end, text: place.code(yes) },
        ],
        explanation: `The branches of ${brief(place.code(node).split('\n')[0] ?? '')} are exchanged; this swaps them.`,
      };
    }
  }
  if (last?.type === 'else_clause' || !yes) return;
  const only = within(yes);
  if (only.length === 1 && only[0]?.type === 'return_statement') {
    for (const value of returned(place).slice(0, 4)) {
      yield {
        template: 'missing-else',
        prior: 0.02,
        edits: [after(place, node, ['else:', `${place.level}return ${value}`])],
        explanation: `The other case of ${brief(place.code(node).split('\n')[0] ?? '')} is left out; this returns \`${value}\` there.`,
      };
    }
  }
}

/** The value that a return statement hands back, from what the function knows. */
export const returns: Template = function* (place) {
  const node = place.statement;
  if (node.type === 'return_statement') {
    const value = parts(node)[0];
    const old = value ? place.code(value) : '';
    let rank = 0;
    for (const other of new Set([...place.ingredients.values, ...returned(place)])) {
      if (other === old || other === '' || rank > 9) continue;
      yield replacing(
        place,
        node,
        `return ${other}`,
        'wrong-return',
        0.08 / (1 + rank * 0.3),
        '{old} hands back the wrong value; this makes it {new}.',
      );
      rank += 1;
    }
    if (!value) return;
    yield replacing(
      place,
      node,
      `yield ${old}`,
      'missing-yield',
      0.015,
      '{old} ends the generator; this yields the value.',
    );
    if (/^(?:true|false)$/.test(value.type) || value.type === 'none') {
      for (const name of place.scope.variables.slice(0, 5)) {
        const kinds = place.scope.kinds.get(name);
        if (kinds?.has('number'))
          for (const check of ['== 0', '> 0', '!= 0'])
            yield replacing(
              place,
              value,
              `${name} ${check}`,
              'wrong-return',
              0.03,
              'The outcome is fixed to {old}; this makes it depend on {new}.',
            );
      }
    }
    if (/^return (?:True|False|None)$/.test(place.code(node)) || value.type === 'identifier') {
      yield replacing(
        place,
        node,
        'continue',
        'wrong-jump',
        ancestor(node, 'for_statement', 'while_statement') ? 0.05 : 0,
        '{old} ends the loop too early; this goes on.',
      );
    }
  }
  if (/^(?:break_statement|continue_statement)$/.test(node.type)) {
    yield replacing(
      place,
      node,
      node.type === 'break_statement' ? 'continue' : 'break',
      'wrong-jump',
      0.3,
      '{old} leaves the loop in the wrong way; this makes it {new}.',
    );
    for (const value of returned(place).slice(0, 4))
      yield replacing(
        place,
        node,
        value === '' ? 'return' : `return ${value}`,
        'wrong-jump',
        0.06,
        '{old} leaves the loop in the wrong way; this makes it {new}.',
      );
  }
  if (node.type === 'pass_statement') {
    for (const value of returned(place).slice(0, 4))
      yield replacing(
        place,
        node,
        value === '' ? 'return' : `return ${value}`,
        'missing-return',
        0.1,
        'Nothing happens here; this makes it {new}.',
      );
    if (ancestor(node, 'for_statement', 'while_statement'))
      for (const jump of ['continue', 'break'])
        yield replacing(place, node, jump, 'wrong-jump', 0.1, 'Nothing happens here; this makes it {new}.');
    yield replacing(
      place,
      node,
      'raise',
      'missing-raise',
      ancestor(node, 'except_clause') ? 0.1 : 0,
      'The exception is swallowed; this raises it again.',
    );
  }
};

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
