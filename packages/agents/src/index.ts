export type { Brief, Ground } from './base/brief.ts';
export { createDesk, type Desk, type DeskParts } from './base/desk.ts';
export { createWindUpDesk } from './base/wind-up.ts';
export { RunBudget } from './budget/run-budget.ts';
export { type FixTeamParts, runFixTeam } from './teams/fix-team.ts';
export type { Records } from './teams/records.ts';
export { type ReviewTeamParts, runReviewTeam } from './teams/review-team.ts';
export type { StageLog } from './teams/stage.ts';
