/** The screens of the dashboard that stand for themselves, by their addresses. */
export const dashboardPages = ['/', '/fleet', '/tasks', '/new', '/tasks/:id'] as const;
export type DashboardPage = (typeof dashboardPages)[number];

/** The parts of a task's page that have an address below it; the page itself shows the timeline. */
export const taskParts = ['plan', 'output', 'change', 'tests', 'review', 'gate', 'cost', 'replay'] as const;
export type TaskPart = (typeof taskParts)[number];

/** Every address of the dashboard, parameters as `:name`: the server serves the page there and nowhere else. */
export const dashboardPaths: readonly string[] = [...dashboardPages, ...taskParts.map((part) => `/tasks/:id/${part}`)];
