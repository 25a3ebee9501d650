import type { FixRequest, SandboxLimits, SandboxSpec, TaskRequest } from '@nova/core';
import type { RunBudget } from '../budget/run-budget.ts';
import type { Desk } from './desk.ts';

/** What every agent of a task of one kind is given. */
export interface Brief<Request extends TaskRequest = FixRequest> {
  readonly task: string;
  readonly request: Request;
  /** RFC 3339; commits carry it, so that a repeated commit is the same commit. */
  readonly submittedAt: string;
  readonly desk: Desk;
  readonly budget: RunBudget;
  readonly limits: SandboxLimits;
  /** How many sandboxes may work on candidates side by side. */
  readonly parallel: number;
}

/** Where the repository's copy and its dependencies are, once intake and environment have found out. */
export interface Ground {
  readonly mirror: string;
  readonly environment: string | null;
}

/** Describes a sandbox of this task. The same role, name and commit always describe the same sandbox. */
export function sandboxFor(
  brief: Brief<TaskRequest>,
  ground: Ground,
  role: SandboxSpec['role'],
  name: string,
  commit: string,
): SandboxSpec {
  return {
    id: `${brief.task}-${name}`,
    task: brief.task,
    role,
    mirror: ground.mirror,
    commit,
    environment: ground.environment,
    path: brief.request.repository,
    driver: brief.request.sandbox,
    limits: brief.limits,
  };
}
