import type { ServerResponse } from 'node:http';
import type { DashboardView } from '../view.js';
import { liveHeaders } from './gate.js';

/** Who looks on; more are turned away, since each costs a connection. */
const VIEWERS_MAX = 32;
/** News this close together go out as one. */
const GATHER_MS = 200;
/** An event of its own, so that the page, a proxy or a sleeping laptop notices a dead connection. */
const KEEP_ALIVE_MS = 15_000;

export interface Live {
  /** @returns false when there are too many. */
  join(response: ServerResponse): boolean;
  /** Something changed: everybody gets the state, soon. */
  changed(): void;
  viewers(): number;
  close(): void;
}

/**
 * Server-sent events (HTML Standard §9.2): the state as it is now, then again whenever it has changed. A viewer that does not
 * read is let go: it comes back by itself, and nothing piles up for it.
 */
export function createLive(options: {
  state: () => DashboardView;
  after(delayMs: number, run: () => void): () => void;
}): Live {
  const viewers = new Set<ServerResponse>();
  let last = '';
  let pending: (() => void) | null = null;
  let beat = options.after(KEEP_ALIVE_MS, keepAlive);

  function tell(text: string): void {
    for (const viewer of viewers) {
      if (viewer.writableNeedDrain) viewer.destroy();
      else viewer.write(text);
    }
  }

  function keepAlive(): void {
    tell('event: here\ndata: {}\n\n');
    beat = options.after(KEEP_ALIVE_MS, keepAlive);
  }

  function flush(): void {
    pending = null;
    if (viewers.size === 0) return;
    const state = options.state();
    const said = JSON.stringify({ ...state, nowWallMs: 0 });
    if (said === last) return;
    last = said;
    tell(`event: state\ndata: ${JSON.stringify(state)}\n\n`);
  }

  return {
    join(response) {
      if (viewers.size >= VIEWERS_MAX) return false;
      response.writeHead(200, liveHeaders());
      response.write(`retry: 2000\nevent: state\ndata: ${JSON.stringify(options.state())}\n\n`);
      viewers.add(response);
      response.on('error', () => viewers.delete(response));
      response.on('close', () => viewers.delete(response));
      return true;
    },
    changed() {
      if (viewers.size > 0) pending ??= options.after(GATHER_MS, flush);
    },
    viewers: () => viewers.size,
    close() {
      pending?.();
      beat();
      for (const viewer of viewers) viewer.end();
    },
  };
}
