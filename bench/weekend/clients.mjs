// Clients with their own count: batches of random size, one after the other, no retries, 100 s of patience.
import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MS = 100_000;
const BATCH_MAX = 8;
const PAUSE_MAX_MS = 120;

export function crowd(url, size, random) {
  const count = { answered: 0, failed: 0, reasons: [], waits: [] };
  let asking = true;
  const client = async (who) => {
    for (let at = 0; asking; at += 1) {
      const input = Array.from(
        { length: 1 + Math.floor(random() * BATCH_MAX) },
        (_, n) => `${who}: ${at}, ${n}`,
      );
      const startedMs = performance.now();
      const reason = await ask(url, input);
      count.waits.push(performance.now() - startedMs);
      if (reason === null) count.answered += 1;
      else {
        count.failed += 1;
        count.reasons.push(reason);
      }
      await sleep(random() * PAUSE_MAX_MS);
    }
  };
  const all = Array.from({ length: size }, (_, who) => client(who));
  return {
    async stop() {
      asking = false;
      await Promise.all(all);
      return count;
    },
  };
}

/** Why it failed, or null: one vector a text, each of numbers. */
async function ask(url, input) {
  try {
    const response = await fetch(`${url}/v1/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input }),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const body = await response.json();
    if (!response.ok) return `HTTP ${response.status}`;
    const right =
      body.data.length === input.length &&
      body.data.every(({ embedding }) => embedding.every(Number.isFinite));
    return right ? null : 'not what was asked for';
  } catch (error) {
    return error.name;
  }
}
