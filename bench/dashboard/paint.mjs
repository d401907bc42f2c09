// A real Chromium, nothing cached, on loopback; the two records in turn, so that whatever else the machine does meets both.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
];

/** For each server and round: first contentful paint, and when the incidents stood there, ms since the navigation began. */
export async function measurePaint(servers, rounds) {
  const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
    (path) => path && existsSync(path),
  );
  if (!executablePath) throw new Error('no Chromium: apt-get install chromium, or CHROMIUM=PATH');
  const profile = mkdtempSync(join(tmpdir(), 'ninelives-bench-chromium-'));
  const browser = await chromium.launchPersistentContext(profile, { executablePath, args: FLAGS });
  const found = servers.map(({ events }) => ({
    events,
    paintMs: [],
    storyMs: [],
    stateMs: [],
    incidentsMs: [],
  }));
  try {
    await visit(browser, servers[0].url); // warms the browser up; not counted
    for (let round = 0; round < rounds; round += 1) {
      for (const [at, { url }] of servers.entries()) {
        const { paintMs, storyMs } = await visit(browser, url);
        found[at].paintMs.push(paintMs);
        found[at].storyMs.push(storyMs);
        found[at].stateMs.push(await asked(`${url}api/state`));
        found[at].incidentsMs.push(await asked(`${url}api/incidents`));
      }
    }
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  }
  return found;
}

async function visit(browser, url) {
  const page = await browser.newPage();
  const client = await browser.newCDPSession(page);
  await client.send('Network.setCacheDisabled', { cacheDisabled: true });
  await page.goto(url);
  await page.locator('#incident-list > *').first().waitFor();
  const storyMs = await page.evaluate('performance.now()');
  const paintMs = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime");
  await page.close();
  return { paintMs, storyMs };
}

/** For so long the guard's own loop stands still, since it answers in its own process. */
async function asked(url) {
  const startedMs = performance.now();
  await (await fetch(url)).text();
  return performance.now() - startedMs;
}
