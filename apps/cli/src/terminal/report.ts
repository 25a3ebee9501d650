import { styleText } from 'node:util';
import { countOf, printableValue, type Result, stages, verdictWords } from '@nova/core';
import { findingLines } from './findings.ts';

const failuresShown = 5;
const suspectsShown = 5;
const gapsShown = 12;

/**
 * The report of a finished task, for a person: what was wrong, the change, the evidence, what it cost. `appliedAt` says when its
 * branch was merged, in ISO 8601; null: it was not.
 */
export function renderReport(hostile: Result, appliedAt: string | null = null): string {
  const result = printableValue(hostile);
  const body =
    result.kind === 'review'
      ? findingLines(result)
      : [...whatWasWrong(result), ...theChange(result), ...evidence(result), ...cost(result)];
  return [
    headline(result),
    result.summary,
    ...body,
    ...list('Not covered', result.gaps, gapsShown),
    '',
    styleText('bold', 'Next'),
    `  ${appliedAt === null ? result.next : `Applied at ${appliedAt}; nothing is left to do.`}`,
    '',
  ].join('\n');
}

function headline(result: Result): string {
  const color = result.outcome === 'delivered' || result.outcome === 'reviewed' ? 'green' : 'red';
  const code = result.code === null ? '' : ` · ${result.code}`;
  return `\n${styleText(['bold', color], result.outcome)}${code} · task ${result.task}`;
}

function whatWasWrong(result: Result): string[] {
  const { baseline } = result;
  if (baseline === null) return [];
  const tests = baseline.counted
    ? `${countOf(baseline.total, 'test')} by ${baseline.runner}, ${baseline.failing.length} failing every time`
    : 'the command fails and reports no tests';
  return [
    '',
    styleText('bold', 'What was wrong'),
    `  ${tests}`,
    ...baseline.failing.slice(0, failuresShown).map((test) => `  ✗ ${test.id}\n${indent(firstLines(test.message), 6)}`),
    ...more(baseline.failing.length, failuresShown),
    ...(result.outcome === 'delivered' ? [] : suspects(result)),
  ];
}

function suspects(result: Result): string[] {
  if (result.suspects.length === 0) return [];
  return [
    '',
    styleText('bold', 'Where it probably is'),
    ...result.suspects
      .slice(0, suspectsShown)
      .map((place) => `  ${place.path}:${place.startLine}  ${place.score.toFixed(2)}  ${place.reasons.join(', ')}`),
  ];
}

function theChange(result: Result): string[] {
  if (!result.change) return [];
  return [
    '',
    styleText('bold', `The change, on branch ${result.change.branch}`),
    indent(colorDiff(result.change.diff), 2),
    ...(result.alternatives.length > 0
      ? [`  ${countOf(result.alternatives.length, 'other repair')} found: nova diff ${result.task} --alternative 1`]
      : []),
  ];
}

function evidence(result: Result): string[] {
  const checks = result.gate.map((check) => `  ${check.passed ? '✓' : '✗'} ${check.name}: ${check.detail}`);
  const findings = result.review.map(
    (finding) => `  ${finding.severity} ${finding.path}:${finding.line} ${finding.message} (${finding.rule})`,
  );
  const isolated = result.isolation?.isolated
    ? `  isolated by ${result.isolation.driver}, network ${result.isolation.network}`
    : result.isolation
      ? '  nothing was isolated'
      : null;
  const tried =
    result.tried.candidates > 0
      ? [
          `  ${countOf(result.tried.candidates, 'candidate')} tried: ${Object.entries(result.tried.verdicts)
            .map(([outcome, count]) => `${count} ${verdictWords(outcome)}`)
            .join(', ')}`,
        ]
      : [];
  const lines = [...tried, ...checks, ...findings, ...(isolated ? [isolated] : [])];
  return lines.length === 0 ? [] : ['', styleText('bold', `Evidence (${result.evidence})`), ...lines];
}

function cost(result: Result): string[] {
  const seconds = result.cost.stageSeconds;
  const times = stages.flatMap((stage) =>
    seconds[stage] === undefined ? [] : [`${stage} ${seconds[stage].toFixed(1)} s`],
  );
  return [
    '',
    styleText('bold', 'Cost'),
    `  ${countOf(result.cost.runs, 'test run')}, ${countOf(result.cost.attempts, 'attempt')}, no model tokens`,
    ...(times.length > 0 ? [`  ${times.join(', ')}`] : []),
  ];
}

function list(title: string, items: readonly string[], shown: number): string[] {
  if (items.length === 0) return [];
  return [
    '',
    styleText('bold', title),
    ...items.slice(0, shown).map((item) => `  ${item}`),
    ...more(items.length, shown),
  ];
}

function more(count: number, shown: number): string[] {
  return count > shown ? [`  … and ${count - shown} more`] : [];
}

/** Colours a unified diff where colours are wanted; the text stays the same. */
export function colorDiff(diff: string): string {
  return diff
    .trimEnd()
    .split('\n')
    .map((line) => {
      if (line.startsWith('+++') || line.startsWith('---') || line.startsWith('diff ')) return styleText('bold', line);
      if (line.startsWith('+')) return styleText('green', line);
      if (line.startsWith('-')) return styleText('red', line);
      return line.startsWith('@@') ? styleText('cyan', line) : line;
    })
    .join('\n');
}

function firstLines(text: string): string {
  return text.trim().split('\n').slice(0, 8).join('\n').slice(0, 800);
}

function indent(text: string, by: number): string {
  const space = ' '.repeat(by);
  return text
    .split('\n')
    .map((line) => space + line)
    .join('\n');
}
