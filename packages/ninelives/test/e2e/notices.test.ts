import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { crowd } from '../gateway/stage.js';
import { type Box, openBox } from './box.js';

const BACKEND = fileURLToPath(new URL('../../../test/fixtures/gateway-backend.mjs', import.meta.url));

/** A server without a counter, whose work nobody can see, behind a gateway, under a guard with this patience. */
const service = (every: string, idlePatience: string) => `
    command: [${JSON.stringify(process.execPath)}, ${JSON.stringify(BACKEND)}, --port, "PORT", --log, copies]
    gateway: { port: GATE }
    probe: { kind: http, path: /work, every: ${every}, deadline: { min: 1s, max: 2s }, cheap: [] }
    guard: { confirm: 100ms, idle_patience: ${idlePatience}, opaque_patience: 60s }
    restart: { stop_timeout: 2s }
`;

/** A batch that only sleeps, of so many bytes. */
async function batch(port: number, ms: number, bytes: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input: [`sleep:${ms}`, 'x'.repeat(bytes)] }),
  });
  await response.text();
  return response.status;
}

describe('the guard sees the traffic of the gateway', { concurrency: true }, () => {
  const open = async (t: TestContext, yaml: string): Promise<Box> => {
    const box = await openBox(yaml);
    t.after(() => box.close());
    box.start();
    await box.untilServing();
    return box;
  };

  it('a batch that is long because it is large is left alone; sent past the gateway it looks like a wedge', async (t) => {
    const box = await open(t, service('300ms', '3s'));
    assert.equal(await batch(box.gatewayPort, 3_000, 4_000), 200, 'what such a batch takes');
    await box.untilServing();
    const before = box.status()?.life?.incarnation;
    assert.equal(await batch(box.gatewayPort, 12_000, 16_000), 200);
    await box.untilServing();
    assert.deepEqual(box.status()?.life?.incarnation, before);
    assert.deepEqual(await box.incidents(), []);
    await assert.rejects(batch(box.port, 60_000, 16_000), 'the same, unseen, is killed');
    assert.equal((await box.incidents()).length, 1);
  });

  it('clients who wait tell of a wedge, long before the next probe is due, and none of them fails', async (t) => {
    const box = await open(t, service('10m', '10m'));
    const clients = crowd(`http://127.0.0.1:${box.gatewayPort}`, 4);
    await box.until('what they ask is known', async () => ((await box.evidence())?.completions ?? 0) > 30);
    const before = box.status()?.life?.incarnation;
    assert.ok(before);
    process.kill(before.pid, 'SIGUSR2');
    const after = await box.until('another life', () => {
      const life = box.status()?.life;
      return life && life.incarnation.pid !== before.pid && life.servedAtMs !== null && life;
    });
    assert.ok(after);
    const done = (await box.evidence())?.completions ?? 0;
    await box.until('they go on', async () => ((await box.evidence())?.completions ?? 0) > done + 30);
    assert.deepEqual((await clients.stop()).failed, []);
    const [incident] = await box.incidents();
    assert.equal(incident?.kills, 1);
    assert.match(incident?.sentence ?? '', /requests of clients on the way, .* none completes/);
  });
});
