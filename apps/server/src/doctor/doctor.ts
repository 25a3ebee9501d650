import type { DataFolder } from '@nova/core';
import { type Check, machineChecks } from './checks.ts';

/** Exit code of a machine that lacks something. */
const environmentExit = 5;
const marks = { good: 'ok  ', weak: 'weak', missing: 'MISS' } as const;

/** Prints this machine against minimum and recommended sizes and versions; resolves with the exit code. */
export async function doctor(folder: DataFolder, json: boolean): Promise<number> {
  const checks = machineChecks(folder.root);
  const missing = checks.filter((check) => check.state === 'missing');
  if (json) {
    process.stdout.write(`${JSON.stringify({ checks, ready: missing.length === 0 }, null, 2)}\n`);
  } else {
    process.stdout.write(`${table(checks)}\n\n${verdict(missing)}\n`);
  }
  return missing.length === 0 ? 0 : environmentExit;
}

function table(checks: readonly Check[]): string {
  const rows = [
    ['', 'what', 'found', 'minimum', 'recommended'],
    ...checks.map((check) => [marks[check.state], check.name, check.found, check.minimum, check.recommended]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const remedies = checks.flatMap((check) => (check.remedy ? [`  ${check.name}: ${check.remedy}`] : []));
  return remedies.length === 0 ? lines.join('\n') : `${lines.join('\n')}\n\nTo do:\n${remedies.join('\n')}`;
}

function verdict(missing: readonly Check[]): string {
  if (missing.length === 0) return 'This machine can run Nova.';
  return `This machine lacks ${missing.map((check) => check.name).join(', ')}.`;
}
