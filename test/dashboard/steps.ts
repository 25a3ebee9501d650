import type { Page } from 'playwright-core';

/** How long a real task on a busy machine may take before a test gives up on it, in milliseconds. */
export const patience = 240_000;

/** Fills the form for a fix and hands it in; resolves with the task's id. */
export async function submitFix(page: Page, repository: string, test: string): Promise<string> {
  await page.getByRole('link', { name: 'New task' }).first().click();
  await page.getByLabel('Repository').fill(repository);
  await page.getByLabel('Test command').fill(test);
  await page.getByRole('button', { name: 'Hand in the fix' }).click();
  await page.waitForURL(/\/tasks\/\w+$/);
  return new URL(page.url()).pathname.split('/')[2] ?? '';
}

/** Resolves when the task of the page is in this stage or behind it. */
export async function reaches(page: Page, stage: string): Promise<void> {
  const place = page.getByRole('list', { name: 'Stages' }).getByRole('listitem').filter({ hasText: stage });
  await place.and(page.locator('[data-part="at"], [data-part="gone"]')).waitFor({ timeout: patience });
}

/** Resolves when the badge of the page's task says this. */
export async function stands(page: Page, word: string): Promise<void> {
  await page.locator('.task-title .badge', { hasText: new RegExp(`^${word}$`) }).waitFor({ timeout: patience });
}

/** What the page says that happened: each line of the timeline, without times and spans that grow. */
export async function timeline(page: Page): Promise<string[]> {
  const lines = page.locator('.timeline-note > .break, .stage-head > h3, .call-intent > a');
  return lines.allTextContents();
}
