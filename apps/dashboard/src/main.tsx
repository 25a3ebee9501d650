import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import { openSession, SessionContext } from './link/session.ts';
import { createRouter } from './shell/router.tsx';
import { ShortcutBook, ShortcutContext } from './shell/shortcuts.ts';
import { ThemeChoice } from './shell/theme.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/elements.css';
import './styles/form.css';
import './styles/tasks.css';
import './styles/task.css';
import './styles/timeline.css';
import './styles/diff.css';

const theme = new ThemeChoice();
const book = new ShortcutBook();
const session = openSession();
const router = createRouter(book, theme);

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no place for the dashboard.');
createRoot(root).render(
  <StrictMode>
    <SessionContext value={session}>
      <QueryClientProvider client={session.queries}>
        <ShortcutContext value={book}>
          <RouterProvider router={router} />
        </ShortcutContext>
      </QueryClientProvider>
    </SessionContext>
  </StrictMode>,
);
