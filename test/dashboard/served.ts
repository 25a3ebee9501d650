import { after, before } from 'node:test';
import { Browser, buildDashboard } from './browser.ts';
import { ServedPlace } from './served-place.ts';

/** The served dashboard and a browser of the test file that called `serveDashboard`, while its tests run. */
export interface Served {
  readonly place: ServedPlace;
  readonly browser: Browser;
}

/** Builds and serves the dashboard and opens a browser before the file's tests; ends and removes all of it after them. */
export function serveDashboard(): Served {
  const served = new ServedPlace();
  let browser: Browser | null = null;
  before(async () => {
    buildDashboard();
    await served.start();
    browser = await Browser.open();
  });
  after(async () => {
    await browser?.[Symbol.asyncDispose]();
    served[Symbol.dispose]();
  });
  return {
    place: served,
    get browser() {
      if (browser === null) throw new Error('The browser is open only while the tests run.');
      return browser;
    },
  };
}
