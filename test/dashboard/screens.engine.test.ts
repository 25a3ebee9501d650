// Engines: bubblewrap, chromium
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { accessibilityProblems } from './accessibility.ts';
import { Browser, buildDashboard, overhang, type Theme, type Width } from './browser.ts';
import { sampleTasks } from './sample-tasks.ts';
import { type ShownTasks, screens, signIn } from './screens.ts';
import { ServedPlace } from './served-place.ts';

let served: ServedPlace;
let tasks: ShownTasks;

before(async () => {
  buildDashboard();
  served = new ServedPlace();
  await served.start();
  tasks = await sampleTasks(served);
});

after(() => served?.[Symbol.dispose]());

describe('every screen', () => {
  for (const theme of ['light', 'dark'] as const) {
    for (const width of ['wide', 'narrow'] as const) {
      it(`is clean for axe and needs no sideways scrolling (${theme}, ${width})`, async () => {
        await using browser = await Browser.open(theme);
        const page = await browser.page(width, served.url + signIn.path);
        const problems: string[] = [];
        page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
        await signIn.complete(page);
        await page.getByText('The token is not, or no longer').waitFor();
        problems.push(...(await accessibilityProblems(page)).map((problem) => `${signIn.name}: ${problem}`));
        await page.goto(served.link);
        // Who is let in goes on, also by a link that is not valid any more.
        await page.goto(served.url + signIn.path);
        if (new URL(page.url()).pathname !== '/') problems.push(`an old link leads to ${page.url()}`);
        for (const { name, path, complete } of screens) {
          const status = (await page.goto(served.url + path(tasks)))?.status();
          if (status !== (name === 'lost' ? 404 : 200)) problems.push(`${name}: answered ${status}`);
          await complete(page);
          problems.push(...(await accessibilityProblems(page)).map((problem) => `${name}: ${problem}`));
          const wide = await overhang(page);
          if (wide > 0) problems.push(`${name}: ${wide} pixels wider than the window`);
        }
        assert.equal(problems.join('\n'), '');
      });
    }
  }
});

describe('a review in a list', () => {
  it('says what it found, and is not green when that are errors', () =>
    withPage('light', 'narrow', async (page) => {
      await page.goto(`${served.url}/tasks?kind=review`);
      const line = page.getByRole('listitem').filter({ hasText: tasks.reviewed });
      await line.getByText(/^\d+ errors?, \d+ warnings?/).waitFor();
      assert.equal(await line.locator('.badge').getAttribute('data-tone'), 'bad');
    }));
});

/** Opens a page, hands it over, and closes the browser afterwards. */
async function withPage(theme: Theme, width: Width, use: (page: Page) => Promise<void>): Promise<void> {
  await using browser = await Browser.open(theme);
  await use(await browser.page(width, served.link));
}

const ground = 'getComputedStyle(document.body).backgroundColor';

describe('a person without a mouse', () => {
  it('skips to the content, finds the shortcuts under ?, and goes round with them', () =>
    withPage('light', 'wide', async (page) => {
      await page.getByRole('heading', { name: 'Fleet' }).waitFor();
      await page.keyboard.press('Tab');
      assert.equal(await page.locator(':focus').textContent(), 'Skip to the content');
      const outline = await page
        .locator(':focus')
        .evaluate((element) => element.ownerDocument.defaultView?.getComputedStyle(element).outlineStyle);
      assert.equal(outline, 'solid', 'the focus is visible');
      await page.keyboard.press('Enter');
      assert.equal(await page.locator(':focus').getAttribute('id'), 'content');

      await page.keyboard.press('g');
      await page.keyboard.press('t');
      await page.waitForURL('**/tasks');
      await page.getByRole('searchbox', { name: 'Text' }).waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('bask');
      await page.waitForURL('**/tasks?text=bask');
      await page.getByText('basket').waitFor();
      await page.keyboard.type('?n');
      await page.getByText('No task matches').waitFor();
      assert.equal(await page.getByRole('dialog').count(), 0, 'a letter that is typed is no shortcut');

      await page.goto(`${served.url}/tasks/${tasks.paused}`);
      await page.getByText('paused here').waitFor();
      await page.keyboard.press('?');
      const dialog = page.getByRole('dialog', { name: 'Keyboard' });
      await dialog.getByText('Pause or resume the task').waitFor();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await page.keyboard.press(']');
      await page.waitForURL('**/plan');
    }));

  it('can switch the shortcuts of single letters off, and they stay off', () =>
    withPage('light', 'wide', async (page) => {
      await page.getByRole('heading', { name: 'Fleet' }).waitFor();
      await page.keyboard.press('?');
      await page.getByRole('switch').press(' ');
      await page.getByText('Shortcuts of single letters are off').waitFor();
      await page.keyboard.press('Escape');
      await page.reload();
      await page.getByRole('heading', { name: 'Fleet' }).waitFor();
      await page.keyboard.press('n');
      await page.keyboard.press('?');
      assert.equal(await page.getByRole('dialog').count(), 0);
      assert.equal(new URL(page.url()).pathname, '/');
    }));
});

describe('the theme', () => {
  it('follows the system until one is chosen, and the choice is remembered', () =>
    withPage('dark', 'wide', async (page) => {
      const dark = await page.evaluate(ground);
      await page.getByRole('button', { name: 'Theme: system' }).click();
      await page.getByRole('button', { name: 'Theme: light' }).waitFor();
      const light = await page.evaluate(ground);
      assert.notEqual(light, dark);
      await page.reload();
      await page.getByRole('button', { name: 'Theme: light' }).waitFor();
      assert.equal(await page.evaluate(ground), light);
    }));
});

describe('a browser that nobody signed in', () => {
  it('is asked for the token, sees nothing, and is let in with it', () =>
    withPage('light', 'narrow', async (page) => {
      await page.context().clearCookies();
      await page.goto(`${served.url}/tasks/${tasks.delivered}`);
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      assert.equal(await page.getByText('delivered').count(), 0);
      assert.deepEqual(await accessibilityProblems(page), []);
      await page.getByLabel('Token').fill(served.token);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { name: 'Recently finished' }).waitFor();
    }));
});
