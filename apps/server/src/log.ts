import { type Clock, maskValue, systemClock } from '@nova/core';

export type LogLevel = 'warn' | 'error' | 'fatal';

/**
 * Writes what happened into the server's log, which is standard error: one line of JSON with time, level, the event's name and the
 * facts, credentials masked.
 */
export function log(level: LogLevel, event: string, facts: Readonly<Record<string, unknown>>): void {
  process.stderr.write(logLine(level, event, facts, systemClock));
}

const seldomMs = 60_000;

/** A log for what may happen all day: of each kind it writes one line a minute at most. */
export function seldomLog(clock: Pick<Clock, 'monotonic'>): (kind: string, ...line: Parameters<typeof log>) => void {
  const lastLogged = new Map<string, number>();
  return (kind, ...line) => {
    const now = clock.monotonic();
    if (now - (lastLogged.get(kind) ?? Number.NEGATIVE_INFINITY) < seldomMs) return;
    lastLogged.set(kind, now);
    log(...line);
  };
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
