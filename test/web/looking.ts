import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { Page } from 'puppeteer-core';
import { eventually } from '../support/eventually.ts';
import { see, type Tab } from './browser.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The text of what a selector finds, as it is shown. */
export async function textOf(page: Page, selector: string): Promise<string> {
  // biome-ignore lint/performance/useDomNodeTextContent: what is seen counts, line by line
  return page.$eval(selector, (element) => (element as HTMLElement).innerText);
}

/** Waits until what a selector finds says this. */
export async function says(page: Page, selector: string, text: string | RegExp): Promise<void> {
  await eventually(async () => {
    const found = await textOf(page, selector);
    if (typeof text === 'string') expect(found).to.contain(text);
    else expect(found).to.match(text);
  });
}

/** Waits until a selector finds nothing. */
export async function isGone(page: Page, selector: string): Promise<void> {
  await eventually(async () => expect(await page.$(selector), selector).to.equal(null));
}

/** In the page, `false` from before a press until its click has reached something that can be pressed. */
type Watched = typeof globalThis & { pressed?: boolean };

/** Presses the button, or follows the link, of that name. */
export function press(page: Page, name: string): Promise<void> {
  return pressAt(page, `::-p-aria([name="${name}"])`);
}

/**
 * Presses what a selector finds: once more where the page has moved it away between the press and the release, as when what stands
 * before it has just come.
 */
export async function pressAt(page: Page, selector: string): Promise<void> {
  await eventually(async () => {
    await page.evaluate(() => {
      (globalThis as Watched).pressed = false;
      // Without a name: tsx would want to keep it, by a helper that is not in the page.
      window.addEventListener(
        'click',
        ({ target }) => {
          (globalThis as Watched).pressed = (target as Element).closest('a, button, input, label, summary') !== null;
        },
        { capture: true, once: true },
      );
    });
    await page.locator(selector).click();
    // A page that is another one by now knows of no press.
    const reached = await page.evaluate(() => (globalThis as Watched).pressed).catch(() => undefined);
    expect(reached, `${selector} moved away`).to.not.equal(false);
  });
}

/** What has the focus, by its accessible words. */
export async function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    return element.getAttribute('aria-label') ?? element.textContent;
  });
}

/** Waits until that has the focus: a page moves it after it has drawn what gets it. */
export async function hasFocus(page: Page, words: string | RegExp): Promise<void> {
  await eventually(async () => {
    if (typeof words === 'string') expect(await focused(page)).to.equal(words);
    else expect(await focused(page)).to.match(words);
  });
}

/** Breaches of WCAG 2.2 A and AA, and of axe's best practices, as the page is, and of the contrast of its buttons while they work. */
async function breaches(page: Page): Promise<string[]> {
  // As the debugger does it: the policy of the page lets no other script in.
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    type Violation = { id: string; nodes: { html: string; failureSummary?: string }[] };
    type Axe = { run(what: object, how?: object): Promise<{ violations: Violation[] }> };
    const { axe } = window as unknown as { axe: Axe };
    const found = (await axe.run(document)).violations;
    const buttons = [...document.querySelectorAll('button:not([aria-busy="true"])')];
    const before = buttons.map((button) => button.getAttribute('aria-busy'));
    for (const button of buttons) button.setAttribute('aria-busy', 'true');
    if (buttons.length > 0) found.push(...(await axe.run(document, { runOnly: ['color-contrast'] })).violations);
    for (const [i, button] of buttons.entries())
      if (before[i] == null) button.removeAttribute('aria-busy');
      else button.setAttribute('aria-busy', before[i]);
    return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
  });
}

/** The same by day and by night, on a phone and on a desk. */
export async function breachesEverywhere(page: Page): Promise<string[]> {
  const all: string[] = [];
  for (const dark of [false, true])
    for (const width of [360, 1280]) {
      await see(page, { dark, width });
      for (const breach of await breaches(page)) all.push(`${dark ? 'dark' : 'light'}, ${width}: ${breach}`);
      if ((await sideways(page)) > 0) all.push(`${width}: wider than the window`);
    }
  await see(page, {});
  return all;
}

/** Pixels by which the page is wider than the window. */
export function sideways(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Nothing went wrong, and no other origin was asked for anything. */
export function expectNoTrouble({ troubles, requests }: Tab, origin: string): void {
  expect(troubles).to.deep.equal([]);
  const elsewhere = requests.filter((url) => !url.startsWith('data:') && new URL(url).origin !== origin);
  expect(elsewhere).to.deep.equal([]);
}
