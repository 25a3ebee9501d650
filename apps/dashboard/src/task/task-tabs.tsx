import type { TaskPart } from '@nova/client';
import type { TaskView } from '@nova/core';
import { NavLink, useLocation, useNavigate } from 'react-router';
import { useShortcut } from '../shell/shortcuts.ts';

interface Tab {
  readonly path: TaskPart | '';
  readonly name: string;
  /** Only a fix has it. */
  readonly fixOnly?: boolean;
}

const allTabs: readonly Tab[] = [
  { path: '', name: 'Timeline' },
  { path: 'plan', name: 'Plan', fixOnly: true },
  { path: 'output', name: 'Output' },
  { path: 'change', name: 'Change', fixOnly: true },
  { path: 'tests', name: 'Tests', fixOnly: true },
  { path: 'review', name: 'Review' },
  { path: 'gate', name: 'Gate', fixOnly: true },
  { path: 'cost', name: 'Cost' },
  { path: 'replay', name: 'Replay' },
];

/** The parts of a task's page; each is an address. */
export function TaskTabs({ view: { id, request } }: { readonly view: TaskView }) {
  const tabs = allTabs.filter(({ fixOnly }) => !fixOnly || request.kind === 'fix');
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const base = `/tasks/${id}`;
  const present = tabs.findIndex(
    ({ path }) => pathname.replace(/\/$/, '') === (path === '' ? base : `${base}/${path}`),
  );
  const go = (by: number) => {
    const tab = tabs[(present + by + tabs.length) % tabs.length];
    if (tab) navigate(tab.path === '' ? base : `${base}/${tab.path}`);
  };
  useShortcut(']', 'Next part of the task', () => go(1));
  useShortcut('[', 'Previous part of the task', () => go(-1));
  return (
    <nav className="tabs" aria-label="Parts of the task">
      {tabs.map(({ path, name }) => (
        <NavLink key={path} to={path === '' ? base : `${base}/${path}`} end>
          {name}
        </NavLink>
      ))}
    </nav>
  );
}
