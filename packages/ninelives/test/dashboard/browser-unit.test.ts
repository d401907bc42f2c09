import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Box, bootBox, CHECKOUT, NODE } from '../systemd/harness/box.js';
import {
  axeFinds,
  type Browser,
  beginDrill,
  picture,
  shiftsOf,
  startBrowser,
  untilHeadline,
  untilLooked,
} from './browser.js';
import { programAt } from './programs.js';

const MODELS = '/opt/models';
const STATE = '/home/jc/state';
const CONFIG = '/home/jc/ninelives.yaml';
const DASHBOARD = 'http://127.0.0.1:8090/';

/** The real model as a system unit, which an ordinary user did not write and may only kill. */
const MODEL_UNIT = `[Unit]
Description=The built-in model
[Service]
User=jc
ExecStart=${NODE} ${CHECKOUT}/packages/embedder/bin/ninelives-embedder.js --port 8088 --cache ${MODELS}
Restart=on-failure
RestartSec=300ms
`;
const GUARD_UNIT = `[Unit]
Description=The guard, as jc
[Service]
User=jc
ExecStart=${NODE} ${CHECKOUT}/packages/ninelives/bin/ninelives.js guard --config ${CONFIG} --state ${STATE}
`;
const YAML = `version: 1
services:
  - name: model
    unit: model.service
    port: 8088
    gateway: false
    probe: { kind: embeddings, every: 300ms, deadline: { min: 10s, max: 20s } }
`;

/** Proof before power, as it is seen: a unit of a real systemd, watched by jc, until a drill has brought it back. */
describe('the page of a guard on somebody else’s unit', () => {
  let box: Box;
  let browser: Browser;
  let folder: string;

  before(async () => {
    box = await bootBox();
    const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
    cpSync(join(cache, 'ninelives'), join(box.root, MODELS), { recursive: true });
    box.write('/etc/systemd/system/model.service', MODEL_UNIT);
    box.write('/etc/systemd/system/guard.service', GUARD_UNIT);
    box.write(CONFIG, YAML);
    const started = await box.asRoot(['systemctl', 'start', 'model.service', 'guard.service']);
    assert.equal(started.code, 0, started.stderr);
    // The box has a network of its own: a Chromium of this machine looks at it from within that.
    folder = mkdtempSync(join(tmpdir(), 'ninelives-chromium-there-'));
    const there = join(folder, 'chromium');
    const command = `nsenter --net --target ${box.leader().pid} ${programAt('chromium')}`;
    writeFileSync(there, `#!/bin/sh\nexec ${command} "$@"\n`);
    chmodSync(there, 0o755);
    browser = await startBrowser(there);
  });
  after(async () => {
    await browser?.close();
    box?.down();
    if (folder) rmSync(folder, { recursive: true });
  });

  /** `ninelives dashboard` waits for nothing: the guard writes the token when it begins. */
  async function token(): Promise<string> {
    const wait = `until cat ${STATE}/dashboard.token 2>/dev/null; do sleep 0.1; done`;
    return (await box.asUser(['/bin/sh', '-c', wait])).stdout.trim();
  }

  it('only watches, and says how to prove it; a drill from the page proves it, and by which it says', async () => {
    const page = await browser.open(`${DASHBOARD}#token=${await token()}`);
    await untilHeadline(page, /^Healthy, watch-only$/);
    await untilLooked(page);
    await picture(page, 'watch-only');
    assert.match((await page.textContent('#remarks')) ?? '', /It only watches.*ninelives drill crash/);
    assert.match((await page.textContent('#power')) ?? '', /Watch-only.*none yet.*No drill yet: unproved/);
    assert.deepEqual(await axeFinds(page), []);
    const { sum, moved } = await shiftsOf(page);
    assert.ok(sum < 0.05, `the layout shifted by ${sum}: ${moved.join('; ')}`);

    await beginDrill(page, 'crash', /^Healthy$/);
    await page.locator('#power', { hasText: 'revived in the drill crash' }).waitFor();
    await page.locator('#power li', { hasText: '✓ crash' }).waitFor();
    assert.match((await page.textContent('#power')) ?? '', /^Armed/);
    await picture(page, 'proved', true);
    assert.deepEqual(browser.troubles, []);
  });
});
