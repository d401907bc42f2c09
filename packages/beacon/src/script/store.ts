import { readFile, rename, writeFile } from 'node:fs/promises';
import type { BeaconState, Store } from '../state.js';

const LIMIT_MS = 10_000;

/**
 * State in a file, written beside it and renamed, so that a kill leaves the old one or the new one. Or at an http(s) URL
 * that takes GET and PUT (an object store, any key-value service), for places whose disk is gone after each run.
 */
export function storeAt(place: string, bearer: string | undefined): Store {
  if (/^https?:\/\//.test(place)) return storeAtUrl(place, bearer);
  return {
    async load() {
      try {
        return JSON.parse(await readFile(place, 'utf8')) as BeaconState;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw new Error(
          `the state ${place} can't be read: ${(error as Error).message}; move it away to begin anew`,
        );
      }
    },
    async save(state) {
      await writeFile(`${place}.new`, JSON.stringify(state), { mode: 0o600 });
      await rename(`${place}.new`, place);
    },
  };
}

function storeAtUrl(url: string, bearer: string | undefined): Store {
  const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  return {
    async load() {
      const response = await fetch(url, { headers, signal: AbortSignal.timeout(LIMIT_MS) });
      if (response.status === 404 || response.status === 204) return null;
      if (!response.ok) throw new Error(`the state can't be read: HTTP ${response.status}`);
      return (await response.json()) as BeaconState;
    },
    async save(state) {
      const body = JSON.stringify(state);
      const init = { method: 'PUT', headers: { ...headers, 'content-type': 'application/json' }, body };
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(LIMIT_MS) });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`the state can't be saved: HTTP ${response.status}`);
    },
  };
}
