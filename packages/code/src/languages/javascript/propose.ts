import type { Proposal, ProposeRequest } from '../language.ts';
import { gatherFacts } from './facts.ts';
import { isInType } from './scope.ts';
import { parseJavaScript, type SyntaxNode, type SyntaxTree } from './syntax.ts';
import { templates } from './templates/all.ts';

/** No single suspect, and no single template at a suspect, may crowd out the others. */
const mostPerSuspect = 400;
const mostPerTemplate = 90;

/** All drafts of all templates at the suspected statements of one file; empty when the file does not parse. */
export function proposeRepairs(request: ProposeRequest): Proposal[] {
  const tree = parseJavaScript(request.path, request.text);
  if (!tree) return [];
  const facts = gatherFacts(tree, request.failing, request.testSources);
  const groups = new Map<string, Proposal[]>();
  for (const node of tree.nodes) {
    const suspect = suspectOf(node, tree, request);
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

/** The first suspect, they come by score, on whose lines the node begins. */
function suspectOf(node: SyntaxNode, tree: SyntaxTree, request: ProposeRequest): number {
  if (node.type === 'Program') return -1;
  const line = tree.lineOf(node.start);
  return request.suspects.findIndex((suspect) => line >= suspect.startLine && line <= suspect.endLine);
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
