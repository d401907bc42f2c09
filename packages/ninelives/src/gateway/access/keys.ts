import { createHash, timingSafeEqual } from 'node:crypto';

/** Knows the API keys. */
export interface Keys {
  /** The number of the key that the request bears, from 0; null: none of ours. */
  whose(authorization: string | undefined, apiKey: string | undefined): number | null;
}

/**
 * Compares digests, of all keys every time: how long it takes says nothing about how much was right, nor of which.
 * @param keys at least one; the text of each, as it follows `Bearer `.
 */
export function createKeys(keys: readonly string[]): Keys {
  const digests = keys.map(digest);
  return {
    whose(authorization, apiKey) {
      const given = digest(/^Bearer\s+(.+)$/i.exec(authorization ?? '')?.[1]?.trim() ?? apiKey ?? '');
      let found: number | null = null;
      for (let i = 0; i < digests.length; i++) {
        if (timingSafeEqual(digests[i] as Buffer, given)) found = i;
      }
      return found;
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
