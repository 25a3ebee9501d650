import { type NovaError, toNovaError } from '@nova/core';
import type { Line } from './line.ts';

/** One thing to follow, and who hears how that goes. */
interface Following {
  /** Reads what there is and subscribes from there; null when it was stopped meanwhile. */
  begin(signal: AbortSignal): Promise<Disposable | null>;
  failed(error: NovaError): void;
  /** The line is up again: what failed with the old one is being asked for anew. */
  again(): void;
}

/** Begins at once, and again with every new line until something follows. Disposing it ends the following. */
export function keepFollowing(line: Line, { begin, failed, again }: Following): Disposable {
  const stopped = new AbortController();
  const { signal } = stopped;
  let following: Disposable | null = null;
  let beginning = false;
  const tryToBegin = async (): Promise<void> => {
    if (beginning || following !== null) return;
    beginning = true;
    try {
      following = await begin(signal);
      if (signal.aborted) following?.[Symbol.dispose]();
    } catch (thrown) {
      if (!signal.aborted) failed(toNovaError(thrown));
    } finally {
      beginning = false;
    }
  };
  void tryToBegin();
  const unsubscribe = line.state.subscribe(() => {
    if (line.state.get() !== 'up') return;
    again();
    void tryToBegin();
  });
  return {
    [Symbol.dispose]: () => {
      stopped.abort();
      unsubscribe();
      following?.[Symbol.dispose]();
    },
  };
}
