// Engines: bubblewrap, chromium
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { reviewRequestSchema } from '@nova/core';
import type { Page } from 'playwright-core';
import { git, shop } from '../faults/nova.ts';
import { overhang, type Width } from './browser.ts';
import { clientOf } from './sample-tasks.ts';
import { serveDashboard } from './served.ts';
import { patience, reaches, stands, submitFix, timeline } from './steps.ts';

const test = 'node --test';
const dashboard = serveDashboard();
const served = dashboard.place;

/** A page whose script errors fail the test that opened it. */
async function open(width: Width): Promise<{ page: Page; errors: string[] }> {
  const page = await dashboard.browser.page(width, served.link);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  return { page, errors };
}

async function recorded(task: string) {
  return (await clientOf(served).events(task, { after: 0, limit: 1000 })).events;
}

describe('a person at the dashboard', () => {
  for (const width of ['wide', 'narrow'] as const) {
    it(`submits, watches, reloads, loses the server, and reads the diff (${width})`, async (t) => {
      const repository = served.place.repository(`shop-${width}`, shop);
      const { page, errors } = await open(width);
      const task = await submitFix(page, repository, test);

      await reaches(page, 'environment');
      const before = await timeline(page);
      const begun = performance.now();
      await page.reload();
      await page
        .getByText(before.at(-1) ?? '')
        .first()
        .waitFor();
      t.diagnostic(`the same truth ${Math.round(performance.now() - begun)} ms after the reload`);
      assert.deepEqual((await timeline(page)).slice(0, before.length), before);

      await reaches(page, 'planning');
      await served.kill();
      await page.getByText('The line to the server is down').waitFor();
      assert.ok((await timeline(page)).length >= before.length, 'what was known stays on the page');
      await served.start();
      const restarted = performance.now();
      await page.getByText('The line to the server is down').waitFor({ state: 'detached' });
      t.diagnostic(`the line is up ${Math.round(performance.now() - restarted)} ms after the server is`);

      await stands(page, 'delivered');
      const events = await recorded(task);
      await page.getByText(`${events.length} events`).waitFor();
      const calls = events
        .filter((event) => event.type === 'nova.journal.started')
        .map((event) => event.data['callId']);
      assert.equal(new Set(calls).size, calls.length, 'no call was begun twice');
      const live = await timeline(page);
      await page.reload();
      await page.getByText(`${events.length} events`).waitFor();
      assert.deepEqual(await timeline(page), live, 'what was followed live is what a new page reads');

      await page.getByRole('link', { name: 'Change', exact: true }).first().click();
      await page.getByRole('heading', { name: 'src/cart.js' }).waitFor();
      const layout = await page.locator('.diff-table').first().getAttribute('data-layout');
      assert.equal(layout, width === 'wide' ? 'split' : 'unified');
      const added = page.locator('code', { hasText: 'added: ' }).first();
      assert.match((await added.textContent()) ?? '', /quantity >= 10/);
      assert.ok((await added.locator('[data-code="keyword"]').count()) > 0, 'the code has colours');
      assert.equal(await overhang(page), 0);

      await page.getByRole('button', { name: 'Apply' }).click();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Apply' }).click();
      await page.getByText('Applied (').waitFor();
      assert.match(readFileSync(join(repository, 'src/cart.js'), 'utf8'), />= 10/);
      await page.getByRole('button', { name: 'Close' }).click();
      await stands(page, 'delivered, applied');
      assert.deepEqual(errors, []);
      await page.close();
    });

    it(`pauses and resumes, and no step is repeated (${width})`, async () => {
      const repository = served.place.repository(`pause-${width}`, shop);
      const { page, errors } = await open(width);
      const task = await submitFix(page, repository, test);
      await reaches(page, 'environment');
      await page.getByRole('button', { name: 'Pause' }).click();
      await stands(page, 'paused');
      const atPause = (await recorded(task)).length;

      await page.getByRole('button', { name: 'Pause' }).click({ force: true });
      await page.getByText('Pause: It is paused already.').waitFor();
      assert.equal((await recorded(task)).length, atPause, 'an action that makes no sense does nothing');

      await page.getByRole('link', { name: 'Fleet' }).first().click();
      await page.getByRole('list', { name: 'Paused tasks' }).getByText(task).waitFor();
      await page.goBack();
      await page.getByRole('button', { name: 'Resume' }).click();
      await stands(page, 'delivered');
      const events = await recorded(task);
      const finished = events.filter((event) => event.type === 'nova.journal.finished');
      assert.equal(new Set(finished.map((event) => event.data['callId'])).size, finished.length);
      assert.equal(git(repository, 'branch', '--list', `nova/${task}`).trim(), `nova/${task}`);
      assert.deepEqual(errors, []);
      await page.close();
    });
  }

  it('cancels after being asked, and what was found is kept', async () => {
    const repository = served.place.repository('cancel', shop);
    const { page } = await open('wide');
    const task = await submitFix(page, repository, test);
    await reaches(page, 'environment');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Let it go on' }).click();
    assert.equal(
      (await recorded(task)).some((event) => event.type === 'nova.task.cancelling'),
      false,
    );

    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByLabel('Reason, if you like').fill('the wrong repository');
    await page.getByRole('button', { name: 'Cancel the task' }).click();
    await stands(page, 'cancelled');
    await page.getByText('Cancelling: the wrong repository').waitFor();
    await page.getByRole('heading', { name: 'Result' }).waitFor();
    await page.close();
  });

  it('hands in one task when the answer was lost and the form is sent again', async () => {
    const repository = served.place.repository('twice', shop);
    const { page } = await open('wide');
    const before = (await clientOf(served).tasks({ text: repository })).total;
    let lost = 0;
    await page.route('**/v1/tasks', async (route) => {
      if (route.request().method() !== 'POST' || lost > 0) return route.continue();
      lost += 1;
      await route.fetch();
      await route.abort('connectionreset');
    });
    await page.goto(`${served.url}/new?repository=${encodeURIComponent(repository)}&test=${encodeURIComponent(test)}`);
    await page.getByRole('button', { name: 'Hand in the fix' }).click();
    await page.getByText('mesh.unreachable').waitFor();
    await page.getByRole('button', { name: 'Hand in the fix' }).click();
    await page.waitForURL(/\/tasks\/\w+$/);
    assert.equal((await clientOf(served).tasks({ text: repository })).total, before + 1);
    assert.equal(lost, 1);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Cancel the task' }).click();
    await stands(page, 'cancelled');
    await page.close();
  });

  it('is told what is wrong with the form, field by field and as the server says it', async () => {
    const { page } = await open('narrow');
    await page.goto(`${served.url}/new`);
    await page.getByRole('button', { name: 'Hand in the fix' }).click();
    await page.getByText('Name the folder of a git repository').waitFor();
    await page.getByText('The test command is empty').waitFor();
    assert.equal(await page.locator(':focus').getAttribute('name'), 'repository');
    assert.equal(await page.getByLabel('Repository').getAttribute('aria-invalid'), 'true');

    await page.getByLabel('Repository').fill(join(served.place.folder, 'nowhere'));
    await page.getByLabel('Test command').fill('true');
    await page.getByRole('button', { name: 'Hand in the fix' }).click();
    await page
      .getByText('repository.missing')
      .or(page.locator('.badge', { hasText: 'refused' }))
      .first()
      .waitFor({ timeout: patience });
    await page.close();
  });

  it('forks a recorded task at a call, and the new task works on from there', async () => {
    const { tasks } = await clientOf(served).tasks({ state: 'finished', text: 'pause-wide' });
    const origin = tasks[0]?.id ?? '';
    const { page } = await open('wide');
    await page.goto(`${served.url}/tasks/${origin}?ask=fork`);
    const dialog = page.getByRole('dialog', { name: 'Fork this task' });
    await dialog
      .getByLabel('Take over up to')
      .selectOption({ label: 'planning: Find the statements behind 1 failing test' });
    await dialog.getByRole('button', { name: 'Fork' }).click();
    await page.getByText(`forked from ${origin}`, { exact: true }).waitFor();
    await stands(page, 'delivered');
    assert.match(page.url(), /\/tasks\/\w+$/);
    assert.notEqual(new URL(page.url()).pathname, `/tasks/${origin}`);
    await page.close();
  });

  it('pages through many tasks, and the address holds where it was', async () => {
    const client = clientOf(served);
    const ids: string[] = [];
    for (let number = 1; number <= 28; number += 1) {
      const request = reviewRequestSchema.parse({ kind: 'review', repository: `/nowhere/many-${number}` });
      ids.unshift((await client.submit(request, { key: `many ${number}` })).id);
    }
    const { page } = await open('narrow');
    await page.goto(`${served.url}/tasks`);
    await page.getByLabel('Kind').selectOption('review');
    await page.getByLabel('Text').fill('nowhere/many');
    await page.waitForURL('**/tasks?kind=review&text=nowhere*');
    await page.getByRole('heading', { name: '1 to 25' }).waitFor();
    const shown = () => page.getByRole('list', { name: 'Tasks' }).locator('.task-id').allTextContents();
    assert.deepEqual(await shown(), ids.slice(0, 25));
    await page.getByRole('button', { name: 'Older' }).click();
    await page.getByRole('heading', { name: '26 to 28' }).waitFor();
    assert.deepEqual(await shown(), ids.slice(25));
    await page.reload();
    await page.getByRole('heading', { name: '26 to 28' }).waitFor();
    assert.deepEqual(await shown(), ids.slice(25));
    assert.equal(await page.getByLabel('Text').inputValue(), 'nowhere/many');
    await page.getByRole('button', { name: 'Newer' }).click();
    await page.getByRole('heading', { name: '1 to 25' }).waitFor();
    assert.equal(await overhang(page), 0);
    await page.close();
  });

  it('steps through a recorded task, and nothing is executed', async () => {
    const { tasks } = await clientOf(served).tasks({ state: 'finished', text: 'shop-wide' });
    const task = tasks[0]?.id ?? '';
    const count = (await recorded(task)).length;
    const { page } = await open('wide');
    const writes: string[] = [];
    page.on('request', (request) => {
      if (request.method() !== 'GET') writes.push(request.url());
    });
    await page.goto(`${served.url}/tasks/${task}/replay`);
    await page.getByText(`${count} of ${count}`).waitFor();
    const full = await timeline(page);
    await page.getByRole('button', { name: 'First' }).click();
    await page.getByText(`1 of ${count}`).waitFor();
    assert.deepEqual(await timeline(page), ['Handed in']);
    const slider = page.getByRole('slider', { name: 'Recorded events' });
    await slider.focus();
    for (let step = 0; step < 10; step += 1) await page.keyboard.press('ArrowRight');
    await page.getByText(`11 of ${count}`).waitFor();
    await page.waitForURL(/at=11$/);
    const part = await timeline(page);
    assert.deepEqual(part, full.slice(0, part.length));
    await page.keyboard.press('End');
    await page.getByText(`${count} of ${count}`).waitFor();
    assert.deepEqual(await timeline(page), full);
    assert.deepEqual(writes, []);
    assert.equal((await recorded(task)).length, count);
    await page.close();
  });
});
