// The official client, as its documentation begins: nothing is set but where the API is. Its defaults are two retries of its own and
// ten minutes of patience; how often it needed them is counted on the way out, where nothing of it is changed.
import OpenAI from 'openai';

const TEXTS = ['The server stopped answering.', 'It no longer replies.', 'A cat sleeps.', 'Rain is coming.'];
const MODEL = 'all-MiniLM-L6-v2';
/** The same text must give the same vector, before and after every fault. */
const COSINE_MIN = 0.9999;

/** Asks without a pause until `stop()`, which resolves to what they counted. */
export function openaiClients(url, size) {
  const count = { calls: 0, failed: 0, retries: 0, longestMs: 0, reasons: [] };
  let sent = 0;
  let asking = true;
  const fetch = (...args) => {
    sent += 1;
    return globalThis.fetch(...args);
  };
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', fetch });
  const first = new Map();
  const one = async () => {
    for (let at = 0; asking; at += 1) {
      const text = TEXTS[at % TEXTS.length];
      const startedMs = performance.now();
      const reason = await ask(text);
      count.calls += 1;
      count.longestMs = Math.max(count.longestMs, performance.now() - startedMs);
      if (reason === null) continue;
      count.failed += 1;
      count.reasons.push(reason);
    }
  };
  async function ask(input) {
    try {
      const { data } = await client.embeddings.create({ model: MODEL, input });
      const vector = data[0]?.embedding ?? [];
      if (!first.has(input)) first.set(input, vector);
      return cosine(vector, first.get(input)) >= COSINE_MIN ? null : 'another vector for the same text';
    } catch (error) {
      return `${error.name}: ${error.message}`;
    }
  }
  const all = Promise.all(Array.from({ length: size }, one));
  return {
    async stop() {
      asking = false;
      await all;
      count.retries = sent - count.calls;
      return count;
    },
  };
}

/** NaN, which is no match, where they are not of one length. */
function cosine(one, two) {
  let [product, ones, twos] = [0, 0, 0];
  for (const [at, value] of one.entries()) {
    product += value * two[at];
    ones += value ** 2;
    twos += two[at] ** 2;
  }
  return one.length === two.length ? product / Math.sqrt(ones * twos) : Number.NaN;
}
