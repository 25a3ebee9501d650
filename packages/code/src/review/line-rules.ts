import type { Finding } from '@nova/core';
import type { ChangedLines, DiffLine } from './diff-lines.ts';

type LineRule = (path: string, lines: ChangedLines) => Finding[];

/** A rule that looks for a pattern in added lines, and counts it only when it was not in the removed ones already. */
function added(
  rule: string,
  severity: Finding['severity'],
  category: Finding['category'],
  pattern: RegExp,
  message: string,
): LineRule {
  return (path, lines) => {
    const before = lines.removed.filter((line) => pattern.test(line.text)).length;
    const now = lines.added.filter((line) => pattern.test(line.text));
    return now.length <= before ? [] : now.map((line) => found(rule, severity, category, path, line, message));
  };
}

/** A rule that looks for a pattern in removed lines which has no counterpart among the added ones. */
function removed(
  rule: string,
  severity: Finding['severity'],
  category: Finding['category'],
  pattern: RegExp,
  message: string,
): LineRule {
  return (path, lines) => {
    const kept = lines.added.filter((line) => pattern.test(line.text)).length;
    const gone = lines.removed.filter((line) => pattern.test(line.text));
    return gone.length <= kept
      ? []
      : gone.slice(kept).map((line) => found(rule, severity, category, path, line, message));
  };
}

function found(
  rule: string,
  severity: Finding['severity'],
  category: Finding['category'],
  path: string,
  line: DiffLine,
  message: string,
): Finding {
  return {
    rule,
    severity,
    category,
    path,
    line: Math.max(1, line.line),
    message,
    evidence: line.text.trim().slice(0, 200),
  };
}

const literalText = String.raw`(?:-?\d+(?:\.\d+)?|'[^']*'|"[^"]*"|\`[^\`$]*\`)`;
/** A comparison with one exact value that leads straight to another exact value. */
const specialCase = new RegExp(
  String.raw`\bif\b[^\n]*(?:===?|\bis\b)\s*(${literalText})[^\n]*\breturn\s+(${literalText})\s*;?\s*\}?\s*$|(?:===?)\s*(${literalText})\s*\?\s*(${literalText})\s*:`,
);
/** Values that programs compare with for good reasons. */
const ordinary = /^(-?[012]|''|""|``)$/;

const overfitting: LineRule = (path, lines) => {
  const findings: Finding[] = [];
  const joined = lines.added.map((line, index) => ({ ...line, text: joinBranch(lines.added, index) }));
  for (const line of joined) {
    const match = specialCase.exec(line.text);
    if (!match || lines.removed.some((old) => specialCase.test(old.text))) continue;
    const compared = match[1] ?? match[3] ?? '';
    const severity = ordinary.test(compared) ? 'warning' : 'error';
    const message =
      'The change answers one exact input with one exact value; that satisfies a test without repairing the fault.';
    findings.push(found('overfit.special-case', severity, 'correctness', path, line, message));
  }
  return findings;
};

/** An `if` line together with the line after it, where its `return` may stand. */
function joinBranch(lines: readonly DiffLine[], index: number): string {
  const text = lines[index]?.text ?? '';
  const next = lines[index + 1];
  const opens = /^\s*(el)?if\b.*[{:)]\s*$/.test(text);
  return opens && next && next.line === (lines[index]?.line ?? 0) + 1 ? `${text} ${next.text.trim()}` : text;
}

/** The rules on single lines, for every language; a rule is a pattern that stands for itself in all of them. */
export const lineRules: readonly LineRule[] = [
  overfitting,
  added(
    'errors.swallowed',
    'error',
    'correctness',
    /\bcatch\s*(\([^)]*\))?\s*\{\s*\}|\bexcept\b[^:]*:\s*pass\b|\.catch\(\s*\(?\w*\)?\s*=>\s*(\{\s*\}|null|undefined)\s*\)/,
    'The change swallows errors.',
  ),
  added(
    'debug.statement',
    'error',
    'maintainability',
    /^\s*debugger\b|\bconsole\.(log|debug|trace)\(|\bbreakpoint\(\)|\bpdb\.set_trace\(|^\s*print\(/,
    'The change leaves a debugging statement behind.',
  ),
  added(
    'condition.constant',
    'warning',
    'correctness',
    /\b(if|while)\s*\(?\s*(true|false|True|False|0|1)\s*\)?\s*[:{]/,
    'A condition is constant.',
  ),
  added('code.evaluated', 'error', 'security', /\beval\(|\bnew Function\(/, 'The change evaluates text as code.'),
  added(
    'process.exit',
    'error',
    'correctness',
    /\bprocess\.exit\(|\bsys\.exit\(|\bos\._exit\(/,
    'The change ends the process, which can hide failing tests.',
  ),
  added(
    'suppression',
    'warning',
    'maintainability',
    /@ts-(ignore|nocheck|expect-error)|eslint-disable|biome-ignore|# type: ignore|# noqa/,
    'The change silences a checker.',
  ),
  added('unsafe.prototype', 'warning', 'security', /\.__proto__\s*=[^=]/, 'The change assigns a prototype.'),
  removed(
    'assertion.removed',
    'error',
    'correctness',
    /^\s*(assert\b|assert\w*\(|invariant\(|console\.assert\()/,
    'The change removes an assertion.',
  ),
  removed(
    'validation.removed',
    'error',
    'correctness',
    /\b(throw\b|raise\b|reject\()/,
    'The change removes a validation that reported an error.',
  ),
];
