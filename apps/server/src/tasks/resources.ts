import { availableParallelism, totalmem } from 'node:os';
import { constrainedMemory } from 'node:process';
import type { SandboxLimits, TaskRequest } from '@nova/core';

const gibibyte = 1024 ** 3;
const mostParallel = 4;
const processesOfASandbox = 512;
/** The most runs of the test command that one tool call makes. */
const runsPerCall = 25;

/** What one task may use of this machine at most. */
export interface Claim {
  readonly memoryBytes: number;
  readonly processes: number;
}

/** The memory that this process and all it starts may use, in bytes: the machine's, or less when a control group says so. */
export function usableMemory(): number {
  const constrained = constrainedMemory();
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
}

/** How many sandboxes of one task may work side by side. */
export function sandboxesSideBySide(): number {
  return Math.max(1, Math.min(mostParallel, availableParallelism()));
}

/** Half of the memory for one task, dealt out to its sandboxes, so that two tasks fit on any machine of the minimum size. */
export function sandboxLimits(request: TaskRequest): SandboxLimits {
  const share = usableMemory() / (2 * sandboxesSideBySide());
  const asked = request.kind === 'fix' ? request.memoryMebibytes : undefined;
  return {
    memoryBytes:
      asked === undefined ? Math.floor(Math.max(gibibyte, Math.min(8 * gibibyte, share))) : asked * 1024 ** 2,
    processes: processesOfASandbox,
    // A call may run the command several times; each run has its own limit inside.
    callSeconds: request.kind === 'fix' ? 60 + request.testTimeoutSeconds * runsPerCall : 60 + request.budgetSeconds,
  };
}

/** The limits of all sandboxes of a task that may work at the same time. */
export function claimOf(request: TaskRequest): Claim {
  const limits = sandboxLimits(request);
  const sandboxes = sandboxesSideBySide();
  return { memoryBytes: limits.memoryBytes * sandboxes, processes: limits.processes * sandboxes };
}
