import { createHash } from 'node:crypto';
import { applyEdits, type Candidate, editsByPath, type Suspect, type TestCase, type TextEdit } from '@nova/core';
import type { LanguageModule, Proposal } from '../languages/language.ts';
import { languageFor } from '../languages/language-for.ts';
import { fileRole } from '../workspace/project-files.ts';
import type { WorkingTree } from '../workspace/working-tree.ts';
import { doubtOf, fitOf, signalsOf, sizeFactor } from './ranking.ts';

interface ProposeCandidates {
  readonly suspects: readonly Suspect[];
  readonly failing: readonly TestCase[];
  readonly limit: number;
}

interface Scored {
  readonly proposal: Proposal;
  readonly score: number;
  readonly path: string;
  readonly line: number;
  /** Decides between equals, so that the order never depends on chance. */
  readonly tie: string;
}

/**
 * Candidates of all suspects in the order that ranking.ts gives and gives reasons for. Every further candidate of one template at one suspect weighs 15 % less, which spreads the first runs over different ideas.
 * The order and the ids depend on nothing but the input.
 */
export async function proposeCandidates(
  request: ProposeCandidates,
  tree: WorkingTree,
  languages: readonly LanguageModule[],
): Promise<{ candidates: Candidate[]; notes: string[] }> {
  const notes: string[] = [];
  const texts = new Map<string, string>();
  const scored: Scored[] = [];
  const testSources = await testSourcesOf(request.failing, tree);
  const signals = signalsOf(request.failing);
  const said = request.failing.map((test) => test.failure?.message ?? '').join('\n');
  for (const [path, suspects] of suspectsByFile(request.suspects)) {
    const language = languageFor(path, languages);
    const text = fileRole(path) === 'source' ? await tree.read(path) : null;
    if (!language || text === null) continue;
    texts.set(path, text);
    const proposals = await language.propose({ path, text, suspects, failing: request.failing, testSources });
    for (const proposal of proposals) {
      const suspect = suspects[proposal.suspect];
      if (!suspect || proposal.edits.some((edit) => edit.path !== path && fileRole(edit.path) !== 'source')) continue;
      const likely = suspect.score ** 2 * proposal.prior * sizeFactor(proposal.edits, text);
      const score = likely * fitOf(proposal.template, signals) * doubtOf(proposal.edits, text, said);
      scored.push({ proposal, score, path, line: suspect.startLine, tie: JSON.stringify(proposal.edits) });
    }
  }
  const ordered = diversified(scored);
  const candidates: Candidate[] = [];
  const results = new Set<string>();
  for (const { proposal, score } of ordered) {
    if (candidates.length >= request.limit) break;
    const result = resultOf(proposal.edits, texts);
    if (result === null || results.has(result)) continue;
    results.add(result);
    candidates.push({
      id: createHash('sha256').update(JSON.stringify(proposal.edits)).digest('hex').slice(0, 16),
      template: proposal.template,
      rank: candidates.length,
      score,
      edits: [...proposal.edits],
      explanation: proposal.explanation,
    });
  }
  notes.push(
    `${scored.length} proposals at ${request.suspects.length} suspects, ${candidates.length} distinct candidates kept.`,
  );
  return { candidates, notes };
}

function suspectsByFile(suspects: readonly Suspect[]): Map<string, Suspect[]> {
  const groups = new Map<string, Suspect[]>();
  for (const suspect of [...suspects].sort((a, b) => b.score - a.score)) {
    const group = groups.get(suspect.path);
    if (group) group.push(suspect);
    else groups.set(suspect.path, [suspect]);
  }
  return groups;
}

async function testSourcesOf(failing: readonly TestCase[], tree: WorkingTree): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  for (const { file } of failing) {
    if (file === null || sources.has(file)) continue;
    const text = await tree.read(file);
    if (text !== null) sources.set(file, text.slice(0, 500_000));
  }
  return sources;
}

function diversified(scored: readonly Scored[]): Scored[] {
  const byScore = (a: Scored, b: Scored) =>
    b.score - a.score ||
    (a.path < b.path ? -1 : a.path > b.path ? 1 : 0) ||
    a.line - b.line ||
    (a.tie < b.tie ? -1 : a.tie > b.tie ? 1 : 0);
  const seen = new Map<string, number>();
  return [...scored]
    .sort(byScore)
    .map((item) => {
      const key = `${item.path}:${item.line}:${item.proposal.template}`;
      const before = seen.get(key) ?? 0;
      seen.set(key, before + 1);
      return { ...item, score: item.score * 0.85 ** before };
    })
    .sort(byScore);
}

/**
 * What tells results apart; null when nothing changes or the edits do not fit. Whether it parses is asked when a candidate is
 * judged: most are never tried, and parsing them all took longer than judging the first hundred.
 */
function resultOf(edits: readonly TextEdit[], texts: ReadonlyMap<string, string>): string | null {
  const hash = createHash('sha256');
  let changed = false;
  for (const [path, group] of editsByPath(edits)) {
    const before = texts.get(path);
    if (before === undefined) return null;
    let after: string;
    try {
      after = applyEdits(before, group);
    } catch {
      return null;
    }
    if (after !== before) changed = true;
    hash.update(path).update('\0').update(after).update('\0');
  }
  return changed ? hash.digest('hex') : null;
}
