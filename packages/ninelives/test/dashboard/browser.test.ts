import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { findEmbedder } from '../../src/daemon/embedder.js';
import { memoryRecord } from '../../src/record/memory.js';
import { type Box, freePort, openBox, QUICK } from '../e2e/box.js';
import { decision, event, incident, page as pageRow } from '../record/rows.js';
import {
  axeFinds,
  type Browser,
  beginDrill,
  LAPTOP,
  PHONE,
  picture,
  shiftsOf,
  startBrowser,
  untilHeadline,
  untilLooked,
} from './browser.js';
import { type Crowd, crowd } from './crowd.js';
import { stageDashboard } from './stage.js';

/** A second failure is waited for long enough that the page can be seen to say Suspect, and clients can come. */
const UNHURRIED = `
    probe:
      every: 300ms
      deadline: { min: 1s, max: 3s }
    guard:
      confirm: 2s
`;

/** A drill is watched live from the page, as a person would; each state leaves its picture. */
describe('the page, in a real Chromium', () => {
  let browser: Browser;
  let box: Box;
  let url: string;
  let page: Page;
  let clients: Crowd | null = null;

  before(async () => {
    browser = await startBrowser();
    box = await openBox(`    embedder: {}\n    gateway: { port: GATE }\n${UNHURRIED}`);
    const port = await freePort();
    url = `http://127.0.0.1:${port}/`;
    box.start('up', '--dashboard-port', String(port));
    await box.untilServing();
    const token = readFileSync(join(box.stateDir, 'dashboard.token'), 'utf8').trim();
    page = await browser.open(`${url}#token=${token}`);
  });
  after(async () => {
    await clients?.stop();
    await browser.close();
    await box.close();
  });

  const fits = async (some: Page) =>
    assert.equal(
      await some.evaluate('document.scrollingElement.scrollWidth <= innerWidth'),
      true,
      'nothing sticks out',
    );

  /** Google's limit for "good" is 0.1. */
  const stands = async (some: Page) => {
    const { sum, moved } = await shiftsOf(some);
    assert.ok(sum < 0.05, `the layout shifted by ${sum}: ${moved.join('; ')}`);
  };

  it('says healthy, in light and dark, on a laptop and on a phone, and axe finds nothing', async () => {
    await untilHeadline(page, /^Healthy$/);
    await untilLooked(page);
    assert.equal(new URL(page.url()).hash, '', 'the token does not stay in the address');
    await picture(page, 'healthy');
    const phone = await browser.open(url, PHONE);
    await untilHeadline(phone, /^Healthy$/);
    await untilLooked(phone);
    await picture(phone, 'healthy-phone');
    for (const some of [page, phone]) {
      assert.deepEqual(await axeFinds(some), []);
      await stands(some);
      await fits(some);
    }
    await phone.close();
  });

  it('is worked by keyboard alone, and pauses and resumes', async () => {
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('document.activeElement.className'), 'skip');
    await page.focus('text="Pause"');
    await page.keyboard.press('Enter');
    await untilHeadline(page, /^Healthy, paused$/);
    await page.focus('text="Resume"');
    await page.keyboard.press('Enter');
    await untilHeadline(page, /^Healthy$/);
  });

  it('shows a wedge drill, begun from the page, until it is healed', async () => {
    await beginDrill(page, 'wedge', /^(Suspect|Healing|Coming back)$/);
    // Not before: a drill begins only where nobody else asks anything.
    clients = crowd(`http://127.0.0.1:${box.gatewayPort}/v1/embeddings`, 3);
    await untilHeadline(page, /^(Healing|Coming back)$/);
    await page.waitForSelector('.incident.of-drill');
    await picture(page, 'incident-running');
    assert.deepEqual(await axeFinds(page), []);
    await page.locator('.incident .what', { hasText: 'healed by 1 SIGKILL' }).waitFor({ timeout: 90_000 });
    await untilHeadline(page, /^Healthy$/);
    await page.waitForSelector('.story >> text=incident-resolved');
    assert.match(
      (await page.textContent('#remarks')) ?? '',
      /Healed at .* by 1 SIGKILL; real work was lost for .*, in a drill/,
    );
    assert.match((await page.textContent('.incident .claims')) ?? '', /Meanwhile \/health said 200/);
    const held = page.locator('.incident[open] .story li', { hasText: 'the gateway kept up to' });
    await untilAllAnswered(held);
    const kinds = await page.locator('.incident[open] .story .kind').allTextContents();
    for (const kind of [
      'probe-failed',
      'incident-opened',
      'kill',
      'kill-outcome',
      'incarnation',
      'serving',
      'gateway',
    ]) {
      assert.ok(kinds.includes(kind), `${kind} among ${kinds}`);
    }
    await picture(page, 'healed', true);
    assert.deepEqual(await axeFinds(page), []);
    await fits(page);
  });

  it('does not go on looking well when the guard is gone', async () => {
    assert.deepEqual((await clients?.stop())?.failed, [], 'no client noticed');
    await box.killGuard();
    await untilHeadline(page, /^I cannot see$/);
    assert.equal(await page.getAttribute('#state', 'data-tone'), 'blind');
    await picture(page, 'blind');
    assert.deepEqual(await axeFinds(page), []);
    assert.deepEqual(browser.troubles, []);
  });

  it('begins with an empty record, and what comes is put where there was room for it', async () => {
    // The real model, which begins to load when the picture is taken.
    const argv = [process.execPath, findEmbedder(), '--port', 'PORT'].map((word) => `'${word}'`).join(' ');
    const script = `until [ -e go ]; do sleep 0.1; done; exec ${argv}`;
    const first = await openBox(`    command: [sh, -c, ${JSON.stringify(script)}]\n${QUICK}`);
    try {
      const port = await freePort();
      first.start('up', '--dashboard-port', String(port));
      const there = `http://127.0.0.1:${port}/`;
      await first.until('the dashboard', () =>
        fetch(there).then(
          ({ ok }) => ok,
          () => false,
        ),
      );
      const empty = await browser.open(there);
      await untilHeadline(empty, /^Loading$/);
      await empty.locator('#incident-list', { hasText: 'None.' }).waitFor();
      await picture(empty, 'empty');
      assert.deepEqual(await axeFinds(empty), []);
      writeFileSync(join(first.stateDir, 'go'), '');
      await untilHeadline(empty, /^Healthy$/);
      await empty.locator('#strip-says', { hasText: /^(?!0\.00)[\d.]+ % of/ }).waitFor({ timeout: 90_000 });
      await stands(empty);
      await empty.close();
    } finally {
      await first.close();
    }
  });

  it('says what to type where nothing is guarded yet', async () => {
    const stage = await stageDashboard(memoryRecord());
    const nothing = await browser.open(stage.url, PHONE);
    await untilHeadline(nothing, /^Nothing is guarded yet$/);
    await nothing.waitForSelector('#strip svg');
    assert.match((await nothing.textContent('#remarks')) ?? '', /ninelives up/);
    assert.deepEqual(await axeFinds(nothing), []);
    await stands(nothing);
    await fits(nothing);
    await nothing.close();
    await stage.dashboard.close();
  });

  it('shows a hostile service’s words as words, and runs none of them', async () => {
    const stage = await stageDashboard(hostileRecord());
    for (const path of ['/', '/status']) {
      const shown = await browser.open(`${stage.url}${path}`, path === '/' ? PHONE : LAPTOP);
      if (path === '/') await shown.waitForSelector('.incident .story li');
      assert.match((await shown.textContent('body')) ?? '', /<img src=x onerror=/);
      assert.equal(
        await shown.evaluate('document.querySelectorAll("img, iframe, body script, [onerror]").length'),
        0,
      );
      assert.equal(await shown.evaluate('window.pwned'), undefined);
      assert.deepEqual(await axeFinds(shown), []);
      await fits(shown);
      await shown.close();
    }
    await stage.dashboard.close();
    assert.deepEqual(browser.troubles, []);
  });

  it('shows the report as a file of its own, for whoever reads it on a phone', async () => {
    const file = join(box.stateDir, 'report.html');
    const { code, stderr } = await box.run('report', '--state', box.stateDir, '--html', file);
    assert.equal(code, 0, stderr);
    const report = await browser.open(pathToFileURL(file).href, PHONE);
    assert.match((await report.textContent('body')) ?? '', /svc.*Available by real work/s);
    assert.deepEqual(await axeFinds(report), []);
    await fits(report);
    await report.close();
    assert.deepEqual(browser.troubles, []);
  });
});

