import { createHash } from 'node:crypto';
import { type Finding, maskText } from '@nova/core';
import type { Engine, RawFinding } from './engines/engine.ts';
import type { ReviewFile } from './files.ts';

const longestMessage = 600;
const longestEvidence = 200;
const severities = ['error', 'warning', 'info'] as const;

/** What one engine found in one tree. */
export interface EngineFindings {
  readonly engine: Engine;
  readonly findings: readonly RawFinding[];
}

/**
 * The findings of all engines on one tree as one list: those that a syntax error drags along and those that mean nothing in
 * a test are dropped, duplicates are merged, each gets its line as evidence and a fingerprint.
 */
export function assemble(
  answers: readonly EngineFindings[],
  files: ReadonlyMap<string, ReviewFile>,
  lineOf: (path: string, line: number) => string,
): Finding[] {
  const unparsed = new Set(answers.flatMap(({ findings }) => findings.filter(isSyntax).map((finding) => finding.path)));
  const merged = new Map<string, Finding[]>();
  for (const { engine, findings } of answers) {
    for (const raw of findings) {
      const file = files.get(raw.path);
      if (file === undefined) continue;
      const dragged = file.passedOver || (unparsed.has(raw.path) && !isSyntax(raw));
      if (dragged && !isSecret(raw)) continue;
      const finding = file.role === 'test' ? inTest(raw) : inProse(raw);
      if (finding === null) continue;
      const name = raw.rule.slice(raw.rule.indexOf('/') + 1);
      // One syntax error is enough: what follows it is guessed.
      const same = isSyntax(raw) ? 'syntax' : (engine.meaning(name).same ?? raw.rule);
      const key = JSON.stringify([raw.path, same === 'syntax' ? 0 : raw.line, same]);
      const known = merged.get(key) ?? [];
      const alike = known.findIndex((other) => same === 'syntax' || samePlace(other, raw));
      if (alike < 0) merged.set(key, [...known, quoted(finding, lineOf)]);
      else known[alike] = joined(known[alike] ?? quoted(finding, lineOf), finding);
    }
  }
  return marked([...merged.values()].flat().sort(inOrder));
}

/** Two engines mean the same place when one begins inside what the other marks, which is up to the line's end where it does not say; one engine says of each place what it says. */
function samePlace(one: RawFinding, other: RawFinding): boolean {
  const begin = (finding: RawFinding) => finding.column ?? 1;
  if (one.rule === other.rule) return begin(one) === begin(other);
  const end = (finding: RawFinding) =>
    finding.endColumn === undefined || (finding.endLine ?? finding.line) > finding.line
      ? Number.POSITIVE_INFINITY
      : Math.max(finding.endColumn, begin(finding) + 1);
  return begin(one) < end(other) && begin(other) < end(one);
}

/** Worst first, then by place. */
function inOrder(a: Finding, b: Finding): number {
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    (a.path < b.path ? -1 : a.path > b.path ? 1 : 0) ||
    a.line - b.line ||
    (a.column ?? 0) - (b.column ?? 0) ||
    (a.rule < b.rule ? -1 : 1)
  );
}

function isSyntax({ rule }: RawFinding): boolean {
  return rule.endsWith('/syntax');
}

function isSecret({ rule }: RawFinding): boolean {
  return /^secret(?:lint)?\//.test(rule);
}

/** Tests do wrong on purpose: only what would keep them from running is told, and secrets as something to look at. */
function inTest(finding: RawFinding): RawFinding | null {
  if (isSecret(finding)) return { ...finding, severity: 'info' };
  if (finding.category === 'tests') return finding;
  return finding.severity === 'error' && finding.category === 'correctness' ? finding : null;
}

/** What a text for people shows is rarely used. */
function inProse(finding: RawFinding): RawFinding {
  const prose = isSecret(finding) && /\.(md|mdx|rst|txt|adoc)$/i.test(finding.path);
  return prose ? { ...finding, severity: 'warning' } : finding;
}

function quoted(finding: RawFinding, lineOf: (path: string, line: number) => string): Finding {
  const line = lineOf(finding.path, finding.line).trim().slice(0, longestEvidence);
  const message = maskText(finding.message).slice(0, longestMessage);
  return { ...finding, message, ...(isSecret(finding) || line === '' ? {} : { evidence: maskText(line) }) };
}

function joined(known: Finding, other: RawFinding): Finding {
  if (known.rule === other.rule) return known;
  const worse = severities.indexOf(other.severity) < severities.indexOf(known.severity);
  const also = [...new Set([...(known.also ?? []), other.rule])];
  return { ...known, also, severity: worse ? other.severity : known.severity };
}

/** A fingerprint names rule, file, the line's text and which of several equal ones it is; never where the line stands. */
function marked(findings: readonly Finding[]): Finding[] {
  const counts = new Map<string, number>();
  const secretLines = new Set(findings.filter(isSecret).map(({ path, line }) => `${path}\n${line}`));
  return findings.map((finding) => {
    const base = likeness(finding, finding.path);
    const ordinal = counts.get(base) ?? 0;
    counts.set(base, ordinal + 1);
    const fingerprint = createHash('sha256').update(`${base}\n${ordinal}`).digest('hex').slice(0, 32);
    const { evidence, ...rest } = finding;
    const shown = evidence !== undefined && !secretLines.has(`${finding.path}\n${finding.line}`);
    return { ...rest, ...(shown ? { evidence } : {}), fingerprint };
  });
}

function likeness({ rule, evidence }: Finding, path: string): string {
  return JSON.stringify([rule, path, (evidence ?? '').replace(/\s+/g, ' ')]);
}

/**
 * Those of `now` that the change brought: of findings that look alike there may be as many as there were before, and those
 * on untouched lines are taken for the old ones first. `renamed` leads from a path before to the path now. A line that was edited
 * answers for what is on it, unless `forgiving`: then what was said of it before with the same words is old.
 */
export function broughtIn(
  now: readonly Finding[],
  before: readonly Finding[],
  change: {
    readonly renamed: ReadonlyMap<string, string>;
    readonly isChanged: (path: string, line: number) => boolean;
    readonly forgiving: boolean;
  },
): Finding[] {
  const old = new Map<string, Finding[]>();
  for (const finding of before) {
    const key = likeness(finding, change.renamed.get(finding.path) ?? finding.path);
    old.set(key, [...(old.get(key) ?? []), finding]);
  }
  const fresh = new Set<Finding>();
  for (const changed of [false, true]) {
    for (const finding of now) {
      if (change.isChanged(finding.path, finding.line) !== changed) continue;
      if (old.get(likeness(finding, finding.path))?.pop() === undefined) fresh.add(finding);
    }
  }
  const said = new Set(
    [...old.values()].flat().map(({ rule, path, message }) => `${rule} ${change.renamed.get(path) ?? path} ${message}`),
  );
  return now.filter(
    (finding) =>
      fresh.has(finding) && !(change.forgiving && said.has(`${finding.rule} ${finding.path} ${finding.message}`)),
  );
}
