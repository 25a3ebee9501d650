import type { Brief, Records, StageLog } from '@nova/agents';
import { NovaError, type Result, type TaskRequest } from '@nova/core';

/** What every team is given, whatever the kind of its task. */
export interface TeamParts {
  readonly brief: Brief<TaskRequest>;
  readonly records: Records;
  readonly stageLog: StageLog;
}

const notBuilt: ReadonlySet<TaskRequest['kind']> = new Set<TaskRequest['kind']>(['review']);

/** Refuses a kind of task for which there is no team, before anything of it is recorded. */
export function requireTeam(kind: TaskRequest['kind']): void {
  if (!notBuilt.has(kind)) return;
  throw new NovaError('usage.invalid', `Tasks of the kind ${kind} are not built yet. Nothing was recorded.`);
}

/** The one place that picks a team by the kind of the task. */
export async function runTeam({ brief, records, stageLog }: TeamParts): Promise<Result> {
  // The graph library is slow to load; a server that only answers questions never pays for it.
  const { runFixTeam } = await import('@nova/agents');
  const { request } = brief;
  switch (request.kind) {
    case 'fix':
      return runFixTeam({ brief: { ...brief, request }, records, stageLog });
    case 'review':
      throw new NovaError('usage.invalid', 'Tasks of the kind review are not built yet.');
  }
}
