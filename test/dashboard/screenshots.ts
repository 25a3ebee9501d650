// Makes docs/screenshots: every screen at both widths, light; the fleet and a task's page dark, too. Real tasks on a real server.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Browser, buildDashboard, type Theme, type Width } from './browser.ts';
import { sampleTasks } from './sample-tasks.ts';
import { type Screen, type ShownTasks, screens, signIn } from './screens.ts';
import { ServedPlace } from './served-place.ts';

const folder = join(import.meta.dirname, '../../docs/screenshots');
const alsoDark = new Set(['fleet', 'task-timeline', 'task-change']);

async function take(served: ServedPlace, tasks: ShownTasks, theme: Theme, width: Width, which: readonly Screen[]) {
  await using browser = await Browser.open(theme);
  const suffix = theme === 'dark' ? '-dark' : '';
  const shoot = (name: string) =>
    page.screenshot({ path: join(folder, `${name}-${width}${suffix}.png`), animations: 'disabled' });
  const page = await browser.page(width, served.url + signIn.path);
  await signIn.complete(page);
  if (theme === 'light') await shoot(signIn.name);
  await page.goto(served.link);
  for (const { name, path, complete } of which) {
    await page.goto(served.url + path(tasks));
    await complete(page);
    await page.getByText('live', { exact: true }).waitFor({ state: 'attached' });
    await shoot(name);
  }
}

buildDashboard();
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (name.endsWith('.png')) rmSync(join(folder, name));
using served = new ServedPlace();
await served.start();
const tasks = await sampleTasks(served);
for (const width of ['wide', 'narrow'] as const) {
  await take(served, tasks, 'light', width, screens);
  await take(
    served,
    tasks,
    'dark',
    width,
    screens.filter(({ name }) => alsoDark.has(name)),
  );
}
