import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { OuterReport } from '../../src/drill/outer/report.js';
import { readStat } from '../../src/host/procfs/processes.js';
import { freePort } from '../e2e/box.js';
import { BIN, embeds, type Place, place, until } from '../watch/stage.js';

const UUID = '4d3f0f0e-6a34-4f0b-9a51-3c7a5a0c1e04';

describe('drills of the outer layers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ninelives-outer-'));
  const children: ChildProcess[] = [];
  const config = join(folder, 'ninelives.yaml');
  let edge: Place;
  let phone: Place;
  const places: Place[] = [];

  /** A watcher, and another one that hears it; the phone is a topic that can be polled. */
  before(async () => {
    edge = await place(embeds);
    const controls = [await place((_, r) => r.end()), await place((_, r) => r.end())];
    const told: string[] = [];
    phone = await place((body, response) => {
      if (body !== '') {
        const message = { ...JSON.parse(body), event: 'message', time: Math.floor(Date.now() / 1_000) };
        told.push(JSON.stringify(message));
      }
      response.end(body === '' ? told.join('\n') : '{}');
    });
    places.push(edge, phone, ...controls);
    const port = await freePort();
    const shared = `version: 1
services:
  - name: svc
    unit: model.service
    port: 8088
    public: { url: "${edge.url}" }
    domains: { host: box, power: home }
notify:
  - { name: phone, ntfy: { server: "${phone.url}", topic: drills } }
watch:
  every: 200ms
  confirm: 50ms
  deadline: 2s
  controls:
${controls.map(({ url }, index) => `    - { owner: o${index}, url: "${url}" }`).join('\n')}
layers:
  - { name: guard, kind: guard, domains: { host: box, power: home } }
  - { name: lan, kind: watch, domains: { host: nuc }, heard_by: [far], grace: 10s }
  - { name: far, kind: watch, domains: { host: vps }, notify: [phone] }
heartbeats:
`;
    writeFileSync(join(folder, 'uuid'), UUID, { mode: 0o600 });
    writeFileSync(join(folder, 'url'), `http://127.0.0.1:${port}/ping/${UUID}`, { mode: 0o600 });
    writeFileSync(config, `${shared}  send: [{ name: far, url_file: ./url, every: 200ms }]\n`);
    const far = join(folder, 'far.yaml');
    const ears = `  listen: "127.0.0.1:${port}"\n  from: [{ name: lan, uuid_file: ./uuid, grace: 10s }]\n`;
    writeFileSync(far, shared.replace('watch:\n', 'watch:\n  layer: far\n') + ears);
    for (const [file, state] of [
      [config, 'lan'],
      [far, 'far'],
    ] as const) {
      const argv = [BIN, 'watch', '--config', file, '--state', join(folder, state)];
      children.push(spawn(process.execPath, argv, { stdio: 'ignore' }));
    }
    await until('two watchers', () => edge.requests.length > 6);
  });
  after(async () => {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    for (const each of places) await each.off();
    rmSync(folder, { recursive: true, force: true });
  });

  function drill(name: string, ...more: string[]) {
    const argv = [BIN, 'drill', name, '--json', '--config', config, '--state', join(folder, 'lan'), ...more];
    const child = execFile(process.execPath, argv);
    children.push(child);
    let out = '';
    let err = '';
    child.stdout?.on('data', (text) => (out += text));
    child.stderr?.on('data', (text) => (err += text));
    return {
      said: () => err,
      async end(): Promise<{ code: number | null; report: OuterReport }> {
        const [code] = child.exitCode === null ? await once(child, 'close') : [child.exitCode];
        assert.notEqual(out, '', err);
        return { code, report: JSON.parse(out) as OuterReport };
      },
    };
  }

  it('host-down is a rehearsal: a person cuts, and what arrives is timed and compared', async () => {
    const rehearsal = drill('host-down');
    await until('the clock to run', () =>
      /pull the plug of the box now: the clock runs/.test(rehearsal.said()),
    );
    await edge.off();
    const { code, report } = await rehearsal.end();
    await edge.on();
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report.mode, 'rehearsal');
    const told = report.expected.map(({ layer, about, verdict }) => `${layer} ${about} ${verdict}`);
    assert.deepEqual(told, ['lan loss in time', 'far loss in time']);
    await until(
      'its end',
      () => phone.requests.filter(({ body }) => /reached again/.test(body)).length === 2,
    );
  });

  it('watcher-dead is done for real where the watcher is ours, and put back', async () => {
    const { code, report } = await drill('watcher-dead').end();
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report.mode, 'real');
    const [met] = report.expected;
    assert.deepEqual([met?.layer, met?.about, met?.of, met?.verdict], ['far', 'silence', 'lan', 'in time']);
    assert.deepEqual(report.surprises, []);
    const [watcher] = children;
    assert.equal(watcher?.exitCode, null);
    assert.notEqual(readStat(watcher?.pid ?? 0)?.state, 'T');
    await until('its end', () => phone.requests.some(({ body }) => /lan is heard again/.test(body)));
  });

  it('a page that never comes is no pass, and what the config does not name is not guessed', async () => {
    const { code, report } = await drill('site-dark', '--limit', '1s').end();
    assert.equal(code, 1);
    assert.deepEqual(
      report.expected.map(({ verdict }) => verdict),
      ['missing', 'missing'],
    );
    const bare = join(folder, 'bare.yaml');
    writeFileSync(bare, 'version: 1\nservices:\n  - { name: svc, unit: model.service, port: 8088 }\n');
    const argv = [BIN, 'drill', 'host-down', '--config', bare, '--state', join(folder, 'none')];
    const child = execFile(process.execPath, argv);
    let err = '';
    child.stderr?.on('data', (text) => (err += text));
    const [exit] = await once(child, 'close');
    assert.equal(exit, 2);
    assert.match(err, /names no host of svc, so nothing can be foretold[\s\S]*ninelives layers/);
  });
});
