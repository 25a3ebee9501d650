import type { Brief, Records, StageLog } from '@nova/agents';
import type { Result, TaskRequest } from '@nova/core';

/** What every team is given, whatever the kind of its task. */
export interface TeamParts {
  readonly brief: Brief<TaskRequest>;
  readonly records: Records;
  readonly stageLog: StageLog;
}

/** The one place that picks a team by the kind of the task. */
export async function runTeam({ brief, records, stageLog }: TeamParts): Promise<Result> {
  // The graph library is slow to load; a server that only answers questions never pays for it.
  const { runFixTeam, runReviewTeam } = await import('@nova/agents');
  const { request } = brief;
  switch (request.kind) {
    case 'fix':
      return runFixTeam({ brief: { ...brief, request }, records, stageLog });
    case 'review':
      return runReviewTeam({ brief: { ...brief, request }, records, stageLog });
  }
}
