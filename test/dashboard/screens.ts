import type { Page } from 'playwright-core';

/** A screen with its address and the text that stands there once it is complete. */
export interface Screen {
  readonly name: string;
  readonly path: (tasks: ShownTasks) => string;
  readonly complete: (page: Page) => Promise<void>;
}

/** Tasks that screens are shown with. */
export interface ShownTasks {
  /** A delivered fix. */
  readonly delivered: string;
  /** A paused fix. */
  readonly paused: string;
  /** A finished review with findings. */
  readonly reviewed: string;
  /** A fix that runs and prints, on a named instance. */
  readonly running: string;
  /** A fix that waits for that instance. */
  readonly waiting: string;
}

const heading = (name: string | RegExp) => (page: Page) => page.getByRole('heading', { name }).first().waitFor();
const text = (words: string | RegExp) => (page: Page) => page.getByText(words).first().waitFor();

/** What a browser that is not let in sees, here by a link that is not valid any more. */
export const signIn = {
  name: 'sign-in',
  path: '/login?token=of-another-day',
  complete: heading('Sign in'),
} as const;

/** Every screen of the dashboard, each state that looks different once. */
export const screens: readonly Screen[] = [
  { name: 'fleet', path: () => '/', complete: heading('Recently finished') },
  { name: 'tasks', path: () => '/tasks', complete: text('newest first') },
  { name: 'tasks-none-match', path: () => '/tasks?text=no-such-thing', complete: heading('No task matches') },
  { name: 'new-fix', path: () => '/new', complete: heading('What happens') },
  { name: 'new-review', path: () => '/new?kind=review', complete: text('Since') },
  { name: 'task-timeline', path: ({ delivered }) => `/tasks/${delivered}`, complete: heading('Result') },
  { name: 'task-running', path: ({ running }) => `/tasks/${running}`, complete: text(/round \d+:/) },
  { name: 'task-paused', path: ({ paused }) => `/tasks/${paused}`, complete: text('paused here') },
  { name: 'task-waiting', path: ({ waiting }) => `/tasks/${waiting}`, complete: text('Waits for the instance forge') },
  { name: 'task-plan', path: ({ delivered }) => `/tasks/${delivered}/plan`, complete: heading('Suspects') },
  { name: 'task-output', path: ({ delivered }) => `/tasks/${delivered}/output`, complete: text('duration_ms') },
  { name: 'task-change', path: ({ delivered }) => `/tasks/${delivered}/change`, complete: heading('src/cart.js') },
  {
    name: 'task-change-unified',
    path: ({ delivered }) => `/tasks/${delivered}/change?layout=unified`,
    complete: heading('src/cart.js'),
  },
  { name: 'task-tests', path: ({ delivered }) => `/tasks/${delivered}/tests`, complete: heading('On the change') },
  { name: 'task-review', path: ({ delivered }) => `/tasks/${delivered}/review`, complete: text(/No findings|all \d/) },
  { name: 'reviewed', path: ({ reviewed }) => `/tasks/${reviewed}/review`, complete: heading('Looked at') },
  { name: 'reviewed-timeline', path: ({ reviewed }) => `/tasks/${reviewed}`, complete: heading('Result') },
  { name: 'task-gate', path: ({ delivered }) => `/tasks/${delivered}/gate`, complete: text('checks passed') },
  { name: 'task-cost', path: ({ delivered }) => `/tasks/${delivered}/cost`, complete: heading('Spent') },
  { name: 'task-replay', path: ({ delivered }) => `/tasks/${delivered}/replay?at=24`, complete: text(/^24 of /) },
  {
    name: 'task-cancel',
    path: ({ paused }) => `/tasks/${paused}?ask=cancel`,
    complete: heading('Cancel this task?'),
  },
  { name: 'task-fork', path: ({ delivered }) => `/tasks/${delivered}?ask=fork`, complete: heading('Fork this task') },
  { name: 'keyboard', path: () => '/?keys', complete: heading('Keyboard') },
  { name: 'unknown-task', path: () => '/tasks/nosuchtask', complete: text('task.unknown') },
  { name: 'lost', path: () => '/nowhere', complete: heading('There is no such page') },
];
