import { styleText } from 'node:util';
import { countOf, type Finding, printable, type Result, type Severity } from '@nova/core';
import { oneLine } from './columns.ts';

const colors = { info: 'dim', warning: 'yellow', error: 'red' } as const satisfies Record<Severity, string>;

/** The findings of a review for a person: by file, each with its place, message and rule, then what was looked at. */
export function findingLines(result: Result): string[] {
  const byPath = Map.groupBy(result.review, (finding) => finding.path);
  const files = [...byPath].flatMap(([path, findings]) => [
    '',
    styleText('bold', printable(path)),
    ...findings.map(findingLine),
  ]);
  return [...files, ...examined(result)];
}

function findingLine(finding: Finding): string {
  const place = finding.column === undefined ? `${finding.line}` : `${finding.line}:${finding.column}`;
  const severity = styleText(colors[finding.severity], finding.severity.padEnd(7));
  const mended = finding.fix ? styleText('dim', `  fix: ${oneLine(finding.fix.description)}`) : '';
  return `  ${place.padStart(7)}  ${severity}  ${oneLine(finding.message)} ${styleText('dim', printable(finding.rule))}${mended}`;
}

function examined({ examined: looked }: Result): string[] {
  if (looked === null) return [];
  const since = looked.since === null ? '' : ` changed since ${looked.since.ref}`;
  const engines = looked.engines.map((engine) => `${engine.name} ${engine.version}`).join(', ');
  return [
    '',
    printable(
      `${countOf(looked.files, 'file')}, ${countOf(looked.lines, 'line')}${since}, read by ${engines || 'nothing'}`,
    ),
    ...looked.skipped.map((one) =>
      printable(`not read: ${countOf(one.files, 'file')}, ${one.reason} (${one.examples.join(', ')})`),
    ),
  ];
}
