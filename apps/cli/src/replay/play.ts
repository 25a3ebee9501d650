import { setTimeout as delay } from 'node:timers/promises';
import type { ReplayedMoment } from '@nova/core';
import type { Keys } from '../terminal/keys.ts';

/** What a timer of the platform can hold. */
const longestWaitMs = 2 ** 31 - 1;

/** Moments up to and with the next call: what one press of Enter shows. */
export function groupBySteps(moments: readonly ReplayedMoment[]): readonly (readonly ReplayedMoment[])[] {
  const groups: ReplayedMoment[][] = [[]];
  for (const moment of moments) {
    groups.at(-1)?.push(moment);
    if (moment.kind === 'call') groups.push([]);
  }
  return groups.filter((group) => group.length > 0);
}

/** Moments in the order in which they were over, with the wait before each at this speed; 2 is twice as fast as it was. */
export function paced(
  moments: readonly ReplayedMoment[],
  speed: number,
): readonly { moment: ReplayedMoment; waitMs: number }[] {
  const timed = moments
    .map((moment) => ({
      moment,
      at: Date.parse(moment.kind === 'call' ? (moment.endedAt ?? moment.startedAt) : moment.at),
    }))
    .sort((a, b) => a.moment.position - b.moment.position);
  return timed.map(({ moment, at }, index) => ({
    moment,
    // A clock that was set back made no negative wait.
    waitMs: Math.min(longestWaitMs, Math.max(0, at - (timed[index - 1]?.at ?? at)) / speed),
  }));
}

/** How a replay came to its end. */
export type PlayEnd = 'played' | 'quit' | 'interrupted';

/** Shows group after group, one at each Enter. */
export async function playByKeys(
  moments: readonly ReplayedMoment[],
  keys: Keys,
  show: (moments: readonly ReplayedMoment[]) => void,
): Promise<PlayEnd> {
  const groups = groupBySteps(moments);
  for (const [index, group] of groups.entries()) {
    show(group);
    if (index === groups.length - 1) break;
    const key = await nextOf(keys, ['enter', ' ', 'a', 'q', 'interrupt']);
    if (key === 'q') return 'quit';
    if (key === 'interrupt') return 'interrupted';
    if (key === 'a') {
      show(groups.slice(index + 1).flat());
      break;
    }
  }
  return 'played';
}

/** Shows every moment after its wait; with a keyboard, Enter skips a wait and q quits. */
export async function playBySpeed(
  moments: readonly ReplayedMoment[],
  speed: number,
  keys: Keys | null,
  show: (moments: readonly ReplayedMoment[]) => void,
): Promise<PlayEnd> {
  for (const { moment, waitMs } of paced(moments, speed)) {
    if (keys === null) await delay(waitMs);
    else if (waitMs > 0) {
      const key = await nextOf(keys, ['enter', ' ', 'q', 'interrupt'], AbortSignal.timeout(Math.ceil(waitMs)));
      if (key === 'q') return 'quit';
      if (key === 'interrupt') return 'interrupted';
    }
    show([moment]);
  }
  return 'played';
}

async function nextOf(keys: Keys, wanted: readonly string[], signal?: AbortSignal): Promise<string | null> {
  for (;;) {
    const key = await keys.next(signal);
    if (key === null || wanted.includes(key)) return key;
  }
}
