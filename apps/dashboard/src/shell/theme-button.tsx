import { useStore } from '../link/store.ts';
import type { Theme, ThemeChoice } from './theme.ts';

const drawings: Readonly<Record<Theme, string>> = {
  system: 'M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2M8 2v12M10 2.6v10.8M12 3.8v8.4',
  light: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1',
  dark: 'M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3',
};

/** Goes round the three themes: system, light, dark. */
export function ThemeButton({ theme }: { readonly theme: ThemeChoice }) {
  const chosen = useStore(theme.chosen);
  const label = `Theme: ${chosen}. Switch to ${theme.next()}`;
  return (
    <button
      type="button"
      className="button icon"
      data-kind="plain"
      aria-label={label}
      title={label}
      onClick={() => theme.choose(theme.next())}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <path d={drawings[chosen]} />
      </svg>
    </button>
  );
}
