import type { Incident } from 'ninelives/dist/src/core/decision.js';
import type { Ping } from 'ninelives/dist/src/heartbeat/grammar.js';
import type { HeartState } from 'ninelives/dist/src/heartbeat/step.js';
import type { OutboxRow } from 'ninelives/dist/src/record/record.js';
import type { WatchState } from 'ninelives/dist/src/watch/state.js';

/** Everything the off-site layer keeps, as one JSON value: saved before anything is told. */
export interface BeaconState {
  version: 1;
  services: { [service: string]: WatchState };
  /** Other layers that are heard here, by name. */
  hearts: { [name: string]: HeartState };
  /** Since when silence counts: the first pass, or the first after a time in which nothing ran here. */
  listeningSinceWallMs: number | null;
  /** Open losses, and those that ended not long ago, in the order of their opening. */
  incidents: Incident[];
  /** Pages on their way, and those of not long ago, oldest first. */
  outbox: OutboxRow[];
  nextRow: number;
  /** When the alarm at ntfy was last put off, and why that failed, if it did. */
  alarm: { armedWallMs: number | null; error: string | null; tooOld: boolean };
  /** Small notes of the lanes (receipts), by service and key. */
  notes: { [key: string]: unknown };
  /** Pages given up, newest last, bounded: told in the summary of each run. */
  gaveUp: { title: string; notifier: string; error: string; wallMs: number }[];
  lastPassWallMs: number | null;
  /** From pass to pass, ms, newest last, bounded: how punctual the scheduler is. */
  gapsMs: number[];
}

/** Where the state lies. `load` gives null where nothing was saved yet. */
export interface Store {
  load(): Promise<BeaconState | null>;
  save(state: BeaconState): Promise<void>;
  /** The last word of each heart, by name; absent where pings can't come in. */
  heard?(): Promise<{ [name: string]: Heard }>;
}

/** One ping, kept until a pass judges it. */
export interface Heard {
  ping: Ping;
  /** The beginning of its body. */
  text: string;
  wallMs: number;
}

export function initialBeaconState(): BeaconState {
  return {
    version: 1,
    services: {},
    hearts: {},
    listeningSinceWallMs: null,
    incidents: [],
    outbox: [],
    nextRow: 1,
    alarm: { armedWallMs: null, error: null, tooOld: false },
    notes: {},
    gaveUp: [],
    lastPassWallMs: null,
    gapsMs: [],
  };
}
