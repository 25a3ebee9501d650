/** The parts of a call id, `task/attempt/stage/tool/ordinal`. */
export interface CallName {
  readonly attempt: number;
  readonly stage: string;
  readonly tool: string;
  readonly ordinal: string;
}

/** Takes a call id apart; a call of another making has its whole id as the tool's name. */
export function nameOf(callId: string): CallName {
  const [, attempt, stage, tool, ordinal] = callId.split('/');
  if (attempt === undefined || stage === undefined || tool === undefined || ordinal === undefined) {
    return { attempt: 1, stage: '', tool: callId, ordinal: '' };
  }
  return { attempt: Number(attempt) || 1, stage, tool, ordinal };
}
