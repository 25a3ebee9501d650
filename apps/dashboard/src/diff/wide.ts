import { useSyncExternalStore } from 'react';

const query = '(min-width: 62rem)';

/** True where a window is wide enough for two columns of code. */
export function useWide(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = matchMedia(query);
      media.addEventListener('change', listener);
      return () => media.removeEventListener('change', listener);
    },
    () => matchMedia(query).matches,
  );
}
