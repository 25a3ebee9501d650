import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

/** The widths that every screen is made for, in pixels. */
export const widths = { wide: 1280, narrow: 390 } as const;
export type Width = keyof typeof widths;
export type Theme = 'light' | 'dark';

const height = 900;
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser with a profile of its own; closing it removes the profile. */
export class Browser implements AsyncDisposable {
  readonly #context: BrowserContext;
  readonly #profile: string;

  static async open(theme: Theme = 'light'): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), 'nova-browser-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: chromiumPath(),
      args: flags,
      colorScheme: theme,
      locale: 'en-GB',
      viewport: { width: widths.wide, height },
    });
    return new Browser(context, profile);
  }

  private constructor(context: BrowserContext, profile: string) {
    this.#context = context;
    this.#profile = profile;
  }

  /** A page of this width, signed in by the link. What breaks in it is thrown when the page is closed. */
  async page(width: Width, link: string): Promise<Page> {
    const page = await this.#context.newPage();
    await page.setViewportSize({ width: widths[width], height });
    await page.goto(link);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    rmSync(this.#profile, { recursive: true, force: true });
  }
}

/** By how many pixels the page is wider than its window; 0 where nothing scrolls sideways. */
export async function overhang(page: Page): Promise<number> {
  return Number(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'));
}

function chromiumPath(): string {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
      if (existsSync(join(folder, name))) return join(folder, name);
    }
  }
  throw new Error('No Chromium is on the PATH: sudo apt-get install -y chromium');
}

/** Builds the dashboard that the server serves, where it is not built yet. */
export function buildDashboard(): void {
  const build = join(import.meta.dirname, '../../apps/dashboard/build.ts');
  execFileSync(process.execPath, [build], { stdio: ['ignore', 'inherit', 'inherit'] });
}
