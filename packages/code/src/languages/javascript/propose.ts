import { innermostRange, type Proposal, type ProposeRequest } from '../language.ts';
import { gatherFacts } from './facts.ts';
import { isInType } from './scope.ts';
import { statementRanges } from './statements.ts';
import { isStatement, parseJavaScript, type SyntaxNode, type SyntaxTree } from './syntax.ts';
import { templates } from './templates/all.ts';

/** No single suspect, and no single template at a suspect, may crowd out the others. */
const mostPerSuspect = 400;
const mostPerTemplate = 90;

/** All drafts of all templates at the suspected statements of one file; empty when the file does not parse. */
export function proposeRepairs(request: ProposeRequest): Proposal[] {
  const tree = parseJavaScript(request.path, request.text);
  if (!tree) return [];
  const facts = gatherFacts(tree, request.failing, request.testSources);
  const suspectOf = suspectFinder(tree, request);
  const groups = new Map<string, Proposal[]>();
  for (const node of tree.nodes) {
    const suspect = suspectOf(node);
    if (suspect === -1 || isInType(tree, node)) continue;
    for (const [index, template] of templates.entries()) {
      const key = `${suspect} ${index}`;
      const group = groups.get(key) ?? [];
      groups.set(key, group);
      for (const { edits, ...draft } of template(node, facts)) {
        if (edits.length === 0) continue;
        group.push({ ...draft, suspect, edits: edits.map((edit) => ({ path: request.path, ...edit })) });
      }
    }
  }
  const kept = [...groups.values()].flatMap((group) => strongest(group, mostPerTemplate));
  return strongest(kept, mostPerSuspect);
}

/** The suspect on whose statement a node begins: the innermost statement counts, not one that holds it in a function. */
function suspectFinder(tree: SyntaxTree, request: ProposeRequest): (node: SyntaxNode) => number {
  const ranges = statementRanges(tree);
  const byRange = new Map<string, number>();
  for (const [index, { startLine, endLine }] of request.suspects.entries()) {
    const key = `${startLine}-${endLine}`;
    if (!byRange.has(key)) byRange.set(key, index);
  }
  const byLine = new Map<number, number | null>();
  const onLine = (line: number) => {
    const known = byLine.get(line);
    if (known !== undefined) return known;
    const range = innermostRange(ranges, line);
    const found = range ? (byRange.get(`${range.startLine}-${range.endLine}`) ?? -1) : null;
    byLine.set(line, found);
    return found;
  };
  return (node) => {
    // What stands on no statement's own lines, the value of a case for one, belongs to the statement around it.
    for (let at: SyntaxNode | undefined = node; at && at.type !== 'Program'; at = tree.parents.get(at)) {
      if (at !== node && !isStatement(at)) continue;
      const found = onLine(tree.lineOf(at.start));
      if (found !== null) return found;
    }
    return -1;
  };
}

function strongest(proposals: readonly Proposal[], most: number): Proposal[] {
  const counts = new Map<number, number>();
  return [...proposals]
    .sort((a, b) => b.prior - a.prior)
    .filter(({ suspect }) => {
      const count = counts.get(suspect) ?? 0;
      counts.set(suspect, count + 1);
      return count < most;
    });
}
