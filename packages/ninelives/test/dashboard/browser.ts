import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { programAt } from './programs.js';

const FLAGS = [
  '--headless',
  '--no-sandbox', // root in a container
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Pictures are kept beside the compiled tests; with UPDATE_PICTURES=1 they become those of the docs. */
const ROOT = fileURLToPath(new URL('../../../../..', import.meta.url));
const PICTURES =
  process.env.UPDATE_PICTURES === '1'
    ? join(ROOT, 'docs', 'pictures')
    : fileURLToPath(new URL('../../pictures', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Generous: other tests run beside these. */
const LIMIT_MS = 120_000;

export interface View {
  width: number;
  height: number;
  scheme: 'light' | 'dark';
}
export const LAPTOP: View = { width: 1200, height: 860, scheme: 'light' };
export const PHONE: View = { width: 360, height: 780, scheme: 'dark' };

/** A real Chromium that may reach loopback and nothing else, and tells of all that went wrong in a page. */
export interface Browser {
  open(url: string, view?: View): Promise<Page>;
  /** Console errors, exceptions, dialogs, and requests to anybody but the page's own server. */
  troubles: string[];
  close(): Promise<void>;
}

/** @param executablePath default: Debian's */
export async function startBrowser(executablePath = programAt('chromium')): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'ninelives-chromium-'));
  const troubles: string[] = [];
  assert.ok(executablePath, 'chromium is installed: scripts/needs.mjs saw to that');
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: FLAGS,
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
    locale: 'en-GB',
  });
  return {
    troubles,
    async open(url, view = LAPTOP) {
      const page = await context.newPage();
      page.setDefaultTimeout(LIMIT_MS);
      page.on('console', (message) => {
        // The page may say that its server is gone: that is what the blind state is about.
        const gone = /ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|CONNECTION_RESET|EMPTY_RESPONSE)/;
        if (message.type() === 'error' && !gone.test(message.text()))
          troubles.push(`console: ${message.text()}`);
      });
      page.on('pageerror', (error) => troubles.push(`exception: ${error.message}`));
      page.on('dialog', (dialog) => {
        troubles.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on('request', (request) => {
        if (new URL(request.url()).origin !== new URL(url).origin) troubles.push(`request: ${request.url()}`);
      });
      await page.setViewportSize({ width: view.width, height: view.height });
      await page.emulateMedia({ colorScheme: view.scheme });
      await page.addInitScript(WATCH_SHIFTS);
      await page.goto(url);
      return page;
    },
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** Layout Instability API: every shift that no input caused adds to the sum. */
const WATCH_SHIFTS = `
  window.shifted = 0;
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      window.shifted += entry.value;
      window.shifts.push(entry.value.toFixed(4) + ' ' + entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 60)));
    }
  }).observe({ type: 'layout-shift', buffered: true });
`;

/** How much, and what moved. */
export const shiftsOf = (page: Page): Promise<{ sum: number; moved: string[] }> =>
  page.evaluate('({ sum: window.shifted, moved: window.shifts })');

export async function picture(page: Page, name: string, fullPage = false): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  await page.evaluate('scrollTo(0, 0)');
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage, animations: 'disabled' });
}

/** What axe finds, each as `rule: element`. */
export async function axeFinds(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const violations = (await page.evaluate('axe.run().then((result) => result.violations)')) as {
    id: string;
    nodes: { html: string }[];
  }[];
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}

/** Opens it anew until its history has some looks to show. */
export async function untilLooked(page: Page): Promise<void> {
  for (;;) {
    await page.reload();
    await page.waitForSelector('#strip svg');
    await page.waitForSelector('#latency canvas');
    if (/ of \d\d+ probes/.test((await page.textContent('#strip-says')) ?? '')) return;
  }
}

/** Waits until the banner says so. */
export async function untilHeadline(page: Page, headline: RegExp, timeout = LIMIT_MS): Promise<void> {
  // Not waitForFunction: the page's own policy forbids to evaluate a string in it again and again.
  await page.locator('#headline', { hasText: headline }).waitFor({ timeout });
}

/** Begins a drill from the page, until the banner shows it; again where a busy machine was no steady state to begin in. */
export async function beginDrill(page: Page, fault: string, shows: RegExp): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    await page.selectOption('#fault', fault);
    await page.click('text="Run the drill…"');
    await page.click(`dialog >> text="Run ${fault}"`);
    const seen = await untilHeadline(page, shows, 60_000).then(
      () => true,
      () => false,
    );
    if (seen) return;
    const said = await page.textContent('#operate-says');
    assert.ok(tries < 5, `the drill ${fault} did not begin; the page says: ${said}`);
  }
}
