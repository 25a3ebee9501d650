import { z } from 'zod';
import { Store } from '../link/store.ts';

const choice = z.enum(['system', 'light', 'dark']);
/** Which colours the page has; `system` follows the machine's setting. */
export type Theme = z.infer<typeof choice>;

const place = 'nova.theme';

/** The chosen theme, remembered in this browser. Where nothing can be remembered it holds for this page. */
export class ThemeChoice {
  readonly chosen = new Store<Theme>(remembered());

  constructor() {
    show(this.chosen.get());
  }

  choose(theme: Theme): void {
    this.chosen.set(theme);
    show(theme);
    try {
      localStorage.setItem(place, theme);
    } catch {
      // Storage is forbidden or full.
    }
  }

  /** The next one in turn. */
  next(): Theme {
    const { options } = choice;
    return options[(options.indexOf(this.chosen.get()) + 1) % options.length] ?? 'system';
  }
}

function remembered(): Theme {
  try {
    return choice.catch('system').parse(localStorage.getItem(place));
  } catch {
    return 'system';
  }
}

function show(theme: Theme): void {
  const { dataset } = document.documentElement;
  if (theme === 'system') delete dataset['theme'];
  else dataset['theme'] = theme;
}
