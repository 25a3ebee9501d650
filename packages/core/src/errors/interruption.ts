import type { ErrorCode } from './nova-error.ts';

const interruptions: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'task.paused',
  'task.cancelled',
  'sandbox.lost',
  'mesh.unreachable',
  'mesh.timeout',
  'mesh.protocol',
  'ledger.closed',
  'ledger.conflict',
  'ledger.locked',
  'disk.full',
  'journal.outcome_unknown',
  'journal.input_changed',
  'lease.stale',
  'branch.moved',
  'internal',
]);

/**
 * True for a failure of the surroundings or of Nova itself, not of what was asked: it may be over later. The journal records it
 * as nobody's outcome, the task stands still at this place, and resuming it tries again.
 */
export function isInterruption(code: ErrorCode): boolean {
  return interruptions.has(code);
}
