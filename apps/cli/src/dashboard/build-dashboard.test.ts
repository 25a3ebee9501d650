import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { buildDashboard } from './build-dashboard.ts';

const buildScript = `
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
appendFileSync('../../builds', 'x');
if (existsSync('src/broken.ts')) throw new Error('it does not compile');
mkdirSync('dist', { recursive: true });
writeFileSync('dist/index.html', '');
`;

describe('building the dashboard', () => {
  let root: string;

  function write(path: string, text = ''): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    // Older than anything that is built afterwards, whatever the clock's grain.
    utimesSync(join(root, path), 1, 1);
  }
  const builds = (): number => (existsSync(join(root, 'builds')) ? readFileSync(join(root, 'builds')).length : 0);

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'nova-dashboard-'));
    for (const part of ['core', 'client']) write(`packages/${part}/src/index.ts`);
  });

  after(() => rmSync(root, { recursive: true, force: true }));

  it('goes on without one where there is none', async () => {
    assert.equal(await buildDashboard(root), false);
  });

  it('happens once for each version of its sources', async () => {
    write('apps/dashboard/build.ts', buildScript);
    write('apps/dashboard/src/main.ts');
    assert.equal(await buildDashboard(root), true);
    assert.equal(await buildDashboard(root), true);
    assert.equal(builds(), 1);
    const later = Date.now() / 1000 + 60;
    // What a killed build left, and what was installed, is no source.
    for (const path of ['apps/dashboard/dist.99/index.html', 'apps/dashboard/node_modules/x.js']) {
      write(path);
      utimesSync(join(root, path), later, later);
    }
    assert.equal(await buildDashboard(root), true);
    assert.equal(builds(), 1);
    utimesSync(join(root, 'packages/core/src/index.ts'), later, later);
    assert.equal(await buildDashboard(root), true);
    assert.equal(builds(), 2);
  });

  it('keeps the one of before when it fails, and goes on without when there was none', async () => {
    write('apps/dashboard/src/broken.ts');
    assert.equal(await buildDashboard(root), true);
    rmSync(join(root, 'apps/dashboard/dist'), { recursive: true });
    assert.equal(await buildDashboard(root), false);
    assert.equal(builds(), 4);
  });
});
