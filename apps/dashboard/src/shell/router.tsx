import { type DashboardPage, dashboardPages, type TaskPart, taskParts } from '@nova/client';
import type { ReactNode } from 'react';
import { createBrowserRouter, Navigate } from 'react-router';
import { FleetPage } from '../fleet/fleet-page.tsx';
import { SubmitPage } from '../submit/submit-page.tsx';
import { ChangePanel } from '../task/change-panel.tsx';
import { CostPanel } from '../task/cost-panel.tsx';
import { GatePanel } from '../task/gate-panel.tsx';
import { OutputPanel } from '../task/output-panel.tsx';
import { PlanPanel } from '../task/plan-panel.tsx';
import { ReplayPanel } from '../task/replay-panel.tsx';
import { ReviewPanel } from '../task/review-panel.tsx';
import { TaskPage } from '../task/task-page.tsx';
import { TestsPanel } from '../task/tests-panel.tsx';
import { TimelinePanel } from '../task/timeline-panel.tsx';
import { TaskListPage } from '../tasks/task-list-page.tsx';
import { Broken, Lost } from './lost.tsx';
import { Shell } from './shell.tsx';
import type { ShortcutBook } from './shortcuts.ts';
import type { ThemeChoice } from './theme.ts';

// A screen for each address that the server serves the page at; one without does not compile.
const pages: Readonly<Record<DashboardPage, ReactNode>> = {
  '/': <FleetPage />,
  '/fleet': <Navigate to="/" replace />,
  '/tasks': <TaskListPage />,
  '/new': <SubmitPage />,
  '/tasks/:id': <TaskPage />,
};
const panels: Readonly<Record<TaskPart, ReactNode>> = {
  plan: <PlanPanel />,
  output: <OutputPanel />,
  change: <ChangePanel />,
  tests: <TestsPanel />,
  review: <ReviewPanel />,
  gate: <GatePanel />,
  cost: <CostPanel />,
  replay: <ReplayPanel />,
};

const partsOfTask = [
  { index: true, element: <TimelinePanel /> },
  ...taskParts.map((path) => ({ path, element: panels[path] })),
];

/** Every screen, and every state of a screen that is worth a link, has an address. */
export function createRouter(book: ShortcutBook, theme: ThemeChoice) {
  return createBrowserRouter([
    {
      element: <Shell book={book} theme={theme} />,
      errorElement: <Broken />,
      children: [
        ...dashboardPages.map((path) => ({
          path,
          element: pages[path],
          ...(path === '/tasks/:id' ? { children: partsOfTask } : {}),
        })),
        { path: '*', element: <Lost /> },
      ],
    },
  ]);
}
