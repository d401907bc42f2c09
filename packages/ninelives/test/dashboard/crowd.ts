import { setTimeout as sleep } from 'node:timers/promises';

/** Clients that ask one embedding after the other, with their own count of what they got. */
export interface Crowd {
  /** Ends once each has its last answer. */
  stop(): Promise<{ answered: number; failed: string[] }>;
  answered(): number;
}

const PAUSE_MS = 40;
/** As an evaluation client waits; longer than any hold. */
const LIMIT_MS = 100_000;

export function crowd(url: string, size: number): Crowd {
  const failed: string[] = [];
  let answered = 0;
  let asking = true;
  const ask = async (who: number) => {
    for (let at = 0; asking; at += 1) {
      const said = await once(url, `client ${who}, text ${at}`);
      if (said === null) answered += 1;
      else failed.push(said);
      await sleep(PAUSE_MS);
    }
  };
  const asks = Array.from({ length: size }, (_, who) => ask(who));
  return {
    answered: () => answered,
    async stop() {
      asking = false;
      await Promise.all(asks);
      return { answered, failed };
    },
  };
}

/** What went wrong, or null. */
async function once(url: string, text: string): Promise<string | null> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input: [text] }),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const body = (await response.json()) as { data?: { embedding: number[] }[] };
    const right = response.ok && (body.data?.[0]?.embedding.length ?? 0) > 0;
    return right ? null : `HTTP ${response.status}: ${JSON.stringify(body).slice(0, 200)}`;
  } catch (error) {
    return String(error);
  }
}
