import { type Clock, maskValue, systemClock } from '@nova/core';

export type LogLevel = 'warn' | 'error' | 'fatal';

/**
 * Writes what happened into the server's log, which is standard error: one line of JSON with time, level, the event's name and the
 * facts, credentials masked.
 */
export function log(level: LogLevel, event: string, facts: Readonly<Record<string, unknown>>): void {
  process.stderr.write(logLine(level, event, facts, systemClock));
}

/** The line that `log` writes. */
export function logLine(
  level: LogLevel,
  event: string,
  facts: Readonly<Record<string, unknown>>,
  clock: Pick<Clock, 'now'>,
): string {
  const time = new Date(clock.now()).toISOString();
  return `${JSON.stringify({ time, level, event, ...maskValue(facts) })}\n`;
}
