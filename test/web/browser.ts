import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, launch, type Page } from 'puppeteer-core';
import { requireProgram } from '../../local/children/programs.ts';
import { PATIENCE } from '../support/eventually.ts';

/** A page in a browser session of its own, and what it has done that it should not. */
export type Tab = {
  page: Page;
  /** What went wrong on the page: errors, messages in the console, violations of its policy. Network failures are none. */
  troubles: string[];
  /** Every address that was asked for. */
  requests: string[];
  close(): Promise<void>;
};

export type TabOptions = { language?: string; dark?: boolean; width?: number; height?: number };

/** A real Chromium without a window. */
export async function startBrowser() {
  const home = await mkdtemp(join(tmpdir(), 'earshot-browser-'));
  const browser: Browser = await launch({
    executablePath: requireProgram('chromium', 'chromium'),
    userDataDir: home,
    // A container's root has no sandbox, and only our own page is shown.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--no-first-run'],
  });
  return {
    /** Opens `url` as somebody who was never here. */
    open: (url: string, options: TabOptions = {}) => openTab(browser, url, options),
    async stop(): Promise<void> {
      await browser.close();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function openTab(browser: Browser, url: string, options: TabOptions): Promise<Tab> {
  const { language = 'en-US' } = options;
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const troubles: string[] = [];
  const requests: string[] = [];
  page.on('pageerror', (err) => troubles.push(String(err)));
  page.on('console', (message) => {
    if (!message.text().startsWith('Failed to load resource')) troubles.push(message.text());
  });
  page.on('request', (request) => requests.push(request.url()));
  await see(page, options);
  await speak(page, language);
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  return { page, troubles, requests, close: () => context.close() };
}

/** Looks at the page by day or night, through a window of this size; nothing moves that need not. */
export async function see(page: Page, { dark = false, width = 1280, height = 860 }: TabOptions): Promise<void> {
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' },
    { name: 'prefers-reduced-motion', value: 'reduce' },
  ]);
}

/** Sets what navigator.languages says. */
async function speak(page: Page, language: string): Promise<void> {
  const session = await page.createCDPSession();
  const { userAgent } = (await session.send('Browser.getVersion')) as { userAgent: string };
  await session.send('Emulation.setUserAgentOverride', { userAgent, acceptLanguage: language });
}
