import { useEffect, useRef } from 'react';
import { NavLink, Outlet, useLocation, useNavigate, useSearchParams } from 'react-router';
import { useSession } from '../link/session.ts';
import { useStore } from '../link/store.ts';
import { LineBanner, LineSign } from './line-banner.tsx';
import { ShortcutHelp } from './shortcut-help.tsx';
import { type ShortcutBook, useShortcut } from './shortcuts.ts';
import { SignIn } from './sign-in.tsx';
import type { ThemeChoice } from './theme.ts';
import { ThemeButton } from './theme-button.tsx';

interface ShellProps {
  readonly book: ShortcutBook;
  readonly theme: ThemeChoice;
}

/** What surrounds every screen: skip link, bar, the banner about the line, and the keyboard. */
export function Shell({ book, theme }: ShellProps) {
  const { line: lineToServer, fleet } = useSession();
  const line = useStore(lineToServer.state);
  const navigate = useNavigate();
  const [search, setSearch] = useSearchParams();
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const helpIsOpen = search.has('keys');
  const setHelp = (open: boolean) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        if (open) after.set('keys', '');
        else after.delete('keys');
        return after;
      },
      { replace: true },
    );

  useEffect(() => {
    const following = fleet.start();
    return () => following[Symbol.dispose]();
  }, [fleet]);
  useEffect(() => {
    document.addEventListener('keydown', book.onKey);
    return () => document.removeEventListener('keydown', book.onKey);
  }, [book]);
  useShortcut('?', 'Show these shortcuts', () => setHelp(true));
  useShortcut('g f', 'Go to the fleet', () => navigate('/'));
  useShortcut('g t', 'Go to the tasks', () => navigate('/tasks'));
  useShortcut('n', 'Hand in a new task', () => navigate('/new'));

  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="bar">
        <NavLink to="/" end className="wordmark" aria-label="Nova, the fleet">
          Nova
        </NavLink>
        <nav aria-label="Main">
          <NavLink to="/" end>
            Fleet
          </NavLink>
          <NavLink to="/tasks">Tasks</NavLink>
          <NavLink to="/new">New task</NavLink>
        </nav>
        <div className="bar-end">
          <LineSign line={line} />
          <ThemeButton theme={theme} />
          <button
            type="button"
            className="button icon"
            data-kind="plain"
            aria-label="Keyboard shortcuts"
            title="Keyboard shortcuts (?)"
            onClick={() => setHelp(true)}
          >
            ?
          </button>
        </div>
      </header>
      <LineBanner line={line} />
      <main id="content" ref={main} tabIndex={-1} key={line === 'refused' ? 'refused' : pathname.split('/')[1]}>
        {line === 'refused' ? <SignIn /> : <Outlet />}
      </main>
      {helpIsOpen && <ShortcutHelp book={book} close={() => setHelp(false)} />}
    </>
  );
}
