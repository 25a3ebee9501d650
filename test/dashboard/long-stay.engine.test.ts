// Engines: chromium
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { shop } from '../faults/nova.ts';
import { accessibilityProblems } from './accessibility.ts';
import { overhang } from './browser.ts';
import { clientOf, fixOf } from './sample-tasks.ts';
import { serveDashboard } from './served.ts';
import { patience, stands } from './steps.ts';

const lastNumber = 150_000;
const printed = Array.from({ length: lastNumber }, (_, index) => `${index + 1}\n`).join('');
const dashboard = serveDashboard();
const served = dashboard.place;

/** Hands in a task whose test command prints much and then stands still; resolves with its id when it runs. */
async function longTask(name: string): Promise<string> {
  const client = clientOf(served);
  const testCommand = `seq 1 ${lastNumber}; sleep 1000`;
  const more = { testCommand, sandbox: 'none', testTimeoutSeconds: 900 } as const;
  const { id } = await client.submit(fixOf(served.place.repository(name, shop), more), { key: name });
  for await (const item of client.watch(id, 0, AbortSignal.timeout(patience))) {
    if (item.kind === 'event' && String(item.event.data['callId']).includes('/tests.run/')) break;
  }
  return id;
}

function cancel(task: string): Promise<unknown> {
  return clientOf(served).cancel(task, { key: `cancel ${task}`, reason: 'the end of the test' });
}

const lineIsDown = (page: Page) => page.getByText('The line to the server is down');

describe('a long output', () => {
  it('can be read from its end to its beginning by keyboard, and kept as a file, at both widths', async () => {
    const task = await longTask('printing');
    for (const width of ['wide', 'narrow'] as const) {
      const page = await dashboard.browser.page(width, served.link);
      await page.goto(`${served.url}/tasks/${task}/output`);
      const box = page.locator('pre.output');
      await box.filter({ hasText: String(lastNumber) }).waitFor({ timeout: patience });
      const button = page.getByRole('button', { name: 'Show the part before' });
      assert.deepEqual(await accessibilityProblems(page), []);
      assert.equal(await overhang(page), 0);
      let shown = await box.textContent();
      for (let presses = 0; (await button.count()) > 0; presses += 1) {
        assert.ok(presses < 20);
        const missing = await page.locator('.output-skipped span').first().textContent();
        await button.press('Enter');
        await page.locator('.output-skipped', { hasText: missing ?? '' }).waitFor({ state: 'detached' });
        shown = await box.textContent();
      }
      assert.equal(shown, printed);
      assert.equal(await page.locator(':focus').getAttribute('role'), 'log');

      const download = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Download what there is so far' }).press('Enter');
      const file = await download;
      assert.match(file.suggestedFilename(), new RegExp(`^${task}-.*\\.txt$`));
      assert.equal(readFileSync(await file.path(), 'utf8'), printed);
      await page.close();
    }
    await cancel(task);
  });
});

describe('a tab that is left open', () => {
  it('shows the present truth again after its network was away, and after a day of sleep', async () => {
    const [first, second] = [await longTask('offline'), await longTask('asleep')];
    const page = await dashboard.browser.page('wide', served.link);
    await page.clock.install();
    await page.goto(`${served.url}/tasks/${first}`);
    await stands(page, 'running');
    await page.context().setOffline(true);
    await lineIsDown(page).waitFor();
    await cancel(first);
    await page.context().setOffline(false);
    await lineIsDown(page).waitFor({ state: 'detached' });
    await stands(page, 'cancelled');

    await page.goto(`${served.url}/tasks/${second}`);
    await stands(page, 'running');
    // Every timer that came due in a day of sleep fires at once: the heartbeat's, too.
    await page.clock.fastForward('24:00:00');
    await page.locator('.task-facts').getByText('24 h 00 min').waitFor();
    await cancel(second);
    await stands(page, 'cancelled');
    await page.getByRole('link', { name: 'Fleet' }).first().click();
    await page.getByText('live', { exact: true }).waitFor({ state: 'attached' });
    await page.getByText(second).first().waitFor();
    assert.equal(await page.getByRole('list', { name: 'Running tasks' }).count(), 0);
    await page.close();
  });
});
