import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** As common evaluation clients: they give up after this, and do not ask again. */
const TIMEOUT_MS = 60_000;
/** After a failure, so that a refused connection does not become a busy loop. */
const PAUSE_MS = 100;
let calls = 0;

/** One call. @returns {{id, ok, ms, why}}; `why`: a few words when not ok */
export function ask(url, { what = 'wait', ms = 20, bytes = 1_000, agent, signal } = {}) {
  calls += 1;
  const id = `${what}-${calls}`;
  const body = JSON.stringify({ id, do: what, ms, pad: '' });
  const whole = body.replace('"pad":""', `"pad":"${'x'.repeat(Math.max(0, bytes - body.length))}"`);
  const startedMs = performance.now();
  return new Promise((done) => {
    const end = (why) => done({ id, ok: why === null, ms: performance.now() - startedMs, why });
    const asked = request(`${url}/v1/embeddings`, {
      ...{ method: 'POST', agent, signal: signal ?? AbortSignal.timeout(TIMEOUT_MS) },
      headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(whole) },
    });
    asked.on('error', (error) => end(error.code ?? error.message));
    asked.on('response', (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', (error) => end(`cut: ${error.code}`));
      response.on('end', () => end(judged(response.statusCode, Buffer.concat(parts).toString(), id)));
    });
    asked.end(whole);
  });
}

function judged(status, text, id) {
  if (status !== 200) return `HTTP ${status}`;
  try {
    return JSON.parse(text).id === id ? null : "another's answer";
  } catch {
    return 'a broken answer';
  }
}

/** Clients that each ask the next question when the last is answered. `stop()` resolves to all their calls. */
export function crowd(url, workers) {
  const agent = new Agent({ keepAlive: true });
  const all = [];
  let going = true;
  const work = async () => {
    while (going) {
      const call = await ask(url, { agent });
      all.push(call);
      if (!call.ok) await sleep(PAUSE_MS);
    }
  };
  const ended = Promise.all(Array.from({ length: workers }, work));
  return {
    async stop() {
      going = false;
      await ended;
      agent.destroy();
      return all;
    },
  };
}
