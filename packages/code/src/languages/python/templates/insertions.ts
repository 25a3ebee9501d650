import { after, before, brief, type Draft, ownsItsLines, type Place, replacing, type Template } from '../place.ts';
import { ancestor, descend, field, isSimple, parts } from '../syntax.ts';
import { block, isDocstring, within } from './blocks.ts';
import { returned } from './returns.ts';

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
      const changes = /\.(?:append|extend|add|insert|sort|update|remove|write|clear|reverse|discard|appendleft)\(/.test(
        place.code(node),
      );
      const weight = changes ? 0.15 : 1;
      yield replacing(
        place,
        node,
        `return ${place.code(node)}`,
        'missing-return',
        (last ? 0.2 : 0.06) * weight,
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
          0.12 * weight,
          'The result of {old} is thrown away; this keeps it.',
        );
    }
  }
  yield* copied(place, insert);
  yield* assigned(place, insert);
  yield* guarded(place, insert);
  yield* elses(place);
};

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
    if (!place.scope.owner && /\b(?:yield|await|return)\b/.test(text)) continue;
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
          `\`if ${check}: ${exit}\` is added.`,
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