/** Whoever waited when it was over still gets an answer, and is counted then: none of those it kept is missing. */
async function untilAllAnswered(held: Locator): Promise<void> {
  const LINE =
    /kept up to (\d+) requests? .*; (\d+) asked again and answered; (\d+) answered at once; none refused/;
  const untilMs = performance.now() + 90_000;
  let text = '';
  for (;;) {
    text = (await held.textContent({ timeout: 90_000 })) ?? '';
    const [waiting = 0, again = 0, atOnce = 0] = LINE.exec(text)?.slice(1).map(Number) ?? [];
    if (waiting > 0 && again + atOnce >= waiting) return;
    assert.ok(performance.now() < untilMs, text);
    await sleep(200);
  }
}

/** Markup in every word that comes from outside: names, sentences, errors, log lines, paths, titles of pages. */
function hostileRecord() {
  const evil = '<img src=x onerror="window.pwned=1"></script><script>window.pwned=1;alert(1)</script>';
  const record = memoryRecord();
  const now = Date.now();
  const cheap = [{ path: `/${evil}`, status: 200, tookMs: 1 }];
  const failed = { ...event(now, evil, 'i1'), type: 'probe-failed' as const, data: { cheap } };
  const rows = decision(evil, 1, {
    incidents: [
      incident(evil, 'i1', {
        sentence: evil,
        openedWallMs: now,
        firstFailureWallMs: now,
        acknowledgedBy: evil,
      }),
    ],
    events: [failed, { ...event(now, evil, 'i1'), type: 'kill' }],
    pages: [{ ...pageRow(evil, evil, now), title: evil }],
    sample: { wallMs: now, reason: 'error', tookMs: 5 },
  });
  rows.state.verdict = { kind: 'erroring', sentence: evil };
  record.commit(evil, rows, { notifiers: [evil], wallMs: now });
  record.saveDrill({
    id: evil,
    service: evil,
    fault: evil,
    wallMs: now,
    passed: false,
    report: { why: [evil] },
  });
  return record;
}
