import { fixRequestSchema, reviewRequestSchema, type TaskRequest } from '@nova/core';

/** A word as a POSIX shell reads it back. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The line that hands in the same task from a terminal; what is as usual is left out. */
export function commandLine(request: TaskRequest): string {
  const { repository } = request;
  const usual =
    request.kind === 'fix'
      ? fixRequestSchema.parse({ kind: 'fix', repository, testCommand: request.testCommand })
      : reviewRequestSchema.parse({ kind: 'review', repository });
  const words = ['nova', request.kind, '--repo', repository];
  if (request.kind === 'fix') words.push('--test', request.testCommand);
  if (request.kind === 'review' && request.since !== null) words.push('--since', request.since);
  if (request.priority !== usual.priority) words.push('--priority', request.priority);
  if (request.instance !== null) words.push('--instance', request.instance);
  if (request.sandbox !== usual.sandbox) words.push('--sandbox', request.sandbox);
  if (request.budgetSeconds !== usual.budgetSeconds) words.push('--budget', String(request.budgetSeconds));
  if (request.kind === 'fix' && usual.kind === 'fix') {
    if (request.budgetRuns !== usual.budgetRuns) words.push('--runs', String(request.budgetRuns));
    if (request.testTimeoutSeconds !== usual.testTimeoutSeconds)
      words.push('--test-timeout', String(request.testTimeoutSeconds));
  }
  return words.map(quoted).join(' ');
}
