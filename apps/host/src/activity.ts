import type { Clock, HostActivity } from '@nova/core';

/** Shortest time between two messages about one call, in milliseconds. */
const interval = 250;

/** What one call says while it runs, thinned out: the latest state counts, not every step. */
export interface CallActivity extends Disposable {
  progress(message: string | null, done: number | null, total: number | null): void;
  output(bytes: number): void;
}

/** Tells `publish` about a call, at most every quarter of a second. */
export function reportActivity(callId: string, clock: Clock, publish: (activity: HostActivity) => void): CallActivity {
  let state: HostActivity = { callId, message: null, done: null, total: null, outputBytes: null };
  let last = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  const send = (): void => {
    timer = undefined;
    last = clock.monotonic();
    publish(state);
  };
  const changed = (next: Partial<HostActivity>): void => {
    state = { ...state, ...next };
    timer ??= setTimeout(send, Math.max(0, interval - (clock.monotonic() - last)));
  };
  return {
    progress: (message, done, total) => changed({ message, done, total }),
    output: (bytes) => changed({ outputBytes: (state.outputBytes ?? 0) + bytes }),
    [Symbol.dispose]() {
      if (timer === undefined) return;
      clearTimeout(timer);
      send();
    },
  };
}
