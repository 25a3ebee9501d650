import { branchDeliver, changePreview, NovaError, taskRelease, toNovaError } from '@nova/core';
import { createDesk, type Desk, type DeskParts } from './desk.ts';

/** What still acts for a cancelled task: showing what was found, and ending what it holds. */
const lastActs: readonly string[] = [changePreview.name, taskRelease.name];

/**
 * The desk of a cancelled task. What is recorded is answered, so that the team walks to where it was cut; there it is refused with
 * `task.cancelled` and reports what it has. Only the last acts are carried out, and a delivery that was begun is ended. With
 * `preview` false nothing is shown that was not shown before.
 */
export function createWindUpDesk(parts: DeskParts, reason: string, preview: boolean): Desk {
  const cut = new AbortController();
  cut.abort(new NovaError('task.cancelled', reason, { details: { windingUp: true } }));
  const recorded = createDesk({ ...parts, signal: cut.signal });
  const live = createDesk(parts);
  const begun = parts.journal
    .entries()
    .some(({ callId, state }) => state === 'started' && callId.includes(`/${branchDeliver.name}/`));
  const acting = new Set(lastActs.filter((name) => preview || name !== changePreview.name));
  if (begun) acting.add(branchDeliver.name);
  return {
    signal: parts.signal,
    cancelled: reason,
    memoryKills: recorded.memoryKills,
    act: (act) => (acting.has(act.tool.name) ? live : recorded).act(act),
  };
}

/** True for the refusal with which a cancelled task's walk ends; false for an interruption. */
export function isWindUp(thrown: unknown): boolean {
  return toNovaError(thrown).details?.['windingUp'] === true;
}
