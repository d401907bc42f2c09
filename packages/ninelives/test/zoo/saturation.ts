import { setTimeout as sleep } from 'node:timers/promises';
import { openBox, QUICK } from '../e2e/box.js';
import { closing } from './closing.js';
import { type Companion, startCrowd, type Tally } from './company.js';
import type { PaceName } from './stage.js';
import { beginWatch, type Seen, watchUntil } from './watch.js';

/** The real embedder with ten times what it can do offered to it, and then with its engine frozen under that load. */
export interface Saturation {
  /** Requests of 32 texts a second: what it did alone, and what was offered. */
  capacityPerS: number;
  offeredPerS: number;
  /** What the clients got while it was saturated. */
  tally: Tally;
  /** While it was saturated and healthy: no kill may be in here. */
  saturated: Seen;
  /** From the moment at which its engine was stopped. */
  frozen: Seen;
  /** From there until the guard said that it serves again, ms; the load ended with the kill. */
  servesAgainAtMs: number | null;
}

const INPUTS = Array.from(
  { length: 32 },
  (_, at) => `${at} a sentence of a dozen words, as they come in documents`,
);
/** Now and then a single text: it finds the last free place of a full queue, which else our own probe would get. */
const MIXED = [INPUTS, INPUTS, INPUTS, INPUTS, INPUTS.slice(0, 1)];
const MEASURED_MS = 4_000;
const TIMEOUT_MS = 30_000;

/** @param saturatedMs how long it is kept saturated before its engine is frozen */
export async function runSaturation(pace: PaceName, saturatedMs: number): Promise<Saturation> {
  const box = await openBox(`    embedder: {}\n${pace === 'quick' ? QUICK : ''}`);
  let crowd: Companion | null = null;
  const close = closing(async () => {
    await crowd?.end();
    await box.close();
  });
  try {
    box.start();
    await box.untilServing();
    const capacityPerS = await measure(box.port);
    await box.untilServing();
    // One in five of the mixture is next to nothing.
    const offeredPerS = 12.5 * capacityPerS;
    const healthy = beginWatch(box);
    const clients = startCrowd({
      port: box.port,
      perSecond: offeredPerS,
      requests: MIXED,
      timeoutMs: TIMEOUT_MS,
    });
    crowd = clients;
    await watchUntil(healthy, saturatedMs, false, () => healthy.seen.kills > 0);
    healthy.close();
    const tally = { ...clients.tally };
    const engine = box.processes().find((process) => !process.main);
    if (!engine) throw new Error('the embedder has no engine');
    const frozen = beginWatch(box);
    process.kill(engine.pid, 'SIGSTOP');
    await watchUntil(frozen, 60_000, false, () => frozen.seen.killedAtMs !== null);
    await clients.end();
    const again = await watchUntil(frozen, 60_000, false, (state) => {
      return state.verdict.kind === 'serving' && state.incident === null;
    });
    const servesAgainAtMs = again ? frozen.nowMs() : null;
    frozen.close();
    return {
      capacityPerS,
      offeredPerS,
      tally,
      saturated: healthy.seen,
      frozen: frozen.seen,
      servesAgainAtMs,
    };
  } finally {
    await close();
  }
}

/** Requests a second when two are always under way. */
async function measure(port: number): Promise<number> {
  const body = JSON.stringify({ input: INPUTS });
  const url = `http://127.0.0.1:${port}/v1/embeddings`;
  const headers = { 'content-type': 'application/json' };
  let done = 0;
  const endMs = performance.now() + MEASURED_MS;
  const client = async () => {
    while (performance.now() < endMs) {
      const answer = await fetch(url, { method: 'POST', headers, body });
      if (answer.status !== 200)
        throw new Error(`the embedder said ${answer.status}: ${await answer.text()}`);
      await answer.arrayBuffer();
      done += 1;
    }
  };
  await Promise.all([client(), client()]);
  // What waited goes first: the guard's own probe must have a free moment again.
  await sleep(500);
  return done / (MEASURED_MS / 1_000);
}
