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

/** Every screen, and every state of a screen that is worth a link, has an address. */
export function createRouter(book: ShortcutBook, theme: ThemeChoice) {
  return createBrowserRouter([
    {
      element: <Shell book={book} theme={theme} />,
      errorElement: <Broken />,
      children: [
        { index: true, element: <FleetPage /> },
        { path: 'tasks', element: <TaskListPage /> },
        { path: 'new', element: <SubmitPage /> },
        {
          path: 'tasks/:id',
          element: <TaskPage />,
          children: [
            { index: true, element: <TimelinePanel /> },
            { path: 'plan', element: <PlanPanel /> },
            { path: 'output', element: <OutputPanel /> },
            { path: 'change', element: <ChangePanel /> },
            { path: 'tests', element: <TestsPanel /> },
            { path: 'review', element: <ReviewPanel /> },
            { path: 'gate', element: <GatePanel /> },
            { path: 'cost', element: <CostPanel /> },
            { path: 'replay', element: <ReplayPanel /> },
          ],
        },
        { path: 'fleet', element: <Navigate to="/" replace /> },
        { path: '*', element: <Lost /> },
      ],
    },
  ]);
}
