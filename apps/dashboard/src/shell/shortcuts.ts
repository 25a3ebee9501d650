import { createContext, useContext, useEffect, useRef } from 'react';
import { Store } from '../link/store.ts';

/** A key, or two pressed one after the other (`g t`), and what it does. */
export interface Shortcut {
  readonly keys: string;
  readonly does: string;
  readonly act: () => void;
}

const place = 'nova.shortcuts';
const patienceMilliseconds = 1200;

/** The shortcuts that hold on the present screen. They can be switched off: a voice or a cat types letters, too. */
export class ShortcutBook {
  readonly shortcuts = new Store<readonly Shortcut[]>([]);
  readonly enabled = new Store<boolean>(remembered());
  #first: { readonly key: string; readonly at: number } | null = null;

  add(shortcut: Shortcut): () => void {
    this.shortcuts.set([...this.shortcuts.get(), shortcut]);
    return () => this.shortcuts.set(this.shortcuts.get().filter((other) => other !== shortcut));
  }

  enable(enabled: boolean): void {
    this.enabled.set(enabled);
    try {
      localStorage.setItem(place, enabled ? 'on' : 'off');
    } catch {
      // Storage is forbidden or full.
    }
  }

  readonly onKey = (event: KeyboardEvent): void => {
    if (!this.enabled.get() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    // An open dialogue has the keyboard for itself.
    if (document.querySelector('[role="dialog"], [role="alertdialog"]') !== null) return;
    const before =
      this.#first !== null && event.timeStamp - this.#first.at < patienceMilliseconds ? this.#first.key : '';
    this.#first = { key: event.key, at: event.timeStamp };
    const known = this.shortcuts.get();
    const found =
      known.findLast(({ keys }) => keys === `${before} ${event.key}`) ??
      known.findLast(({ keys }) => keys === event.key);
    if (found === undefined) return;
    event.preventDefault();
    this.#first = null;
    found.act();
  };
}

function remembered(): boolean {
  try {
    return localStorage.getItem(place) !== 'off';
  } catch {
    return true;
  }
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}

export const ShortcutContext = createContext<ShortcutBook | null>(null);

/** Makes a shortcut hold while the calling component is shown. */
export function useShortcut(keys: string, does: string, act: () => void): void {
  const book = useContext(ShortcutContext);
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => book?.add({ keys, does, act: () => latest.current() }), [book, keys, does]);
}
