import type { LanguageModule, Proposal, ProposeRequest } from '../language.ts';
import { caution } from './caution.ts';
import { type FileFacts, factsOf } from './facts.ts';
import { type Ingredients, ingredientsOf } from './ingredients.ts';
import { brief, type Draft, lineStart, type Place } from './place.ts';
import { scopeOf } from './scope.ts';
import { weigher } from './signals.ts';
import {
  ancestor,
  createPythonParser,
  doesNothing,
  isSimple,
  ownEndLine,
  ownNodes,
  type SyntaxNode,
  statementsOf,
} from './syntax.ts';
import { templates } from './templates/templates.ts';

/** More than this for one statement is guessing. */
const mostPerStatement = 150;
/** Of these, so many are kept for each template, whatever others offer: a long call must not drown every other idea. */
const keptPerTemplate = 6;
/** Tables and generated expressions are not searched whole. */
const longestNode = 2000;
const mostNodes = 1500;

/** Python 3: what Nova must know to repair it. */
export function createPythonLanguage(): LanguageModule {
  const parser = createPythonParser();
  return {
    id: 'python',
    extensions: ['.py', '.pyw'],
    parses: (_path, text) => parser.isSound(text),
    async statements(_path, text) {
      const { root } = await parser.parse(text);
      return statementsOf(root)
        .filter((node) => !doesNothing(node))
        .map((node) => ({
          startLine: node.startLine,
          endLine: ownEndLine(node),
          atLoad: ancestor(node, 'function_definition', 'lambda') === null,
        }));
    },
    async propose(request) {
      const { root } = await parser.parse(request.text);
      const code = (node: SyntaxNode) => request.text.slice(node.start, node.end);
      const ingredients = ingredientsOf(request.failing, request.testSources, root, code);
      const statements = statementsOf(root);
      const facts = factsOf(root, code);
      const level = indentLevel(statements, request.text);
      const taken = new Set<SyntaxNode>();
      const proposals: Proposal[] = [];
      for (const [suspect, { startLine, endLine }] of request.suspects.entries()) {
        const drafts: Draft[] = [];
        for (const statement of statements) {
          if (statement.startLine > endLine || ownEndLine(statement) < startLine || taken.has(statement)) continue;
          taken.add(statement);
          const place = placeOf(request, root, statement, facts, ingredients, level, code);
          drafts.push(...draftsFor(place));
        }
        drafts.sort((a, b) => b.prior - a.prior);
        for (const draft of drafts) proposals.push(finished(request, draft, suspect));
      }
      return proposals;
    },
  };
}

function placeOf(
  request: ProposeRequest,
  root: SyntaxNode,
  statement: SyntaxNode,
  facts: FileFacts,
  ingredients: Ingredients,
  level: string,
  code: (node: SyntaxNode) => string,
): Place {
  const { text } = request;
  const indent = /^[ \t]*/.exec(text.slice(lineStart(text, statement.start), statement.start))?.[0] ?? '';
  return {
    text,
    root,
    statement,
    nodes: ownNodes(statement)
      .filter((node) => node.end - node.start <= longestNode)
      .slice(0, mostNodes),
    scope: scopeOf(root, statement, facts, code),
    ingredients,
    indent,
    level,
    newline: text.includes('\r\n') ? '\r\n' : '\n',
    code,
  };
}

/** What this file sets its blocks in by. */
function indentLevel(statements: readonly SyntaxNode[], text: string): string {
  for (const node of statements) {
    if (!isSimple(node) || node.parent?.type !== 'block') continue;
    const own = text.slice(lineStart(text, node.start), node.start);
    const owner = node.parent.parent;
    const outer = owner ? (/^[ \t]*/.exec(text.slice(lineStart(text, owner.start)))?.[0] ?? '') : '';
    if (/^[ \t]+$/.test(own) && own.startsWith(outer) && own.length > outer.length) return own.slice(outer.length);
  }
  return '    ';
}

/** The drafts for one statement: each changed text once, likeliest first, in an order that depends on the text alone. */
function draftsFor(place: Place): Draft[] {
  const best = new Map<string, Draft>();
  const weigh = weigher(place.ingredients.messages);
  for (const template of templates) {
    for (const offered of template(place)) {
      const draft = { ...offered, prior: weigh(offered) * caution(place, offered) };
      if (draft.prior <= 0 || draft.edits.every((edit) => place.text.slice(edit.start, edit.end) === edit.text))
        continue;
      const key = changedText(place, draft);
      const known = best.get(key);
      if (!known || known.prior < draft.prior) best.set(key, draft);
    }
  }
  return interleaved(
    [...best.values()]
      .map((draft, index) => ({ draft, index }))
      .sort((a, b) => b.draft.prior - a.draft.prior || a.index - b.index)
      .map(({ draft }) => draft),
  );
}

/** As many of the likeliest drafts as are wanted, among them the first few of every template. */
function interleaved(ordered: readonly Draft[]): Draft[] {
  const counts = new Map<string, number>();
  const first: Draft[] = [];
  const rest: Draft[] = [];
  for (const draft of ordered) {
    const count = counts.get(draft.template) ?? 0;
    counts.set(draft.template, count + 1);
    (count < keptPerTemplate ? first : rest).push(draft);
  }
  const kept = new Set([
    ...first.slice(0, mostPerStatement),
    ...rest.slice(0, Math.max(0, mostPerStatement - first.length)),
  ]);
  return ordered.filter((draft) => kept.has(draft));
}

/** The part of the file around the edits as it would read afterwards, for telling equal changes apart. */
function changedText(place: Place, draft: Draft): string {
  const edits = [...draft.edits].sort((a, b) => a.start - b.start);
  const from = Math.min(edits[0]?.start ?? 0, lineStart(place.text, place.statement.start));
  const to = Math.max(edits.at(-1)?.end ?? 0, place.statement.end);
  let text = `${from}:`;
  let at = from;
  for (const edit of edits) {
    text += place.text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return text + place.text.slice(at, to);
}

function finished(request: ProposeRequest, draft: Draft, suspect: number): Proposal {
  const explanation = draft.explanation.replace(/`[^`]{90,}`/g, (quoted) => brief(quoted.slice(1, -1)));
  return {
    template: draft.template,
    prior: Math.min(1, draft.prior),
    edits: draft.edits.map((edit) => ({ path: request.path, ...edit })),
    explanation,
    suspect,
  };
}
