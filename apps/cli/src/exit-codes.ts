import type { ErrorCode, Result } from '@nova/core';

/** Exit codes that scripts may rely on; printed by `--help`. */
export const exitCodes = {
  delivered: 0,
  internal: 1,
  usage: 2,
  notRepaired: 3,
  gateFailed: 4,
  environment: 5,
  interrupted: 130,
} as const;

/** What each exit code means, in the order of the codes: the words of `--help` and of the README. */
export const exitCodeWords: readonly (readonly [code: number, meaning: string])[] = [
  [exitCodes.delivered, 'delivered, or reviewed without findings at or above --fail-on'],
  [exitCodes.internal, 'a fault of Nova itself'],
  [exitCodes.usage, 'usage'],
  [exitCodes.notRepaired, 'refused, or no repair found (the Result says where the bug probably is and what was tried)'],
  [exitCodes.gateFailed, 'the gate did not let the change through, or a review has findings at or above --fail-on'],
  [exitCodes.environment, 'the environment: something is missing or failed on this machine'],
  [exitCodes.interrupted, 'interrupted with Ctrl-C, paused or cancelled; a paused task can be resumed'],
];

export const exitCodeHelp = `
Exit codes:
${exitCodeWords.map(([code, meaning]) => `  ${String(code).padEnd(5)}${meaning}`).join('\n')}
`;

const { internal, usage, notRepaired, gateFailed, environment, interrupted } = exitCodes;

/** The exit code of every error; a new code does not compile until it is mapped. */
export const exitCodeOf: Readonly<Record<ErrorCode, number>> = {
  'usage.invalid': usage,
  'auth.required': environment,
  'auth.refused': environment,
  'auth.origin': environment,
  'http.unknown': usage,
  'http.method': internal,
  'http.malformed': internal,
  'http.too_large': usage,
  'http.media_type': internal,
  'live.limit': environment,
  'listen.in_use': environment,
  'listen.refused': environment,
  'folder.unusable': environment,
  'repository.missing': notRepaired,
  'repository.empty': notRepaired,
  'repository.submodules': notRepaired,
  'repository.lfs': notRepaired,
  'repository.readonly': notRepaired,
  'repository.unreadable': notRepaired,
  'tests.none': notRepaired,
  'tests.pass': notRepaired,
  'tests.timeout': notRepaired,
  'tests.unstable': notRepaired,
  'tests.unloadable': notRepaired,
  'repair.none': notRepaired,
  'review.rejected': gateFailed,
  'gate.failed': gateFailed,
  'environment.unsupported': environment,
  'environment.install_failed': environment,
  'environment.corrupt': environment,
  'sandbox.unavailable': environment,
  'sandbox.lost': environment,
  'sandbox.limit': notRepaired,
  'tool.unknown': internal,
  'tool.input': internal,
  'tool.failed': internal,
  'ledger.conflict': internal,
  'ledger.key_reused': internal,
  'ledger.corrupt': environment,
  'ledger.locked': environment,
  'ledger.closed': environment,
  'blob.unknown': usage,
  'blob.missing': environment,
  'blob.corrupt': environment,
  'journal.input_changed': internal,
  'journal.outcome_unknown': notRepaired,
  'lease.stale': environment,
  'bundle.rejected': gateFailed,
  'branch.moved': notRepaired,
  'apply.conflict': notRepaired,
  'mesh.unreachable': environment,
  'mesh.timeout': environment,
  'mesh.protocol': environment,
  'task.unknown': usage,
  'task.state': usage,
  'task.paused': interrupted,
  'task.cancelled': interrupted,
  'budget.exhausted': notRepaired,
  'disk.full': environment,
  internal,
};

/** The exit code of a Result. */
export function exitCodeOfResult(result: Result): number {
  switch (result.outcome) {
    case 'delivered':
    case 'reviewed':
      return exitCodes.delivered;
    case 'gate-failed':
      return gateFailed;
    case 'environment-failed':
      return environment;
    case 'cancelled':
      return interrupted;
    case 'failed':
      return internal;
    case 'refused':
    case 'not-repaired':
      return result.code === null ? notRepaired : exitCodeOf[result.code];
  }
}
